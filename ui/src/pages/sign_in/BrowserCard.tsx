import { Button, makeStyles, tokens } from "@fluentui/react-components";

import type { SignInPage } from "../../contract";
import { AddressRow } from "../../parts/AddressRow";
import { Card } from "../../parts/Card";
import { useWizard } from "../../wizard";
import { say } from "../../words";

const useStyles = makeStyles({
  fallback: {
    display: "flex",
    flexDirection: "column",
    alignItems: "stretch",
    gap: tokens.spacingVerticalS,
    paddingTop: tokens.spacingVerticalM,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  hint: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  code: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
  },
});

/** The person is in the browser, or has to go there alone. */
export function BrowserCard({ page }: { page: SignInPage }) {
  const styles = useStyles();
  const { address, browser_opened: opened } = page;
  if (opened) {
    return (
      <Card icon="browser" title={say("sign_in.waiting")} body={say("sign_in.waiting.body")}>
        <div className={styles.fallback}>
          {address !== null && (
            <>
              <p className={styles.hint}>{say("sign_in.waiting.address")}</p>
              <AddressRow address={address} label={say("label.address")} />
            </>
          )}
          <CodeInstead />
        </div>
      </Card>
    );
  }
  return (
    <Card
      icon="browser"
      tone="warning"
      title={say("sign_in.no_browser")}
      body={say("sign_in.waiting.body")}
    >
      {address !== null && <AddressRow address={address} label={say("label.address")} />}
      <CodeInstead />
    </Card>
  );
}

function CodeInstead() {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <div className={styles.code}>
      <span className={styles.hint}>{say("sign_in.code_instead.hint")}</span>
      <Button
        size="small"
        onClick={() => {
          run(backend.signInWithDeviceCode());
        }}
      >
        {say("button.use_code")}
      </Button>
    </div>
  );
}
