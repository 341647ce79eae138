import { Spinner, makeStyles } from "@fluentui/react-components";

import { useBusyStage } from "../clock";
import type { Busy } from "../contract";
import { say } from "../words";

const useStyles = makeStyles({
  line: { display: "flex", alignItems: "center", minHeight: "32px" },
});

/** What goes on, once it lasts long enough to be worth a sign. */
export function BusyLine({ busy }: { busy: Busy | null }) {
  return <WaitingLine label={busy === null ? null : say(`busy.${busy.activity}`)} />;
}

/** The same, for what a part of the page waits for. */
export function WaitingLine({ label }: { label: string | null }) {
  const styles = useStyles();
  return (
    <div role="status" className={styles.line}>
      {label !== null && <Indicator key={label} label={label} />}
    </div>
  );
}

function Indicator({ label }: { label: string }) {
  switch (useBusyStage()) {
    case "hidden":
      return null;
    case "spinner":
      return <Spinner size="tiny" aria-label={label} />;
    case "label":
      return <Spinner size="tiny" label={label} />;
  }
}
