import { makeStyles, tokens } from "@fluentui/react-components";

import type { Notice } from "../contract";
import { sayNotice } from "../words";
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
export function Notices({ notices }: { notices: readonly Notice[] }) {
  const styles = useStyles();
  return (
    <div role="status" className={styles.notices}>
      {notices.map((notice) => (
        <div key={notice.code} className={styles.notice}>
          <Icon name="info" />
          <span>{sayNotice("notice", notice)}</span>
        </div>
      ))}
    </div>
  );
}
