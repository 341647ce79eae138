import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useCallback, useEffect, useRef, useState } from "react";

import type { Resource, SubdomainForm, SubdomainState } from "../../contract";
import { Facts } from "../../parts/Facts";
import { Icon } from "../../parts/Icon";
import { remark, type Standing } from "../../parts/remark";
import { useTypingPause } from "../../typing";
import { useWizard } from "../../wizard";
import { say } from "../../words";

const useStyles = makeStyles({
  card: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    overflowWrap: "anywhere",
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  warning: {
    display: "flex",
    gap: tokens.spacingHorizontalXS,
    margin: 0,
    fontWeight: tokens.fontWeightSemibold,
  },
  icon: { display: "flex", paddingTop: "2px", color: tokens.colorStatusWarningForeground3 },
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

interface Props {
  form: SubdomainForm;
  resource: Resource;
}

/** A custom subdomain before it is set: what, where, as whom, and that it cannot be undone. */
export function SubdomainCard({ form, resource }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const [name, setName] = useState(form.name);
  const card = useRef<HTMLElement>(null);
  const text = name.trim().toLowerCase();
  const check = useCallback(
    (written: string) => {
      run(backend.checkSubdomain(written));
    },
    [backend, run],
  );
  useTypingPause(text, form.name, check);
  // The form takes the place of the button that opened it, and so does its field of the focus.
  useEffect(() => {
    focusField(card.current);
  }, []);
  const known = text === form.name ? form.state : null;
  const isWrong = known !== null && STANDINGS[known] === "wrong";
  return (
    <section ref={card} aria-label={say("subdomain.heading")} className={styles.card}>
      <h2 className={styles.title}>{say("subdomain.heading")}</h2>
      <Field
        label={say("label.subdomain")}
        {...remarkOf(form, known)}
      >
        <Input
          value={name}
          spellCheck={false}
          autoComplete="off"
          readOnly={form.writing}
          onChange={(_, { value }) => {
            setName(value);
          }}
        />
      </Field>
      <Facts
        facts={[
          ...(form.suffix === null
            ? []
            : [{ label: say("label.endpoint"), value: `https://${text}${form.suffix}` }]),
          { label: say("label.resource"), value: resource.name },
          { label: say("label.scope"), value: `${resource.subscription} / ${resource.resource_group}` },
          { label: say("label.principal"), value: form.account },
        ]}
      />
      <p className={styles.warning}>
        <span className={styles.icon}>
          <Icon small name="warning" />
        </span>
        {say("subdomain.warning")}
      </p>
      <div className={styles.buttons}>
        <Button
          appearance="primary"
          disabledFocusable={form.writing}
          onClick={() => {
            if (isWrong) {
              focusField(card.current);
            } else {
              run(backend.setSubdomain(text));
            }
          }}
        >
          {say("button.set_subdomain")}
        </Button>
        <Button
          disabledFocusable={form.writing}
          onClick={() => {
            run(backend.closeSubdomain());
          }}
        >
          {say("button.cancel")}
        </Button>
      </div>
    </section>
  );
}

function remarkOf({ writing }: SubdomainForm, known: SubdomainState | null) {
  if (writing) {
    return remark("checking", say("subdomain.setting"));
  }
  return known === null ? {} : remark(STANDINGS[known], say(`subdomain.${known}`));
}

function focusField(card: HTMLElement | null) {
  card?.querySelector("input")?.focus();
}

const STANDINGS: Readonly<Record<SubdomainState, Standing>> = {
  checking: "checking",
  free: "good",
  unchecked: "unsure",
  malformed: "wrong",
  taken: "wrong",
};
