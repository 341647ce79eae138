import { Button, makeStyles, tokens } from "@fluentui/react-components";

import { formatClock, useSecondsSince } from "../clock";
import type {
  AssignmentPlan,
  GetAccessPage,
  Notice,
  Snapshot,
  Verdict,
  Waiting,
} from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { offers } from "../parts/FailureBar";
import { Frame, type Primary } from "../parts/Frame";
import { Remedies } from "../parts/Remedies";
import { useWizard, type Wizard } from "../wizard";
import { say, sayCount, sayNotice } from "../words";
import { PlanCard, UsageChoice } from "./get_access/PlanCard";

const useStyles = makeStyles({
  findings: {
    margin: 0,
    paddingLeft: tokens.spacingHorizontalXL,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
  },
  hint: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  clock: {
    display: "flex",
    flexWrap: "wrap",
    columnGap: tokens.spacingHorizontalXXXL,
    rowGap: tokens.spacingVerticalS,
    margin: 0,
  },
  reading: { display: "flex", flexDirection: "column-reverse" },
  readingLabel: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  readingValue: {
    margin: 0,
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: "tabular-nums",
  },
});

interface Props {
  snapshot: Snapshot;
  page: GetAccessPage;
}

/** Step 3: the role that lets the person chat. */
export function GetAccess({ snapshot, page }: Props) {
  const wizard = useWizard();
  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.get_access.heading", { resource: page.resource })}
      primary={isLed(snapshot) ? null : primaryOf(page, wizard)}
      secondary={secondaryOf(snapshot, page)}
      showsBusy={page.phase === "checking" || page.phase === "waiting"}
      cancelLabel={say(page.phase === "waiting" ? "button.stop_waiting" : "button.cancel")}
    >
      <Content snapshot={snapshot} page={page} />
    </Frame>
  );
}

function primaryOf(page: GetAccessPage, { backend, run }: Wizard): Primary | null {
  const goOn: Primary = {
    label: say("button.continue"),
    press: () => {
      run(backend.confirmAccess());
    },
  };
  const assign: Primary = {
    label: say(page.phase === "paused" ? "button.wait_again" : "button.assign_role"),
    press: () => {
      run(backend.assignRole(page.plan?.name ?? ""));
    },
  };
  const leave: Primary = {
    label: say("action.choose_resource"),
    press: () => {
      run(backend.goToStep("choose_resource"));
    },
  };
  switch (page.phase) {
    case "checking":
      return { ...goOn, inFlight: true };
    // It goes on by itself.
    case "waiting":
      return null;
    case "assigning":
      return { ...assign, inFlight: true };
    case "undoing":
      return { ...goOn, inFlight: true };
    case "paused":
      return assign;
    case "works":
      return goOn;
    case "known":
      if (page.verdict === "may_chat") {
        return goOn;
      }
      if (page.plan === null) {
        return isUnlisted(page) ? { ...goOn, label: say("button.try_anyway") } : null;
      }
      if (isDenied(page)) {
        return leave;
      }
      if (tryingLeads(page)) {
        return { ...goOn, label: say("button.try_anyway") };
      }
      return page.request === null ? assign : null;
  }
}

/** Whether nothing is known of roles, and none can be assigned. */
function isUnlisted({ verdict, plan }: GetAccessPage): boolean {
  return verdict === "cannot_tell" && plan === null;
}

/** Whether the test message tells more than an attempt to assign: nobody knows whether the person
 * has the role, nor whether they may give it. */
function tryingLeads({ verdict, plan }: GetAccessPage): boolean {
  return verdict === "cannot_tell" && plan !== null && plan.may_assign !== "yes";
}

/** Whether it is forbidden whatever roles the person has. */
function isDenied({ phase, findings }: GetAccessPage): boolean {
  return phase === "known" && findings.some(({ code }) => code === "denied");
}

/** Whether the page's own button would only repeat what the failure offers. */
function isLed(snapshot: Snapshot): boolean {
  return failureLeads(snapshot) || offers(snapshot.failure, "sign_in");
}

