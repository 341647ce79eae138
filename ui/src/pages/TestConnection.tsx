import { Button, makeStyles, tokens } from "@fluentui/react-components";

import type { Notice, Snapshot, TestConnectionPage } from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { Facts } from "../parts/Facts";
import { offers } from "../parts/FailureBar";
import { Frame, type Primary } from "../parts/Frame";
import { Hidden } from "../parts/Hidden";
import { Icon } from "../parts/Icon";
import { useWizard, type Wizard } from "../wizard";
import { say, sayNotice } from "../words";

const useStyles = makeStyles({
  conversation: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  question: {
    alignSelf: "flex-end",
    maxWidth: "85%",
    margin: 0,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorNeutralForeground1,
    overflowWrap: "anywhere",
  },
  answer: {
    alignSelf: "flex-start",
    maxWidth: "85%",
    maxHeight: "200px",
    overflowY: "auto",
    margin: 0,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: "anywhere",
    whiteSpace: "pre-wrap",
  },
  results: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXS,
  },
  result: { display: "flex", gap: tokens.spacingHorizontalS, overflowWrap: "anywhere" },
  check: { display: "flex", color: tokens.colorPaletteGreenForeground1, paddingTop: "2px" },
  next: { margin: 0 },
});

interface Props {
  snapshot: Snapshot;
  page: TestConnectionPage;
  /** The answer so far, with the pieces that came after the snapshot. */
  answer: string;
}

/** Step 5: a real answer, without a key. */
export function TestConnection({ snapshot, page, answer }: Props) {
  const wizard = useWizard();
  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.test_connection.heading")}
      primary={offersToSend(snapshot) ? null : primaryOf(page, wizard)}
      secondary={page.phase === "answered" && <SendAgain />}
      showsBusy={page.phase === "asking" || page.phase === "answering"}
    >
      <Content snapshot={snapshot} page={page} answer={answer} />
      <Announcement phase={page.phase} answer={answer} />
    </Frame>
  );
}

/** Whether the failure offers to send the message, so that the page's own button would repeat it. */
function offersToSend({ failure }: Snapshot): boolean {
  return offers(failure, "send_test_message");
}

function primaryOf(page: TestConnectionPage, { backend, run }: Wizard): Primary | null {
  if (page.phase === "answered") {
    return null;
  }
  return {
    label: say("button.send_test_message"),
    press: () => {
      run(backend.sendTestMessage());
    },
    inFlight: page.phase !== "ready",
  };
}

function SendAgain() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.sendTestMessage());
      }}
    >
      {say("button.send_again")}
    </Button>
  );
}

function Content({ snapshot, page, answer }: Props) {
  switch (page.phase) {
    case "ready":
      return (
        <Card icon="chat" title={say("test.ready")} body={say("test.ready.body")}>
          <Facts
            facts={[
              { label: say("label.endpoint"), value: page.endpoint, id: true },
              { label: say("label.deployment"), value: page.deployment, id: true },
              { label: say("label.question"), value: page.question },
            ]}
          />
        </Card>
      );
    case "asking":
    case "answering":
      return (
        <Card icon="chat" title={say(`test.${page.phase}`)}>
          <Conversation question={page.question} answer={answer} />
          {page.phase === "asking" && <BusyLine busy={snapshot.busy} />}
        </Card>
      );
    case "answered":
      return (
        <>
          <Card icon="success" tone="success" title={say("test.answered")}>
            <Conversation question={page.question} answer={answer} />
          </Card>
          <Results results={page.results} practice={snapshot.practice} />
        </>
      );
  }
}

function Conversation({ question, answer }: { question: string; answer: string }) {
  const styles = useStyles();
  return (
    <div className={styles.conversation}>
      <p className={styles.question}>
        <Hidden>{say("label.question")}: </Hidden>
        {question}
      </p>
      {answer !== "" && (
        // A long answer scrolls, so the keyboard has to reach it.
        <p className={styles.answer} role="region" aria-label={say("label.answer")} tabIndex={0}>
          {answer}
        </p>
      )}
    </div>
  );
}

function Results({ results, practice }: { results: readonly Notice[]; practice: boolean }) {
  const styles = useStyles();
  return (
    <Card icon="info" title={say("label.results")}>
      <ul className={styles.results}>
        {results.map((result, index) => (
          <li key={index} className={styles.result}>
            <span className={styles.check}>
              <Icon small name="check" />
            </span>
            {sayNotice("result", result)}
          </li>
        ))}
      </ul>
      <p className={styles.next}>{say(practice ? "test.next.practice" : "test.next.body")}</p>
    </Card>
  );
}

/** Speaks the answer once, when it is complete: piece by piece it would be a stutter. */
function Announcement({ phase, answer }: { phase: TestConnectionPage["phase"]; answer: string }) {
  return (
    <div role="status">
      {phase === "answered" && <Hidden>{say("test.announce", { answer })}</Hidden>}
    </div>
  );
}
