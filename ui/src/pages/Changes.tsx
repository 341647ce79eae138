import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useId } from "react";

import type { ChangeItem, ChangesPage, ChangeState, Snapshot } from "../contract";
import { WaitingLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { Facts, type Fact } from "../parts/Facts";
import { FailureBar } from "../parts/FailureBar";
import { Frame } from "../parts/Frame";
import { Icon, type IconName } from "../parts/Icon";
import { useWizard } from "../wizard";
import { isGuid, say, sayCount, sayDirectory, sayFailure, sayMoment, sayNotice, type Parameters } from "../words";

const ICONS: Readonly<Record<ChangeState, IconName>> = {
  under_way: "clock",
  done: "success",
  existed: "info",
  refused: "error",
  not_done: "skipped",
  cannot_tell: "warning",
  gone: "skipped",
};

const useStyles = makeStyles({
  lead: { margin: 0, color: tokens.colorNeutralForeground2 },
  troubles: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXS,
    "&:empty": { display: "none" },
  },
  trouble: { display: "flex", gap: tokens.spacingHorizontalS, overflowWrap: "anywhere" },
  wary: { display: "flex", paddingTop: "2px", color: tokens.colorPaletteDarkOrangeForeground1 },
  list: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  item: {
    display: "flex",
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    "& + &": { borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  },
  icon: { display: "flex", paddingTop: "2px", color: tokens.colorNeutralForeground2 },
  done: { color: tokens.colorPaletteGreenForeground1 },
  refused: { color: tokens.colorPaletteRedForeground1 },
  cannot_tell: { color: tokens.colorPaletteDarkOrangeForeground1 },
  text: { flexGrow: 1, minWidth: 0, overflowWrap: "anywhere" },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  small: {
    margin: 0,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  facts: { marginTop: tokens.spacingVerticalXS },
  undo: {
    display: "flex",
    alignItems: "center",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalM,
    marginTop: tokens.spacingVerticalXS,
  },
  effect: { flexBasis: "240px", flexGrow: 1 },
});

interface Props {
  snapshot: Snapshot;
  page: ChangesPage;
}

/** What Keyless changed: every write, and the way back where there is one. */
export function Changes({ snapshot, page }: Props) {
  const styles = useStyles();
  const { reading, items, failure } = page;
  return (
    <Frame snapshot={snapshot} heading={say("changes.heading")} beside showsBusy primary={null}>
      <p className={styles.lead}>{say("changes.lead")}</p>
      {failure !== null && <FailureBar failure={failure} place="changes" leads={false} />}
      <Troubles page={page} />
      {reading && <WaitingLine label={say("changes.reading")} />}
      {!reading && items.length === 0 && failure === null && (
        <Card
          icon="history"
          title={say("changes.empty")}
          body={say(snapshot.practice ? "changes.empty.practice" : "changes.empty.body")}
        />
      )}
      {items.length > 0 && (
        <ul className={styles.list} aria-label={say("changes.list")}>
          {items.map((item) => (
            <li key={item.number} className={styles.item}>
              <Change item={item} busy={items.some(({ undo }) => undo.kind === "under_way")} />
            </li>
          ))}
        </ul>
      )}
      {items.length > 0 && <Rest page={page} />}
    </Frame>
  );
}

function Troubles({ page: { troubles } }: { page: ChangesPage }) {
  const styles = useStyles();
  return (
    <div role="status" className={styles.troubles}>
      {troubles.map((trouble, index) => (
        <div key={index} className={styles.trouble}>
          <span className={styles.wary}>
            <Icon small name="warning" />
          </span>
          <span>{sayNotice("record", trouble)}</span>
        </div>
      ))}
    </div>
  );
}

/** Where the list lies, and how much of it is not shown. */
function Rest({ page: { older, file } }: { page: ChangesPage }) {
  const styles = useStyles();
  return (
    <div>
      {older > 0 && <p className={styles.small}>{sayCount("changes.older", older, { count: older })}</p>}
      <Facts facts={[{ label: say("changes.file"), value: file, id: true }]} />
    </div>
  );
}

function Change({ item, busy }: { item: ChangeItem; busy: boolean }) {
  const styles = useStyles();
  const titleId = useId();
  const { deed, what, began, state } = item;
  const colored = state === "done" || state === "refused" || state === "cannot_tell";
  return (
    <>
      <span className={mergeClasses(styles.icon, colored && styles[state])}>
        <Icon small name={ICONS[state]} />
      </span>
      <div className={styles.text}>
        <h2 id={titleId} className={styles.title}>
          {say(`change.${deed}`, { what })}
        </h2>
        <p className={styles.small}>
          {sayState(item)} · <time dateTime={began}>{sayMoment(began)}</time>
        </p>
        <div className={styles.facts}>
          <Facts facts={factsOf(item)} />
        </div>
        <Undo item={item} busy={busy} titleId={titleId} />
      </div>
    </>
  );
}

function sayState(item: ChangeItem): string {
  const { state, refusal } = item;
  return state === "refused" && refusal !== null
    ? say("change_state.refused_because", { title: sayFailure(refusal, "title", namesOf(item)) })
    : say(`change_state.${state}`);
}

function factsOf(item: ChangeItem): Fact[] {
  const { place, account, object_id, directory, assignment } = item;
  const as: Fact = { label: say("label.principal"), value: sayAccount(account, directory) };
  if (object_id === null) {
    return [{ label: say("label.file"), value: place, id: true }, as];
  }
  return [
    { label: say("label.scope"), value: sayPlace(item), copies: place },
    { ...as, copies: object_id },
    ...(assignment === null ? [] : [{ label: say("changes.assignment"), value: assignment, id: true }]),
  ];
}

function sayAccount(account: string | null, directory: string | null): string {
  if (account === null) {
    return say("changes.as_nobody");
  }
  return directory === null
    ? account
    : say("changes.as_in", { account, directory: sayDirectory(isGuid(directory) ? null : directory, directory) });
}

/** The scope by its name; the whole id is copied. */
function sayPlace({ place }: ChangeItem): string {
  const kind = /\/providers\/microsoft\./i.test(place) ? "account" : "resource_group";
  return say(`access.plan.scope.${kind}`, { name: place.slice(place.lastIndexOf("/") + 1) });
}

/** What its sentences may name. */
function namesOf({ account, place, directory }: ChangeItem): Parameters {
  const name = place.slice(place.lastIndexOf("/") + 1);
  return {
    account: account ?? say("changes.as_nobody"),
    directory: directory ?? "",
    place: name,
    resource: name,
  };
}

interface UndoProps {
  item: ChangeItem;
  /** Whether one is being undone: one at a time. */
  busy: boolean;
  titleId: string;
}

/** The way back, with what it does; or why there is none. */
function Undo({ item, busy, titleId }: UndoProps) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const { number, undo } = item;
  const names = namesOf(item);
  const buttonId = useId();
  switch (undo.kind) {
    case "offered":
    case "under_way":
      return (
        <div className={styles.undo}>
          <Button
            size="small"
            id={buttonId}
            aria-labelledby={`${buttonId} ${titleId}`}
            disabledFocusable={busy}
            onClick={() => {
              run(backend.undoChange(number));
            }}
          >
            {say("button.undo")}
          </Button>
          <span role="status" className={mergeClasses(styles.small, styles.effect)}>
            {undo.kind === "offered"
              ? say(`undo_effect.${undo.effect}`, names)
              : say("change_undo.under_way")}
          </span>
        </div>
      );
    case "undone":
      return (
        <p role="status" className={styles.small}>
          {undo.when === null
            ? say("change_undo.undone_sometime")
            : say("change_undo.undone", { when: sayMoment(undo.when) })}
        </p>
      );
    case "no":
      return <p className={styles.small}>{say(`no_undo.${undo.reason}`, names)}</p>;
  }
}
