import { Button, Checkbox, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { Failure, SignInPage } from "../../contract";
import { Card } from "../../parts/Card";
import { PracticeSwitch } from "../../parts/PracticeSwitch";
import { useWizard } from "../../wizard";
import { say } from "../../words";
import { SignInOptions } from "./SignInOptions";
import { StoreNotice } from "./StoreNotice";

const useStyles = makeStyles({
  lead: { margin: 0 },
  list: {
    margin: 0,
    paddingLeft: tokens.spacingHorizontalXL,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
  },
  hint: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  stayHint: { marginLeft: "36px" },
  options: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  // Stands under the box of "Stay signed in", so that the two read as one group.
  indented: { paddingLeft: "10px" },
  ways: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
  button: { maxWidth: "100%", overflowWrap: "anywhere" },
  practice: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalS,
    marginTop: "auto",
    paddingTop: tokens.spacingVerticalM,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  practiceText: { flex: "1 1 240px" },
  practiceTitle: { margin: 0, fontWeight: tokens.fontWeightSemibold },
});

interface Props {
  page: SignInPage;
  failure: Failure | null;
  practice: boolean;
}

/** Nobody is signed in: what will happen, and the ways in. */
export function Invitation({ page, failure, practice }: Props) {
  const styles = useStyles();
  return (
    <>
      <p className={styles.lead}>{say(practice ? "sign_in.lead_practice" : "sign_in.lead")}</p>
      <Card icon="browser" title={say("sign_in.what_happens")}>
        <ol className={styles.list}>
          {whatHappens(page, practice).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ol>
      </Card>
      <div className={styles.options}>
        {practice ? (
          <p className={styles.hint}>{say("sign_in.stay.practice")}</p>
        ) : (
          <StaySignedIn page={page} />
        )}
        <div className={mergeClasses(!practice && styles.indented)}>
          <SignInOptions page={page} failure={failure} />
        </div>
      </div>
      <OtherWays page={page} />
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

function StaySignedIn({ page }: { page: SignInPage }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  if (page.store !== null) {
    return <StoreNotice store={page.store} />;
  }
  if (!page.can_stay_signed_in) {
    return null;
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
      <p id="stay-hint" className={mergeClasses(styles.hint, styles.stayHint)}>
        {say("sign_in.stay.hint")}
      </p>
    </div>
  );
}

/**
 * The ways beside the browser. The tools are found a moment after the page is there: they come
 * last, so that nothing above them moves.
 */
function OtherWays({ page }: { page: SignInPage }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <section className={styles.ways} aria-labelledby="other-ways">
      <h2 id="other-ways" className={styles.title}>
        {say("sign_in.other_ways")}
      </h2>
      <div className={styles.buttons}>
        <Button
          onClick={() => {
            run(backend.signInWithDeviceCode());
          }}
        >
          {say("button.use_code")}
        </Button>
        {page.tools.map(({ tool, account }) => (
          <Button
            key={tool}
            className={styles.button}
            onClick={() => {
              run(backend.borrowSignIn(tool));
            }}
          >
            {say("button.borrow_sign_in", { account, tool: say(`label.way.${tool}`) })}
          </Button>
        ))}
      </div>
    </section>
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
