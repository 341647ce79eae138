import { Link, makeStyles, tokens } from "@fluentui/react-components";

import type { Notice, Page } from "../contract";
import { useWizard } from "../wizard";
import { say, sayNotice } from "../words";
import { Icon } from "./Icon";

const useStyles = makeStyles({
  notices: { ":not(:empty)": { marginTop: tokens.spacingVerticalL } },
  notice: {
    display: "flex",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: "anywhere",
    "& + &": { marginTop: tokens.spacingVerticalS },
  },
});

/** What the person should know without having to act. */
export function Notices({ notices, page }: { notices: readonly Notice[]; page: Page }) {
  const styles = useStyles();
  return (
    <div role="status" className={styles.notices}>
      {notices.map((notice) => (
        <div key={notice.code} className={styles.notice}>
          <Icon name="info" />
          <span>
            {sayNotice("notice", notice)} {leavesSession(notice, page) && <EndBrowserSession />}
          </span>
        </div>
      ))}
    </div>
  );
}

/** Whether the notice tells of a sign-out that the browser does not know of. */
function leavesSession({ code }: Notice, page: Page): boolean {
  return code === "signed_out" && page.step === "sign_in" && page.browser_session !== null;
}

function EndBrowserSession() {
  const { backend, run } = useWizard();
  return (
    <Link
      as="button"
      inline
      onClick={() => {
        run(backend.endBrowserSession());
      }}
    >
      {say("button.end_browser_session")}
    </Link>
  );
}
