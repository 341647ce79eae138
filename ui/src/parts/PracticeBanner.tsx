import { makeStyles, tokens } from "@fluentui/react-components";

import { say } from "../words";
import { PracticeSwitch } from "./PracticeSwitch";

const useStyles = makeStyles({
  banner: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorPaletteMarigoldBackground2,
    color: tokens.colorPaletteMarigoldForeground2,
    borderBottom: `1px solid ${tokens.colorPaletteMarigoldBorder1}`,
  },
  title: { fontWeight: tokens.fontWeightSemibold },
  body: { flex: "1 1 200px" },
});

/** Says at all times that this is not the real Azure. */
export function PracticeBanner() {
  const styles = useStyles();
  return (
    <section className={styles.banner} aria-label={say("practice.title")}>
      <span className={styles.title}>{say("practice.title")}</span>
      <span className={styles.body}>{say("practice.body")}</span>
      <PracticeSwitch to="azure" size="small" />
    </section>
  );
}
