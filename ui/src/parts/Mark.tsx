import { makeStyles } from "@fluentui/react-components";

// A file of its own: the content security policy knows no `data:` addresses.
import mark from "../../../icons/keyless.svg?no-inline";

const useStyles = makeStyles({ mark: { width: "28px", height: "28px", flexShrink: 0 } });

/** The mark of the product: a cloud whose keyhole is a person. */
export function Mark() {
  const styles = useStyles();
  return <img alt="" src={mark} className={styles.mark} />;
}
