import { makeStyles, tokens } from "@fluentui/react-components";

import type { ChooseResourcePage } from "../../contract";
import { Icon } from "../../parts/Icon";
import { say, type Key } from "../../words";

const useStyles = makeStyles({
  missing: {
    display: "flex",
    gap: tokens.spacingHorizontalXS,
    margin: 0,
    color: tokens.colorPaletteRedForeground1,
  },
});

/** What the page needs before it can lead on. */
export type Missing = Extract<Key, `missing.${string}`>;

/** What is missing, if anything is. */
export function missingOf(page: ChooseResourcePage): Missing | null {
  if (page.selected === null) {
    return "missing.resource";
  }
  if (page.selected.obstacles.includes("no_custom_subdomain")) {
    return "missing.subdomain";
  }
  if (page.deployment !== null) {
    return null;
  }
  return page.deployments.some((deployment) => deployment.can_chat)
    ? "missing.deployment"
    : "missing.chat_deployment";
}

/** Says what is missing, once somebody wanted to go on without it. */
export function MissingLine({ id, missing }: { id: string; missing: Missing | null }) {
  const styles = useStyles();
  return (
    <div role="alert" id={id}>
      {missing !== null && (
        <p className={styles.missing}>
          <Icon small name="error" />
          {say(missing)}
        </p>
      )}
    </div>
  );
}
