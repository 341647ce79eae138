import type { Person } from "../../contract";
import { Card } from "../../parts/Card";
import { Facts } from "../../parts/Facts";
import { say } from "../../words";

/** Who is signed in, before it is used for anything. */
export function WhoAmI({ person, practice }: { person: Person; practice: boolean }) {
  const kept = person.kept && !practice;
  return (
    <Card
      icon="success"
      tone="success"
      title={say("sign_in.signed_in")}
      body={say("sign_in.signed_in.body")}
    >
      <Facts
        facts={[
          { label: say("label.name"), value: person.name },
          { label: say("label.account"), value: person.account },
          ...(person.tenant_name === null
            ? []
            : [{ label: say("label.directory"), value: directoryOf(person.tenant_name, person) }]),
          { label: say("label.directory_id"), value: person.tenant_id, id: true },
          { label: say("label.object_id"), value: person.object_id, id: true },
          ...(person.cloud === "public"
            ? []
            : [{ label: say("label.cloud"), value: say(`cloud.${person.cloud}`) }]),
          ...(person.application === null
            ? []
            : [{ label: say("label.application"), value: person.application, id: true }]),
          {
            label: say("label.signed_in_with"),
            value: say(kept ? "sign_in.kept" : "sign_in.not_kept", {
              way: say(`label.way.${person.way}`),
            }),
          },
        ]}
      />
    </Card>
  );
}

function directoryOf(directory: string, { guest }: Person): string {
  return guest ? say("label.directory_as_guest", { directory }) : directory;
}
