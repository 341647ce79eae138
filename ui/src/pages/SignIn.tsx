import { Button, Checkbox, Input, Link, makeStyles, tokens } from "@fluentui/react-components";

import type { Person, SignInPage, Snapshot } from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { CloudChoice } from "../parts/CloudChoice";
import { CopyButton } from "../parts/CopyButton";
import { Facts } from "../parts/Facts";
import { Frame, type Primary } from "../parts/Frame";
import { PracticeSwitch } from "../parts/PracticeSwitch";
import { useWizard, type Wizard } from "../wizard";
import { say, sayNotice } from "../words";

const useStyles = makeStyles({
  lead: { margin: 0 },
  list: {
    margin: 0,
    paddingLeft: tokens.spacingHorizontalXL,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXS,
  },
  hint: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  stayHint: { marginLeft: "36px" },
  start: { alignSelf: "flex-start", maxWidth: "100%", overflowWrap: "anywhere" },
  practice: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalL,
    marginTop: "auto",
    paddingTop: tokens.spacingVerticalM,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  practiceText: { flex: "1 1 240px" },
  practiceTitle: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  address: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
  addressInput: { flex: "1 1 200px", fontFamily: tokens.fontFamilyMonospace },
});

interface Props {
  snapshot: Snapshot;
  page: SignInPage;
}

/** Step 1: who the person is, found out on Microsoft's own page. */
export function SignIn({ snapshot, page }: Props) {
  const wizard = useWizard();
  const { backend, run } = wizard;
  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.sign_in.heading")}
      primary={offersSignIn(snapshot) ? null : primaryOf(page, wizard)}
      showsBusy
      secondary={
        page.phase === "signed_in" && (
          <Button
            onClick={() => {
              run(backend.signOut());
            }}
          >
            {say("button.use_another_account")}
          </Button>
        )
      }
    >
      <Content snapshot={snapshot} page={page} />
    </Frame>
  );
}

/** Whether the failure offers the sign-in itself, so that the page's own button would repeat it. */
function offersSignIn({ failure }: Snapshot): boolean {
  return (
    failure?.remedies.some((remedy) => remedy.kind === "action" && remedy.action === "sign_in") ??
    false
  );
}

function primaryOf(page: SignInPage, { backend, run }: Wizard): Primary {
  switch (page.phase) {
    case "signed_in":
      return {
        label: say("button.continue"),
        press: () => {
          run(backend.goToStep("choose_resource"));
        },
      };
    case "waiting":
      return {
        label: say(page.browser_opened ? "button.open_browser_again" : "button.open_browser"),
        press: () => {
          run(backend.openBrowserAgain());
        },
      };
    default:
      return {
        label: say("button.sign_in_with_browser"),
        press: () => {
          run(backend.signInWithBrowser());
        },
        inFlight: page.phase !== "signed_out",
      };
  }
}

function Content({ snapshot, page }: Props) {
  const { phase } = page;
  switch (phase) {
    case "signed_out":
      return <Invitation page={page} practice={snapshot.practice} />;
    case "waiting":
      return <WaitingForBrowser page={page} />;
    case "signed_in":
      return snapshot.person !== null && <SignedIn person={snapshot.person} practice={snapshot.practice} />;
    default:
      return (
        <Card icon="browser" title={say(`sign_in.${phase}`)}>
          <BusyLine busy={snapshot.busy} />
        </Card>
      );
  }
}

function Invitation({ page, practice }: { page: SignInPage; practice: boolean }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <>
      {page.browser_session !== null && <BrowserSession />}
      <p className={styles.lead}>{say(practice ? "sign_in.lead_practice" : "sign_in.lead")}</p>
      <Card icon="browser" title={say("sign_in.what_happens")}>
        <ol className={styles.list}>
          {whatHappens(page, practice).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ol>
      </Card>
      {practice ? (
        <p className={styles.hint}>{say("sign_in.stay.practice")}</p>
      ) : (
        <StaySignedIn page={page} />
      )}
      {page.tools.map(({ tool, account }) => (
        <Button
          key={tool}
          className={styles.start}
          onClick={() => {
            run(backend.borrowSignIn(tool));
          }}
        >
          {say("button.borrow_sign_in", { account, tool: say(`label.way.${tool}`) })}
        </Button>
      ))}
      <CloudChoice cloud={page.cloud} clouds={page.clouds} />
      {page.can_practice && !practice && <PracticeOffer />}
    </>
  );
}

