import { Field, Input } from "@fluentui/react-components";
import { useEffect, useRef, useState, type ComponentProps } from "react";

import type { TenantChoice } from "../../contract";
import { Icon } from "../../parts/Icon";
import { useWizard } from "../../wizard";
import { say } from "../../words";

/** How long after the last key a directory is looked up. */
const PAUSE_MS = 500;

/** The directory to sign in to: looked up when the typing pauses, or at once by Enter. */
export function TenantField({ tenant }: { tenant: TenantChoice }) {
  const { backend, run } = useWizard();
  const [draft, setDraft] = useState(tenant.text);
  const sent = useRef(tenant.text);
  const text = draft.trim();

  function lookUp() {
    if (sent.current !== text) {
      sent.current = text;
      run(backend.chooseTenant(text));
    }
  }

  useEffect(() => {
    if (sent.current === text) {
      return;
    }
    const timer = setTimeout(() => {
      // Enter may have been quicker.
      if (sent.current !== text) {
        sent.current = text;
        run(backend.chooseTenant(text));
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [backend, run, text]);

  const known = knownOf(tenant, text);
  return (
    <Field
      label={say("label.tenant")}
      hint={text === "" ? say("tenant.hint") : null}
      {...(known === null ? {} : VALIDATION[known])}
      validationMessage={
        known === null
          ? null
          : { children: say(`tenant.${known}`), role: isWrong(known) ? "alert" : "status" }
      }
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

const VALIDATION: Readonly<
  Record<
    Known,
    Pick<ComponentProps<typeof Field>, "validationState" | "validationMessageIcon">
  >
> = {
  checking: { validationState: "none", validationMessageIcon: <Icon small name="clock" /> },
  known: { validationState: "success" },
  unchecked: { validationState: "warning" },
  malformed: { validationState: "error" },
  unknown: { validationState: "error" },
};

/** What is known of the directory; nothing while the words differ from what was looked up. */
function knownOf({ text, state }: TenantChoice, typed: string): Known | null {
  return typed === "" || text !== typed || state.kind === "empty" ? null : state.kind;
}

function isWrong(known: Known): boolean {
  return known === "malformed" || known === "unknown";
}
