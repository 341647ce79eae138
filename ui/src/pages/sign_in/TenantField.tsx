import { Field, Input } from "@fluentui/react-components";
import { useCallback, useState } from "react";

import type { TenantChoice } from "../../contract";
import { remark, type Standing } from "../../parts/remark";
import { useTypingPause } from "../../typing";
import { useWizard } from "../../wizard";
import { say } from "../../words";

/** The directory to sign in to: looked up when the typing pauses, or at once by Enter. */
export function TenantField({ tenant }: { tenant: TenantChoice }) {
  const { backend, run } = useWizard();
  const [draft, setDraft] = useState(tenant.text);
  const text = draft.trim();
  const send = useCallback(
    (written: string) => {
      run(backend.chooseTenant(written));
    },
    [backend, run],
  );
  const lookUp = useTypingPause(text, tenant.text, send);
  const known = knownOf(tenant, text);
  return (
    <Field
      label={say("label.tenant")}
      hint={text === "" ? say("tenant.hint") : null}
      {...(known === null ? {} : remark(STANDINGS[known], say(`tenant.${known}`)))}
    >
      <Input
        value={draft}
        spellCheck={false}
        autoComplete="off"
        onChange={(_, { value }) => {
          setDraft(value);
        }}
        onBlur={lookUp}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            lookUp();
          }
        }}
      />
    </Field>
  );
}

type Known = Exclude<TenantChoice["state"]["kind"], "empty">;

const STANDINGS: Readonly<Record<Known, Standing>> = {
  checking: "checking",
  known: "good",
  unchecked: "unsure",
  malformed: "wrong",
  unknown: "wrong",
};

/** What is known of the directory; nothing while the words differ from what was looked up. */
function knownOf({ text, state }: TenantChoice, typed: string): Known | null {
  return typed === "" || text !== typed || state.kind === "empty" ? null : state.kind;
}