/** Whether the failure says all that there is to say of the access. */
function failureLeads({ failure }: Snapshot): boolean {
  const first = failure?.remedies[0];
  return first?.kind === "text" || (first?.kind === "action" && first.action === "keep_waiting");
}

/** The way on without the role: Azure did not say whether chat is allowed, and the test message
 * will; or the role is for more than a chat. */
function secondaryOf(snapshot: Snapshot, page: GetAccessPage) {
  const { phase, verdict } = page;
  if (phase !== "known" || verdict === "may_chat" || isUnlisted(page)) {
    return null;
  }
  return (
    <>
      {wayOnOf(snapshot, page)}
      {(page.request !== null || tryingLeads(page)) && page.plan !== null && !isDenied(page) && (
        <AssignAllTheSame plan={page.plan} />
      )}
    </>
  );
}

function wayOnOf(snapshot: Snapshot, page: GetAccessPage) {
  if (page.verdict === "cannot_tell") {
    const leads = tryingLeads(page) && !isLed(snapshot);
    return leads ? null : <GoOn label={say("button.try_anyway")} />;
  }
  const chats = snapshot.steps.some(({ step, done }) => step === "get_access" && done);
  return chats && wantsMore(page) ? <GoOn label={say("button.go_on_without")} /> : null;
}

/** For whoever may not assign the role, as far as Azure shows or does not show it. */
function AssignAllTheSame({ plan }: { plan: AssignmentPlan }) {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.assignRole(plan.name));
      }}
    >
      {say("button.assign_role")}
    </Button>
  );
}

function GoOn({ label }: { label: string }) {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.confirmAccess());
      }}
    >
      {label}
    </Button>
  );
}

function Content({ snapshot, page }: Props) {
  const styles = useStyles();
  const { phase, resource, verdict, findings, plan, waiting } = page;
  switch (phase) {
    case "checking":
      return (
        <Card
          icon="search"
          title={say("access.checking")}
          body={say("access.checking.body", { resource })}
        >
          <BusyLine busy={snapshot.busy} />
        </Card>
      );
    // What it is for stays in its place whatever is known of it, so that the focus does, too.
    case "known":
    case "assigning":
    case "works":
      return (
        <>
          {phase === "works" ? (
            <WorksCard page={page} />
          ) : (
            verdict !== null &&
            !failureLeads(snapshot) && <VerdictCard page={page} verdict={verdict} />
          )}
          {plan !== null && !failureLeads(snapshot) && (
            <Card key="usage" icon="chat" title={say("access.usage")}>
              <UsageChoice plan={plan} fixed={phase === "assigning"} />
            </Card>
          )}
          {plan !== null &&
            phase !== "works" &&
            verdict !== "may_chat" &&
            !isDenied(page) &&
            !failureLeads(snapshot) && (
              <PlanCard
                plan={plan}
                recipes={page.recipes}
                practice={snapshot.practice}
                fixed={phase === "assigning"}
              />
            )}
        </>
      );
    case "undoing":
      return (
        <Card icon="key" title={say("access.undoing")}>
          <BusyLine busy={snapshot.busy} />
        </Card>
      );
    case "waiting":
      return (
        <Card icon="clock" title={say("access.waiting")} body={say("access.waiting.body")}>
          {waiting !== null && <WaitingClock waiting={waiting} />}
          {waiting?.unanswered === true && <p className={styles.hint}>{say("access.waiting.unanswered")}</p>}
          <Findings findings={findings} />
        </Card>
      );
    case "paused":
      return (
        <Card
          icon="clock"
          tone="warning"
          title={say("access.paused")}
          body={say("access.paused.body")}
        >
          <Findings findings={findings} />
          <Undo page={page} />
        </Card>
      );
  }
}

