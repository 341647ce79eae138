import { Button, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import type { EndpointForm, Snapshot } from "../../contract";
import { Frame } from "../../parts/Frame";
import { remark } from "../../parts/remark";
import { useWizard } from "../../wizard";
import { say } from "../../words";

const useStyles = makeStyles({
  form: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    maxWidth: "36rem",
    overflowWrap: "anywhere",
  },
  about: { margin: 0, color: tokens.colorNeutralForeground2 },
});

interface Props {
  snapshot: Snapshot;
  form: EndpointForm;
}

/** A resource that is not in the list: its endpoint and a deployment, written down. */
export function Endpoint({ snapshot, form }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const [endpoint, setEndpoint] = useState(form.endpoint);
  const [deployment, setDeployment] = useState(form.deployment);
  const [seen, setSeen] = useState(form);
  const fields = useRef<HTMLFormElement>(null);
  // What was pressed comes back as it was understood; a snapshot about something else does not.
  if (!isSame(seen, form)) {
    setSeen(form);
    setEndpoint(form.endpoint);
    setDeployment(form.deployment);
  }

  const { endpoint_trouble, deployment_trouble, deployment_offered } = form;
  const leadsToDeployment =
    endpoint_trouble === null && (deployment_trouble !== null || deployment_offered);
  // The form takes the focus of the button that opened it; then whatever needs a look has it.
  useEffect(() => {
    focusField(fields.current, leadsToDeployment);
  }, [leadsToDeployment, endpoint_trouble]);

  function press() {
    const isWrong = endpoint_trouble !== null || deployment_trouble !== null;
    if (isWrong && endpoint === form.endpoint && deployment === form.deployment) {
      focusField(fields.current, leadsToDeployment);
    } else {
      run(backend.useEndpoint(endpoint, deployment));
    }
  }

  return (
    <Frame
      snapshot={snapshot}
      heading={say("step.choose_resource.heading")}
      primary={{ label: say("button.use_endpoint"), press }}
      leadsPast
      secondary={
        <Button
          onClick={() => {
            run(backend.closeEndpoint());
          }}
        >
          {say("button.close_endpoint")}
        </Button>
      }
    >
      <form
        ref={fields}
        data-begins
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          press();
        }}
      >
        <p className={styles.about}>{say("endpoint.about")}</p>
        <Field
          label={say("label.endpoint")}
          hint={say("endpoint.hint", { example: form.example })}
          {...(endpoint_trouble !== null && endpoint === form.endpoint
            ? remark("wrong", say(`endpoint.${endpoint_trouble}`))
            : {})}
        >
          <Input
            value={endpoint}
            inputMode="url"
            spellCheck={false}
            autoComplete="off"
            onChange={(_, { value }) => {
              setEndpoint(value);
            }}
          />
        </Field>
        <Field
          label={say("label.deployment")}
          hint={say("endpoint.deployment_hint")}
          {...(deployment === form.deployment ? remarkOf(form) : {})}
        >
          <Input
            value={deployment}
            spellCheck={false}
            autoComplete="off"
            onChange={(_, { value }) => {
              setDeployment(value);
            }}
          />
        </Field>
        {/* Enter in a field presses the button of the page. */}
        <button type="submit" hidden />
      </form>
    </Frame>
  );
}

function focusField(fields: HTMLFormElement | null, deployment: boolean) {
  fields?.querySelectorAll("input").item(deployment ? 1 : 0).focus();
}

function remarkOf({ deployment_trouble, deployment_offered }: EndpointForm) {
  if (deployment_trouble !== null) {
    return remark("wrong", say(`deployment.${deployment_trouble}`));
  }
  return deployment_offered ? remark("offered", say("deployment.offered")) : {};
}

function isSame(one: EndpointForm, other: EndpointForm): boolean {
  return (
    one.endpoint === other.endpoint &&
    one.deployment === other.deployment &&
    one.endpoint_trouble === other.endpoint_trouble &&
    one.deployment_trouble === other.deployment_trouble &&
    one.deployment_offered === other.deployment_offered
  );
}
