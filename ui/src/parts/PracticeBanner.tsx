import { Button, makeStyles, tokens } from "@fluentui/react-components";

import { useWizard } from "../wizard";
import { say } from "../words";

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
  body: { flexGrow: 1 },
});

/** Says at all times that this is not the real Azure. */
export function PracticeBanner() {
  const styles = useStyles();
  const { backend, run } = useWizard();
  return (
    <section className={styles.banner} aria-label={say("practice.title")}>
      <span className={styles.title}>{say("practice.title")}</span>
      <span className={styles.body}>{say("practice.body")}</span>
      <Button
        size="small"
        onClick={() => {
          run(backend.leavePractice());
        }}
      >
        {say("button.leave_practice")}
      </Button>
    </section>
  );
}
