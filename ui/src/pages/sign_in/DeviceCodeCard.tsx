import type { DeviceCode } from "../../contract";
import { Card } from "../../parts/Card";
import { DeviceCodeSteps } from "../../parts/DeviceCodeSteps";
import { say } from "../../words";

interface Props {
  deviceCode: DeviceCode;
  /** Whether the page is Microsoft's: a stranger's page is shown, and never opened. */
  canOpen: boolean;
}

/** A code that is typed in on Microsoft's page, on this computer or on any other device. */
export function DeviceCodeCard({ deviceCode, canOpen }: Props) {
  return (
    <Card icon="key" title={say("device_code.title")} body={say("device_code.body")}>
      <DeviceCodeSteps deviceCode={deviceCode} canOpen={canOpen} />
    </Card>
  );
}
