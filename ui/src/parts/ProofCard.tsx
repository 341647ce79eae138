import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useId, useRef } from "react";

import type { Busy, Proof } from "../contract";
import { useWizard } from "../wizard";
import { say } from "../words";
import { AddressRow } from "./AddressRow";
import { BusyLine } from "./BusyLine";
import { DeviceCodeSteps } from "./DeviceCodeSteps";
import { Icon } from "./Icon";

const useStyles = makeStyles({
  card: {
    display: "flex",
    gap: tokens.spacingHorizontalM,
    marginTop: tokens.spacingVerticalL,
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalL}`,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorBrandStroke1}`,
    borderLeftWidth: "4px",
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow8,
    overflowWrap: "anywhere",
  },
  icon: { display: "flex", paddingTop: "2px", color: tokens.colorBrandForeground1 },
  content: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    flexGrow: 1,
    minWidth: 0,
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
    ":focus": { outline: "none" },
  },
  body: { margin: 0 },
  hint: { margin: 0, color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

interface Props {
  proof: Proof;
  busy: Busy | null;
}

/** Says that Microsoft's page opens once more, and why; the page below stays as it is. */
export function ProofCard({ proof, busy }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const titleId = useId();
  const title = useFocusWhileShown();
  const { device_code: deviceCode } = proof;
  const waiting = proof.phase === "waiting" && deviceCode === null;
  return (
    <section className={styles.card} aria-labelledby={titleId}>
      <div className={styles.icon}>
        <Icon name="shield" />
      </div>
      <div className={styles.content}>
        <h2 ref={title} id={titleId} tabIndex={-1} className={styles.title}>
          {say(deviceCode === null ? "proof.heading" : "device_code.title")}
        </h2>
        <p className={styles.body}>
          {say(`proof.${proof.reason}`)} {say("proof.then")}
        </p>
        {deviceCode !== null && (
          <DeviceCodeSteps deviceCode={deviceCode} canOpen={proof.address !== null} />
        )}
        {waiting && proof.address !== null && (
          <>
            <p className={styles.hint}>
              {say(proof.browser_opened ? "sign_in.waiting.address" : "sign_in.no_browser.body")}
            </p>
            <AddressRow address={proof.address} label={say("label.address")} />
          </>
        )}
        {proof.phase !== "waiting" && (
          <p className={styles.hint}>
            {say(proof.phase === "finishing" ? "sign_in.finishing" : "sign_in.opening")}
          </p>
        )}
        <div className={styles.buttons}>
          {waiting && (
            <Button
              appearance="primary"
              onClick={() => {
                run(backend.openBrowserAgain());
              }}
            >
              {say(proof.browser_opened ? "button.open_browser_again" : "button.open_browser")}
            </Button>
          )}
          <Button
            onClick={() => {
              run(backend.cancel());
            }}
          >
            {say("button.cancel")}
          </Button>
          <BusyLine busy={busy} />
        </div>
      </div>
    </section>
  );
}

/** Takes the focus when it appears, and gives it back when it goes, unless it went elsewhere. */
function useFocusWhileShown() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const heading = title.current;
    const card = heading?.closest("section");
    heading?.focus();
    return () => {
      const now = document.activeElement;
      const inside = now === null || now === document.body || card?.contains(now) === true;
      if (inside && before instanceof HTMLElement) {
        // The page may have changed meanwhile: what is gone takes no focus.
        queueMicrotask(() => {
          before.focus();
        });
      }
    };
  }, []);
  return title;
}