function whatHappens({ application }: SignInPage, practice: boolean): string[] {
  return practice
    ? [
        say("sign_in.what_happens.browser_practice"),
        say("sign_in.what_happens.client_practice"),
        say("sign_in.what_happens.return"),
      ]
    : [
        say("sign_in.what_happens.browser"),
        application === null
          ? say("sign_in.what_happens.client")
          : say("sign_in.what_happens.own_client", { application }),
        say("sign_in.what_happens.return"),
      ];
}

/** What a sign-out leaves behind, with the way to end it too. */
function BrowserSession() {
  const { backend, run } = useWizard();
  return (
    <p>
      {say("sign_in.browser_session")}{" "}
      <Link
        as="button"
        onClick={() => {
          run(backend.endBrowserSession());
        }}
      >
        {say("button.end_browser_session")}
      </Link>
    </p>
  );
}

function StaySignedIn({ page }: { page: SignInPage }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  if (page.store !== null) {
    return (
      <div>
        <p className={styles.hint}>{sayNotice("store", page.store)}</p>
        <Button
          size="small"
          disabled={page.store.code === "opening"}
          onClick={() => {
            run(backend.tryStoreAgain());
          }}
        >
          {say("action.try_again")}
        </Button>
      </div>
    );
  }
  return (
    <div>
      <Checkbox
        checked={page.stay_signed_in}
        label={say("sign_in.stay")}
        aria-describedby="stay-hint"
        onChange={(_, { checked }) => {
          run(backend.staySignedIn(checked === true));
        }}
      />
      <p id="stay-hint" className={`${styles.hint} ${styles.stayHint}`}>
        {say("sign_in.stay.hint")}
      </p>
    </div>
  );
}

function PracticeOffer() {
  const styles = useStyles();
  return (
    <div className={styles.practice}>
      <div className={styles.practiceText}>
        <p className={styles.practiceTitle}>{say("sign_in.or_practice")}</p>
        <p className={styles.hint}>{say("sign_in.practice.hint")}</p>
      </div>
      <PracticeSwitch to="practice" />
    </div>
  );
}

function WaitingForBrowser({ page }: { page: SignInPage }) {
  const styles = useStyles();
  return (
    <Card icon="browser" title={say("sign_in.waiting")} body={say("sign_in.waiting.body")}>
      {page.address !== null && (
        <>
          <p className={styles.hint}>{say("sign_in.waiting.address")}</p>
          <div className={styles.address}>
            <Input
              readOnly
              className={styles.addressInput}
              value={page.address}
              aria-label={say("label.address")}
              onFocus={(event) => {
                event.target.select();
              }}
            />
            <CopyButton
              text={page.address}
              name={say("label.address")}
              label={say("button.copy")}
              appearance="secondary"
            />
          </div>
        </>
      )}
    </Card>
  );
}

function SignedIn({ person, practice }: { person: Person; practice: boolean }) {
  const kept = person.kept && !practice;
  return (
    <Card
      icon="success"
      tone="success"
      title={say("sign_in.signed_in")}
      body={say("sign_in.signed_in.body")}
    >
      <Facts
        facts={[
          { label: say("label.name"), value: person.name },
          { label: say("label.account"), value: person.account },
          ...(person.tenant_name === null
            ? []
            : [{ label: say("label.directory"), value: person.tenant_name }]),
          { label: say("label.directory_id"), value: person.tenant_id, id: true },
          { label: say("label.object_id"), value: person.object_id, id: true },
          { label: say("label.signed_in_with"), value: say(`label.way.${person.way}`) },
          ...(person.cloud === "public"
            ? []
            : [{ label: say("label.cloud"), value: say(`cloud.${person.cloud}`) }]),
          ...(person.application === null
            ? []
            : [{ label: say("label.application"), value: person.application, id: true }]),
          { label: say("label.lasts"), value: say(kept ? "label.kept" : "label.not_kept") },
        ]}
      />
    </Card>
  );
}
