import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { Failure, Snapshot } from "../contract";
import { useWizard } from "../wizard";
import { say } from "../words";
import { BusyLine } from "./BusyLine";
import { FailureBar } from "./FailureBar";
import { COMPACT, NARROW } from "./layout";
import { Notices } from "./Notices";
import { ProofCard } from "./ProofCard";

const useStyles = makeStyles({
  frame: { display: "flex", flexDirection: "column", height: "100%", minHeight: 0 },
  scroll: {
    position: "relative",
    flexGrow: 1,
    minHeight: 0,
    overflowY: "auto",
    padding: `${tokens.spacingVerticalXXL} 32px ${tokens.spacingVerticalL}`,
    display: "flex",
    flexDirection: "column",
    [COMPACT]: { padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL}` },
    [NARROW]: { overflowY: "visible", padding: tokens.spacingHorizontalL },
  },
  position: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  heading: {
    margin: 0,
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: "anywhere",
    ":focus": { outline: "none" },
    [COMPACT]: { fontSize: tokens.fontSizeBase600, lineHeight: tokens.lineHeightBase600 },
    [NARROW]: { fontSize: tokens.fontSizeBase600, lineHeight: tokens.lineHeightBase600 },
  },
  failure: { marginTop: tokens.spacingVerticalL },
  content: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
    marginTop: tokens.spacingVerticalL,
    flexGrow: 1,
    flexShrink: 0,
  },
  filling: { flexShrink: 1, minHeight: 0, [NARROW]: { flexShrink: 0 } },
  footer: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalM} 32px`,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    [COMPACT]: { padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalXXL}` },
    [NARROW]: { padding: tokens.spacingHorizontalL },
  },
  space: { flexGrow: 1, paddingLeft: tokens.spacingHorizontalS },
});

/** The one button of a page that leads on. */
export interface Primary {
  label: string;
  press: () => void;
  /** Whether what it started is still under way: the only reason to disable it. */
  inFlight?: boolean;
}

/** What keeps a page from leading on although nothing failed on it. */
export interface Trouble {
  failure: Failure;
  /** What it befell, where the page shows several of its kind. */
  about?: string | undefined;
  /** Presses its remedy at this position. */
  press: (index: number) => void;
}

interface Props {
  snapshot: Snapshot;
  heading: string;
  primary: Primary | null;
  /** Stands where the failure of the page would; a failure of the page goes before. */
  trouble?: Trouble | null;
  /** Further buttons, beside the primary one. */
  secondary?: ReactNode;
  /** The label of Cancel, where it does less than undo. */
  cancelLabel?: string;
  /** Whether the page shows itself what goes on. */
  showsBusy?: boolean;
  /** A quiet button at the start of the row of buttons. */
  start?: ReactNode;
  /** Whether the page stands beside the steps: it has no number, and Back closes it. */
  beside?: boolean;
  /** Whether the content is the way past the failure: then it comes first. */
  leadsPast?: boolean;
  /** Whether the content takes the height that there is, because a part of it scrolls. */
  fills?: boolean;
  children: ReactNode;
}

/** What all pages have in common: heading, failure, notices, content and buttons. */
export function Frame(props: Props) {
  const { snapshot, heading, start, children } = props;
  const { showsBusy = false, fills = false, beside = false, leadsPast = false } = props;
  const { page, notices, busy, proof } = snapshot;
  const styles = useStyles();
  return (
    <div className={styles.frame}>
      <div className={styles.scroll}>
        <div>
          {!beside && <div className={styles.position}>{sayPosition(snapshot)}</div>}
          <h1 tabIndex={-1} className={styles.heading}>
            {heading}
          </h1>
        </div>
        {proof !== null && <ProofCard proof={proof} busy={busy} />}
        {!beside && !leadsPast && <WhatFailed {...props} />}
        <Notices notices={beside ? [] : notices} page={page} />
        <div className={mergeClasses(styles.content, fills && styles.filling)}>{children}</div>
        {leadsPast && <WhatFailed {...props} />}
      </div>
      {hasButtons(props) && (
        <footer className={styles.footer}>
          {beside ? <CloseButton /> : <BackButton snapshot={snapshot} />}
          {start}
          <div className={styles.space}>
            {!showsBusy && proof === null && <BusyLine busy={busy} />}
          </div>
          <Buttons {...props} />
        </footer>
      )}
    </div>
  );
}

function WhatFailed({ snapshot: { page, failure }, primary, trouble = null }: Props) {
  const styles = useStyles();
  const told = failure === null ? trouble : { failure };
  return (
    told !== null && (
      <div className={styles.failure}>
        <FailureBar {...told} place={page.step} leads={primary === null} />
      </div>
    )
  );
}

/** Whether there is a row of buttons: a failure may hold all that can be pressed. */
function hasButtons({ snapshot, primary, secondary, start, beside }: Props): boolean {
  const { busy, can_go_back } = snapshot;
  const own = primary !== null || Boolean(secondary) || Boolean(start);
  return own || beside === true || can_go_back || busy !== null;
}

function Buttons({ snapshot, primary, secondary, beside, cancelLabel }: Props) {
  const { backend, run } = useWizard();
  const { busy, proof } = snapshot;
  return (
    <>
      {busy?.can_cancel === true && proof === null && beside !== true && (
        <Button
          onClick={() => {
            run(backend.cancel());
          }}
        >
          {cancelLabel ?? say("button.cancel")}
        </Button>
      )}
      {secondary}
      {primary !== null && (
        <Button
          appearance="primary"
          data-primary
          disabledFocusable={primary.inFlight === true}
          onClick={primary.press}
        >
          {primary.label}
        </Button>
      )}
    </>
  );
}

function BackButton({ snapshot: { can_go_back, steps, page } }: { snapshot: Snapshot }) {
  const { backend, run } = useWizard();
  const before = steps[steps.findIndex(({ step }) => step === page.step) - 1];
  return (
    can_go_back &&
    before !== undefined && (
      <Button
        onClick={() => {
          run(backend.goToStep(before.step));
        }}
      >
        {say("button.back")}
      </Button>
    )
  );
}

function CloseButton() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.closeAside());
      }}
    >
      {say("button.back")}
    </Button>
  );
}

function sayPosition({ steps, page }: Snapshot): string {
  const number = steps.findIndex((state) => state.step === page.step) + 1;
  return say("step.position", { number, count: steps.length });
}
