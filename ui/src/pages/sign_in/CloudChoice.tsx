import { Field, Select } from "@fluentui/react-components";

import type { CloudName } from "../../contract";
import { useWizard } from "../../wizard";
import { say } from "../../words";

interface Props {
  cloud: CloudName;
  clouds: readonly CloudName[];
}

/** Which of Azure's clouds; nothing where there is no choice. */
export function CloudChoice({ cloud, clouds }: Props) {
  const { backend, run } = useWizard();
  if (clouds.length < 2) {
    return null;
  }
  return (
    <Field label={say("label.cloud")}>
      <Select
        value={cloud}
        onChange={(_, { value }) => {
          const chosen = clouds.find((name) => name === value);
          if (chosen !== undefined) {
            run(backend.chooseCloud(chosen));
          }
        }}
      >
        {clouds.map((name) => (
          <option key={name} value={name}>
            {say(`cloud.${name}`)}
          </option>
        ))}
      </Select>
    </Field>
  );
}
