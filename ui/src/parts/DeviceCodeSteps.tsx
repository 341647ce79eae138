import { Button, makeStyles, tokens } from "@fluentui/react-components";

import { formatClock, useSecondsSince } from "../clock";
import type { DeviceCode } from "../contract";
import { useWizard } from "../wizard";
import { say, sayCount } from "../words";
import { AddressRow } from "./AddressRow";
import { CopyButton } from "./CopyButton";
import { Hidden } from "./Hidden";
import { Icon } from "./Icon";

/** When the time that is left is said aloud, in minutes. */
const SPOKEN_MINUTES = [5, 1] as const;

const useStyles = makeStyles({
  steps: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
  },
  step: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  label: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalS,
  },
  code: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    // As wide on the left as the last letter is on the right.
    paddingRight: `calc(${tokens.spacingHorizontalL} - 0.18em)`,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground3,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeHero800,
    lineHeight: tokens.lineHeightHero800,
    letterSpacing: "0.18em",
    userSelect: "all",
    "@media (max-width: 479px)": {
      fontSize: tokens.fontSizeBase600,
      lineHeight: tokens.lineHeightBase600,
      letterSpacing: "0.1em",
    },
  },
  left: {
    margin: 0,
    color: tokens.colorNeutralForeground2,
    fontVariantNumeric: "tabular-nums",
  },
  warning: {
    display: "flex",
    gap: tokens.spacingHorizontalS,
    margin: 0,
    paddingTop: tokens.spacingVerticalM,
    borderTop: `1px solid ${tokens.colorNeutralStroke2}`,
    color: tokens.colorNeutralForeground2,
  },
});

interface Props {
  deviceCode: DeviceCode;
  /** Whether the page is Microsoft's: a stranger's page is shown, and never opened. */
  canOpen: boolean;
}

/** A code to copy, the page to type it in on, and what to beware of. */
export function DeviceCodeSteps({ deviceCode, canOpen }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const { code, address } = deviceCode;
  return (
    <>
      <ol className={styles.steps}>
        <li className={styles.step}>
          <p className={styles.label}>{say("device_code.copy")}</p>
          <div className={styles.row}>
            <Code code={code} />
            <CopyButton
              text={code}
              name={say("label.code")}
              label={say("button.copy_code")}
              appearance="secondary"
              takesFocus
            />
          </div>
          <TimeLeft deviceCode={deviceCode} />
        </li>
        <li className={styles.step}>
          <p className={styles.label}>{say("device_code.open")}</p>
          <AddressRow address={address} label={say("label.code_address")} compact>
            {canOpen && (
              <Button
                icon={<Icon small name="open" />}
                onClick={() => {
                  run(backend.openBrowserAgain());
                }}
              >
                {say("button.open_page")}
              </Button>
            )}
          </AddressRow>
        </li>
      </ol>
      <p className={styles.warning}>
        <Icon name="warning" />
        <span>{say("device_code.warning")}</span>
      </p>
    </>
  );
}

/** The code as it looks, and letter by letter for those who hear it. */
function Code({ code }: { code: string }) {
  const styles = useStyles();
  return (
    <>
      <span aria-hidden="true" className={styles.code}>
        {code}
      </span>
      <Hidden>{code.split("").join(" ")}</Hidden>
    </>
  );
}

function TimeLeft({ deviceCode }: { deviceCode: DeviceCode }) {
  const styles = useStyles();
  const passed = useSecondsSince(deviceCode);
  const seconds = Math.max(0, deviceCode.lasts_seconds - passed);
  const spoken = SPOKEN_MINUTES.filter((minutes) => seconds <= minutes * 60).at(-1);
  return (
    <>
      <p role="timer" aria-live="off" className={styles.left}>
        {say("device_code.left", { time: formatClock(seconds) })}
      </p>
      <span role="status">
        {spoken !== undefined && (
          <Hidden>{sayCount("device_code.minutes_left", spoken, { minutes: spoken })}</Hidden>
        )}
      </span>
    </>
  );
}
