import { makeStyles, tokens } from "@fluentui/react-components";

import type { Advice, ChooseResourcePage, Code, Obstacle, Resource } from "../../contract";
import { Icon } from "../../parts/Icon";
import { Remedies } from "../../parts/Remedies";
import { useWizard } from "../../wizard";
import { say } from "../../words";
import { SubdomainCard } from "./SubdomainCard";

/** The failure that each obstacle would end in: its buttons are called by it. */
const CODES: Readonly<Record<Obstacle, Code>> = {
  no_custom_subdomain: "no_custom_subdomain",
  private_network: "private_network",
  network_rules: "network_rules",
  not_ready: "endpoint_not_found",
  directory_not_ready: "chat_tenant_mismatch",
};

const useStyles = makeStyles({
  obstacle: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorStatusWarningBorder1}`,
    backgroundColor: tokens.colorStatusWarningBackground1,
    overflowWrap: "anywhere",
  },
  title: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  icon: { display: "flex", color: tokens.colorStatusWarningForeground3 },
  help: { margin: 0 },
});

interface Props {
  page: ChooseResourcePage;
  resource: Resource;
}

/** What keeps the chosen resource from being used without keys, and what helps. */
export function Obstacles({ page, resource }: Props) {
  return page.advice.map((advice) =>
    advice.obstacle === "no_custom_subdomain" && page.subdomain !== null ? (
      <SubdomainCard key={advice.obstacle} form={page.subdomain} resource={resource} />
    ) : (
      <ObstacleCard key={advice.obstacle} advice={advice} />
    ),
  );
}

function ObstacleCard({ advice: { obstacle, remedies } }: { advice: Advice }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const title = say(`obstacle.${obstacle}`);
  return (
    <section aria-label={title} className={styles.obstacle}>
      <h2 className={styles.title}>
        <span className={styles.icon}>
          <Icon small name="warning" />
        </span>
        {title}
      </h2>
      <p className={styles.help}>{say(`obstacle_help.${obstacle}`)}</p>
      <Remedies
        code={CODES[obstacle]}
        remedies={remedies}
        leads={false}
        size="small"
        about={title}
        press={(index) => {
          run(backend.pressAdvice(obstacle, index));
        }}
      />
    </section>
  );
}