function WorksCard({ page }: { page: GetAccessPage }) {
  return (
    <Card
      icon="success"
      tone="success"
      title={say("access.works")}
      body={say("access.works.body", { resource: page.resource })}
    >
      <Findings findings={page.findings} />
      <Undo page={page} />
    </Card>
  );
}

/** Takes away what Keyless assigned, or says who can. */
function Undo({ page: { undo } }: { page: GetAccessPage }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  if (undo === null) {
    return null;
  }
  if (undo.may === "no") {
    return <p className={styles.hint}>{say("access.plan.undo.no")}</p>;
  }
  return (
    <div>
      <Button
        size="small"
        onClick={() => {
          run(backend.undoRole());
        }}
      >
        {say("button.undo_role", { role: undo.role })}
      </Button>
    </div>
  );
}

function VerdictCard({ page, verdict }: { page: GetAccessPage; verdict: Verdict }) {
  const more = wantsMore(page);
  return (
    <Card
      icon={verdict === "may_chat" ? "success" : verdict === "cannot_tell" ? "info" : "key"}
      tone={verdict === "may_chat" ? "success" : verdict === "cannot_tell" ? "brand" : "warning"}
      title={more ? say("access.verdict.more") : say(`access.verdict.${verdict}`)}
      body={sayVerdict(page, verdict)}
    >
      <Findings findings={page.findings} />
      {page.request !== null && !isDenied(page) && (
        <Request request={page.request} leads={page.phase === "known" && !tryingLeads(page)} />
      )}
    </Card>
  );
}

/** Whether it is about more than a chat: that may be there all the same. */
function wantsMore({ plan, verdict }: GetAccessPage): boolean {
  return plan !== null && plan.usage !== "chat" && verdict === "may_not_chat";
}

function sayVerdict(page: GetAccessPage, verdict: Verdict): string {
  if (isDenied(page)) {
    return say("access.verdict.denied.body");
  }
  if (isUnlisted(page)) {
    return say("access.verdict.unlisted.body");
  }
  if (tryingLeads(page)) {
    return say("access.verdict.cannot_tell.try");
  }
  if (page.request !== null) {
    return say("access.verdict.request");
  }
  return say(wantsMore(page) ? "access.verdict.more.body" : `access.verdict.${verdict}.body`);
}

/** What somebody who can assign the role is sent, and the look at what they did. */
function Request({ request, leads }: { request: string; leads: boolean }) {
  const { backend, run } = useWizard();
  return (
    <Remedies
      code="may_not_assign"
      remedies={[{ kind: "text", text: "request_access", content: request }]}
      leads={leads}
      press={() => undefined}
    >
      <Button
        onClick={() => {
          run(backend.checkAccess());
        }}
      >
        {say("action.check_access")}
      </Button>
    </Remedies>
  );
}

function Findings({ findings }: { findings: readonly Notice[] }) {
  const styles = useStyles();
  if (findings.length === 0) {
    return null;
  }
  return (
    <ul className={styles.findings}>
      {findings.map((finding, index) => (
        <li key={index}>{sayNotice("finding", finding)}</li>
      ))}
    </ul>
  );
}

function WaitingClock({ waiting }: { waiting: Waiting }) {
  const styles = useStyles();
  const passed = useSecondsSince(waiting);
  const { attempts } = waiting;
  const seconds = Math.max(0, waiting.next_in_seconds - passed);
  const readings = [
    {
      label: say("access.waiting.elapsed"),
      value: formatClock(waiting.elapsed_seconds + passed),
    },
    {
      label: say("access.waiting.attempts"),
      value: sayCount("access.waiting.times", attempts, { attempts }),
    },
    {
      label: say("access.waiting.next"),
      value: seconds > 0 ? say("access.waiting.next_in", { seconds }) : say("access.waiting.now"),
    },
  ];
  return (
    <div role="timer" aria-live="off">
      <dl className={styles.clock}>
        {readings.map(({ label, value }) => (
          <div key={label} className={styles.reading}>
            <dt className={styles.readingLabel}>{label}</dt>
            <dd className={styles.readingValue}>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
