import { Button, makeStyles, tokens } from "@fluentui/react-components";

import { useWizard } from "../wizard";
import { say } from "../words";
import { Icon } from "./Icon";

// The icon stands where the content above it begins.
const useStyles = makeStyles({ button: { marginLeft: `calc(-1 * ${tokens.spacingHorizontalM})` } });

/** The quiet way to the page about the connection. */
export function NetworkCheck() {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <Button
      className={styles.button}
      appearance="subtle"
      icon={<Icon small name="network" />}
      data-opens-aside="connectivity"
      onClick={() => {
        run(backend.checkNetwork());
      }}
    >
      {say("button.check_network")}
    </Button>
  );
}
