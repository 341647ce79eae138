import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useId, useRef, useState, type RefObject } from "react";

import type { ChooseResourcePage, Snapshot } from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Frame } from "../parts/Frame";
import { Icon } from "../parts/Icon";
import { NARROW } from "../parts/layout";
import { ResourceList } from "../parts/ResourceList";
import { useResources, type Resources } from "../resources";
import { useWizard } from "../wizard";
import { say, sayCount } from "../words";
import { Detail } from "./choose_resource/Detail";
import { Endpoint } from "./choose_resource/Endpoint";
import { MissingLine, missingOf, type Missing } from "./choose_resource/MissingLine";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)",
    gridTemplateRows: "minmax(0, 1fr)",
    gap: tokens.spacingHorizontalXL,
    flexGrow: 1,
    minHeight: 0,
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)", gridTemplateRows: "auto" },
  },
  column: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    minHeight: 0,
  },
  // The padding leaves room for the ring of a focused button, which scrolling would cut off.
  scrolling: {
    overflowY: "auto",
    padding: tokens.spacingHorizontalXXS,
    margin: `calc(-1 * ${tokens.spacingHorizontalXXS})`,
    [NARROW]: { overflowY: "visible" },
  },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "baseline",
    justifyContent: "space-between",
    columnGap: tokens.spacingHorizontalM,
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: "anywhere",
  },
  count: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  hint: { margin: 0, color: tokens.colorNeutralForeground2 },
});

interface Props {
  snapshot: Snapshot;
  page: ChooseResourcePage;
}

/** Step 2: which resource and which of its deployments. */
export function ChooseResource({ snapshot, page }: Props) {
  const wasWritten = useRef(false);
  useEffect(() => {
    wasWritten.current = page.endpoint !== null;
  });
  return page.endpoint === null ? (
    <FromList snapshot={snapshot} page={page} returns={wasWritten} />
  ) : (
    <Endpoint snapshot={snapshot} form={page.endpoint} />
  );
}

interface FromListProps extends Props {
  /** Whether the list comes back in place of an endpoint. */
  returns: RefObject<boolean>;
}

function FromList({ snapshot, page, returns }: FromListProps) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const [filter, setFilter] = useState("");
  const [asked, setAsked] = useState(false);
  const resources = useResources(filter, page.list_revision);
  const listRef = useRef<HTMLDivElement>(null);
  const detailRef = useRef<HTMLDivElement>(null);
  const missing = missingOf(page);
  // The failure says what comes next: there is nothing to filter and nothing to use.
  const nothingFound = page.total === 0 && snapshot.failure !== null;

  function press() {
    setAsked(missing !== null);
    if (missing === null) {
      run(backend.confirmResource());
    } else if (missing === "missing.resource") {
      listRef.current?.focus();
    } else {
      const wanted = missing === "missing.subdomain" ? "button" : "input[type=radio]:enabled";
      (detailRef.current?.querySelector<HTMLElement>(wanted) ?? detailRef.current)?.focus();
    }
  }

  const knowsRef = useRef<HTMLSpanElement>(null);
  // The button that had opened the form takes back the focus of the form's own button.
  useEffect(() => {
    if (returns.current) {
      knowsRef.current?.querySelector("button")?.focus();
    }
  }, [returns]);

  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.choose_resource.heading")}
      start={
        page.subdomain === null && (
          <span ref={knowsRef}>
            <Button
              appearance="subtle"
              onClick={() => {
                run(backend.openEndpoint());
              }}
            >
              {say("button.know_endpoint")}
            </Button>
          </span>
        )
      }
      primary={
        // A subdomain that is being written down has the one button that leads on.
        nothingFound || page.subdomain !== null
          ? null
          : { label: say("button.use_resource"), press, inFlight: page.reading_deployments }
      }
      showsBusy
      fills
    >
      {!nothingFound && (
        <>
          <Field label={say("label.filter")}>
            <Input
              type="search"
              value={filter}
              contentBefore={<Icon small name="search" />}
              onChange={(_, { value }) => {
                setFilter(value);
              }}
              onKeyDown={(event) => {
                if (event.key === "ArrowDown") {
                  event.preventDefault();
                  listRef.current?.focus();
                }
              }}
            />
          </Field>
          <div className={styles.columns}>
            <ListColumn
              snapshot={snapshot}
              page={page}
              resources={resources}
              listRef={listRef}
              missing={asked && missing === "missing.resource" ? missing : null}
            />
            <div
              ref={detailRef}
              role="region"
              aria-label={say("label.deployments")}
              // Where no radio button takes the focus, the column itself does, so that it can scroll.
              tabIndex={canChooseDeployment(page) ? -1 : 0}
              className={`${styles.column} ${styles.scrolling}`}
            >
              <Detail
                snapshot={snapshot}
                page={page}
                missing={asked && missing !== "missing.resource" ? missing : null}
              />
            </div>
          </div>
        </>
      )}
    </Frame>
  );
}

function canChooseDeployment({ deployments }: ChooseResourcePage): boolean {
  return deployments.length === 0 || deployments.some(({ can_chat }) => can_chat);
}

interface ListProps extends Props {
  resources: Resources;
  listRef: RefObject<HTMLDivElement | null>;
  missing: Missing | null;
}

function ListColumn({ snapshot, page, resources, listRef, missing }: ListProps) {
  const styles = useStyles();
  const titleId = useId();
  const missingId = useId();
  const empty = resources.read && resources.matching === 0;
  return (
    <div className={styles.column}>
      <div className={styles.head}>
        <h2 id={titleId} className={styles.title}>
          {say("label.resources")}
        </h2>
        <span role="status" className={styles.count}>
          {resources.read && !page.reading && sayMatching(resources, page)}
        </span>
      </div>
      {page.reading && <BusyLine busy={snapshot.busy} />}
      {empty ? (
        <p className={styles.hint}>{sayEmpty(page, resources.filter)}</p>
      ) : (
        <ResourceList
          // A list of another filter begins at its top; until it is there, this one stays as it is.
          key={resources.filter}
          resources={resources}
          selected={page.selected?.id ?? null}
          labelledBy={titleId}
          describedBy={missing === null ? undefined : missingId}
          listRef={listRef}
        />
      )}
      <MissingLine id={missingId} missing={missing} />
      {!page.reading && (
        <span className={styles.count}>
          {say("resource.searched", { subscriptions: page.subscriptions })}
        </span>
      )}
    </div>
  );
}

function sayMatching({ matching, filter }: Resources, page: ChooseResourcePage): string {
  return filter.trim() === ""
    ? sayCount("resource.count", matching, { matching })
    : say("resource.count.filtered", { matching, total: page.total });
}

function sayEmpty(page: ChooseResourcePage, filter: string): string {
  if (page.reading) {
    return say("resource.reading");
  }
  return say(filter.trim() === "" ? "resource.none" : "resource.none_match");
}
