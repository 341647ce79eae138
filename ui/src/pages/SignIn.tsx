import { Button } from "@fluentui/react-components";

import type { SignInPage, Snapshot } from "../contract";
import { BusyLine } from "../parts/BusyLine";
import { Card } from "../parts/Card";
import { offers } from "../parts/FailureBar";
import { Frame, type Primary } from "../parts/Frame";
import { NetworkCheck } from "../parts/NetworkCheck";
import { useWizard, type Wizard } from "../wizard";
import { say } from "../words";
import { BrowserCard } from "./sign_in/BrowserCard";
import { DeviceCodeCard } from "./sign_in/DeviceCodeCard";
import { Invitation } from "./sign_in/Invitation";
import { StoreNotice } from "./sign_in/StoreNotice";
import { Tenants } from "./sign_in/Tenants";
import { WhoAmI } from "./sign_in/WhoAmI";

interface Props {
  snapshot: Snapshot;
  page: SignInPage;
}

/** Step 1: who the person is, found out on Microsoft's own page. */
export function SignIn({ snapshot, page }: Props) {
  const wizard = useWizard();
  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.sign_in.heading")}
      primary={offers(snapshot.failure, "sign_in") ? null : primaryOf(page, wizard)}
      showsBusy
      start={
        page.phase === "signed_out" &&
        !offers(snapshot.failure, "check_network") && <NetworkCheck />
      }
      secondary={
        page.phase === "signed_in" &&
        !offers(snapshot.failure, "switch_account") && <AnotherAccount />
      }
    >
      <Content snapshot={snapshot} page={page} />
    </Frame>
  );
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

function Content({ snapshot, page }: Props) {
  const { person, practice } = snapshot;
  const tenants = page.tenants.length > 0 && (
    <Tenants
      tenants={page.tenants}
      signingIn={page.phase !== "signed_in"}
      told={snapshot.failure !== null}
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
