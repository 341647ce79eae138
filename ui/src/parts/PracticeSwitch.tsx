import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useState } from "react";

import { useWizard } from "../wizard";
import { say } from "../words";

const useStyles = makeStyles({
  refused: {
    flexBasis: "100%",
    margin: 0,
    color: tokens.colorPaletteRedForeground1,
    ":not(:empty)": { paddingTop: tokens.spacingVerticalXS },
  },
});

interface Props {
  /** What the button does: practice instead of real Azure, or the other way round. */
  to: "practice" | "azure";
  size?: "small" | "medium";
}

/** The button between real and practice Azure: the one change that the shell itself can refuse. */
export function PracticeSwitch({ to, size = "medium" }: Props) {
  const styles = useStyles();
  const { backend } = useWizard();
  const [refusal, setRefusal] = useState<string | null>(null);

  function change() {
    const command = to === "practice" ? backend.startPractice() : backend.leavePractice();
    command.catch((reason: unknown) => {
      setRefusal(String(reason));
    });
  }

  return (
    <>
      <Button size={size} onClick={change}>
        {say(to === "practice" ? "button.start_practice" : "button.leave_practice")}
      </Button>
      <p role="alert" className={styles.refused}>
        {refusal !== null && say("practice.refused", { reason: refusal })}
      </p>
    </>
  );
}
