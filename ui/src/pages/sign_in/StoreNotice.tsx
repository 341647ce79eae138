import { Button, makeStyles, tokens } from "@fluentui/react-components";

import type { Notice } from "../../contract";
import { Icon } from "../../parts/Icon";
import { useWizard } from "../../wizard";
import { sayNotice, say } from "../../words";

const useStyles = makeStyles({
  notice: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: "anywhere",
  },
  said: { display: "flex", gap: tokens.spacingHorizontalM, flex: "1 1 320px", minWidth: 0 },
});

/** Why a sign-in cannot be kept here, and what helps. */
export function StoreNotice({ store }: { store: Notice }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <div className={styles.notice}>
      <div role="status" className={styles.said}>
        <Icon name="warning" />
        <span>{sayNotice("store", store)}</span>
      </div>
      <Button
        size="small"
        disabledFocusable={store.code === "opening"}
        onClick={() => {
          run(backend.tryStoreAgain());
        }}
      >
        {say("action.try_again")}
      </Button>
    </div>
  );
}
