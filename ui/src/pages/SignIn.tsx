import { Button } from "@fluentui/react-components";
import type { ReactNode } from "react";

import type { Failure, SignInPage, Snapshot } from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { offers } from "../parts/FailureBar";
import { Frame, type Primary, type Trouble } from "../parts/Frame";
import { NetworkCheck } from "../parts/NetworkCheck";
import { useWizard, type Wizard } from "../wizard";
import { say, sayDirectory } from "../words";
import { BrowserCard } from "./sign_in/BrowserCard";
import { DeviceCodeCard } from "./sign_in/DeviceCodeCard";
import { Invitation } from "./sign_in/Invitation";
import { StoreNotice } from "./sign_in/StoreNotice";
import { findClosed, leadsOn, listsResources, opensChat, type Closed } from "./sign_in/outlook";
import { Tenants } from "./sign_in/Tenants";
import { WhoAmI } from "./sign_in/WhoAmI";

interface Props {
  snapshot: Snapshot;
  page: SignInPage;
}

/** Step 1: who the person is, found out on Microsoft's own page. */
export function SignIn({ snapshot, page }: Props) {
  const wizard = useWizard();
  const closed = closedOf(snapshot, page);
  const told = snapshot.failure ?? closed?.failure ?? null;
  const led = isLed(page, told);
  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.sign_in.heading")}
      primary={led ? null : primaryOf(page, wizard)}
      trouble={closed === null ? null : troubleOf(closed, page, wizard)}
      showsBusy
      start={
        page.phase === "signed_out" &&
        !offers(snapshot.failure, "check_network") && <NetworkCheck />
      }
      secondary={secondaryOf(page, told, led)}
    >
      <Content snapshot={snapshot} page={page} told={closed} />
    </Frame>
  );
}

/** The directory whose trouble is told on top, where none of them leads on. */
function closedOf({ failure }: Snapshot, { phase, tenants }: SignInPage): Closed | null {
  if (phase !== "signed_in" || leadsOn(tenants)) {
    return null;
  }
  const same = tenants.filter((tenant) => tenant.failure?.code === failure?.code);
  return findClosed(failure === null ? tenants : same);
}

/** Whether what failed says what comes next, so that the page's own button would mislead. */
function isLed({ phase, tenants }: SignInPage, told: Failure | null): boolean {
  switch (phase) {
    case "signed_out":
      return told !== null;
    case "signed_in":
      return told !== null && !leadsOn(tenants);
    default:
      return offers(told, "sign_in");
  }
}

/** What else the page is good for, where what failed does not offer it. */
function secondaryOf(page: SignInPage, told: Failure | null, led: boolean): ReactNode {
  const { phase, tenants } = page;
  const isIn = phase === "signed_in";
  // Microsoft’s page may refuse a code without a word to this window.
  const codeWaits = phase === "waiting" && page.device_code !== null;
  const signsIn = codeWaits || (phase === "signed_out" && led && !offers(told, "sign_in"));
  const switches = isIn && !offers(told, "switch_account");
  const goesOn = isIn && led && listsResources(tenants);
  const knows = isIn && led && !goesOn && opensChat(tenants);
  return (
    (signsIn || switches || goesOn || knows) && (
      <>
        {signsIn && <SignInAnyway />}
        {switches && <AnotherAccount />}
        {goesOn && <GoOn />}
        {knows && <KnowsEndpoint />}
      </>
    )
  );
}

function troubleOf({ tenant, failure }: Closed, { tenants }: SignInPage, wizard: Wizard): Trouble {
  const { backend, run } = wizard;
  return {
    failure,
    about: tenants.length > 1 ? sayDirectory(tenant.name, tenant.id) : undefined,
    press: (index) => {
      run(backend.pressTenantRemedy(tenant.id, index));
    },
  };
}

function primaryOf(page: SignInPage, wizard: Wizard): Primary | null {
  const { backend, run } = wizard;
  switch (page.phase) {
    case "signed_in":
      return {
        label: say("button.continue"),
        press: () => {
          run(backend.goToStep("choose_resource"));
        },
      };
    case "waiting":
      // A code has its buttons beside it.
      return page.device_code === null ? openBrowser(page, wizard) : null;
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

function openBrowser({ browser_opened }: SignInPage, { backend, run }: Wizard): Primary {
  return {
    label: say(browser_opened ? "button.open_browser_again" : "button.open_browser"),
    press: () => {
      run(backend.openBrowserAgain());
    },
  };
}

function SignInAnyway() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.signInWithBrowser());
      }}
    >
      {say("button.sign_in_with_browser")}
    </Button>
  );
}

/** To look at what there is, where it cannot be used yet. */
function GoOn() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.goToStep("choose_resource"));
      }}
    >
      {say("button.continue")}
    </Button>
  );
}

function AnotherAccount() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.switchAccount());
      }}
    >
      {say("button.use_another_account")}
    </Button>
  );
}

/** For whoever may chat with a resource that no list shows them. */
function KnowsEndpoint() {
  const { backend, run } = useWizard();
  return (
    <Button
      onClick={() => {
        run(backend.openEndpoint());
      }}
    >
      {say("button.know_endpoint")}
    </Button>
  );
}

function Content({ snapshot, page, told }: Props & { told: Closed | null }) {
  const { person, practice } = snapshot;
  const tenants = page.tenants.length > 0 && (
    <Tenants
      tenants={page.tenants}
      signingIn={page.phase !== "signed_in"}
      told={told?.tenant.id ?? null}
    />
  );
  switch (page.phase) {
    case "signed_out":
      return <Invitation page={page} failure={snapshot.failure} practice={practice} />;
    case "waiting":
      return (
        <>
          {page.device_code === null ? (
            <BrowserCard page={page} />
          ) : (
            <DeviceCodeCard deviceCode={page.device_code} canOpen={page.address !== null} />
          )}
          {tenants}
        </>
      );
    case "signed_in":
      return (
        <>
          {person !== null && <WhoAmI person={person} practice={practice} />}
          {tenants}
          {page.store !== null && <StoreNotice store={page.store} />}
        </>
      );
    default:
      return (
        <>
          <Card icon="browser" title={say(`sign_in.${page.phase}`)}>
            <BusyLine busy={snapshot.busy} />
          </Card>
          {tenants}
        </>
      );
  }
}
