import { Radio, RadioGroup, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type {
  Capacity,
  ChooseResourcePage,
  Deployment,
  DeploymentState,
  Retirement,
} from "../../contract";
import { Icon } from "../../parts/Icon";
import { useWizard } from "../../wizard";
import { say, sayDate, sayNumber, type Key } from "../../words";

const useStyles = makeStyles({
  hint: { margin: 0, color: tokens.colorNeutralForeground2 },
  deployment: { overflowWrap: "anywhere" },
  name: { fontWeight: tokens.fontWeightSemibold },
  line: {
    display: "block",
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  warning: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorPaletteDarkOrangeForeground1,
  },
  disabled: { color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular },
});

interface Props {
  page: ChooseResourcePage;
  labelledBy: string;
  describedBy: string;
}

/** The deployments of the chosen resource: those that chat can be chosen. */
export function Deployments({ page, labelledBy, describedBy }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  if (page.deployments.length === 0) {
    return <p className={styles.hint}>{say("resource.deployments.none")}</p>;
  }
  return (
    <RadioGroup
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      value={page.deployment ?? ""}
      onChange={(_, { value }) => {
        run(backend.selectDeployment(value));
      }}
    >
      {page.deployments.map((deployment) => (
        <Radio
          key={deployment.name}
          value={deployment.name}
          disabled={!deployment.can_chat}
          label={<DeploymentLabel deployment={deployment} />}
        />
      ))}
    </RadioGroup>
  );
}

function DeploymentLabel({ deployment }: { deployment: Deployment }) {
  const styles = useStyles();
  const { name, model, version, capacity, state, retirement } = deployment;
  const unfit = sayUnfit(deployment);
  return (
    <span className={styles.deployment}>
      <span className={mergeClasses(styles.name, !deployment.can_chat && styles.disabled)}>{name}</span>
      <Line text={say("resource.deployment.model", { model, version })} />
      {unfit !== null && <Line text={unfit} />}
      {capacity !== null && <Line text={sayCapacity(capacity)} />}
      {state !== "ready" && <Line warns text={say(STATES[state])} />}
      <Line
        warns={retirement.kind === "soon" || retirement.kind === "past"}
        text={sayRetirement(retirement)}
      />
    </span>
  );
}

function Line({ text, warns = false }: { text: string; warns?: boolean }) {
  const styles = useStyles();
  return (
    <span className={mergeClasses(styles.line, warns && styles.warning)}>
      {warns && <Icon small name="warning" />}
      {text}
    </span>
  );
}

const STATES: Readonly<Record<Exclude<DeploymentState, "ready">, Key>> = {
  changing: "resource.deployment.changing",
  deleting: "resource.deployment.deleting",
  failed: "resource.deployment.failed",
  disabled: "resource.deployment.disabled",
};

/** Why a deployment cannot be chosen. */
function sayUnfit({ can_chat, maker, purpose }: Deployment): string | null {
  if (can_chat) {
    return null;
  }
  if (purpose === "embeddings") {
    return say("resource.deployment.embeddings");
  }
  return purpose === "chat" && maker !== null
    ? say("resource.deployment.other_maker", { maker })
    : say("resource.deployment.cannot_chat");
}

/** How Azure's portal spells the kinds of deployments. */
const SKUS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ["Standard", "sku.standard"],
  ["GlobalStandard", "sku.global_standard"],
  ["DataZoneStandard", "sku.data_zone_standard"],
  ["ProvisionedManaged", "sku.provisioned"],
  ["GlobalProvisionedManaged", "sku.global_provisioned"],
  ["DataZoneProvisionedManaged", "sku.data_zone_provisioned"],
  ["DeveloperTier", "sku.developer"],
]);

function sayCapacity({ sku, units, tokens_per_minute, requests_per_minute }: Capacity): string {
  const key = SKUS.get(sku);
  const kind = key === undefined ? sku : say(key);
  if (tokens_per_minute === null) {
    return say("resource.deployment.units", { kind, units: sayNumber(units) });
  }
  const many = { kind, count: sayNumber(tokens_per_minute) };
  return requests_per_minute === null
    ? say("resource.deployment.tokens", many)
    : say("resource.deployment.limits", { ...many, requests: sayNumber(requests_per_minute) });
}

function sayRetirement(retirement: Retirement): string {
  return retirement.kind === "unknown"
    ? say("resource.deployment.retirement.unknown")
    : say(`resource.deployment.retirement.${retirement.kind}`, { date: sayDate(retirement.date) });
}
