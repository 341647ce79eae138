import { Button, makeStyles, tokens } from "@fluentui/react-components";

import { useWizard } from "../wizard";
import { say } from "../words";
import { Icon } from "./Icon";

// The icon stands where the text below it begins.
const useStyles = makeStyles({
  button: {
    marginLeft: `calc(-1 * ${tokens.spacingHorizontalS})`,
    marginBottom: tokens.spacingVerticalS,
    color: tokens.colorNeutralForeground2,
  },
});

/** The quiet way to what Keyless changed, on every page. */
export function ShowChanges({ shown }: { shown: boolean }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <nav aria-label={say("window.more")}>
      <Button
        className={styles.button}
        appearance="subtle"
        size="small"
        icon={<Icon small name="history" />}
        aria-current={shown ? "page" : undefined}
        data-opens-aside="changes"
        onClick={() => {
          run(backend.showChanges());
        }}
      >
        {say("button.show_changes")}
      </Button>
    </nav>
  );
}
