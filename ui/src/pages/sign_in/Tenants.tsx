import { Button, Field, Input, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useId, useState } from "react";

import type { TenantState, TenantStatus } from "../../contract";
import { CopyButton } from "../../parts/CopyButton";
import { CopyDetails, bodyOf, offers, titleOf } from "../../parts/FailureBar";
import { Hidden } from "../../parts/Hidden";
import { Icon, type IconName } from "../../parts/Icon";
import { Remedies } from "../../parts/Remedies";
import { useWizard } from "../../wizard";
import { say, sayCount, sayDirectory } from "../../words";

/** From how many directories on a filter is worth its place. */
const MANY = 9;

const ICONS: Readonly<Record<TenantStatus, IconName>> = {
  checking: "clock",
  ready: "success",
  needs_sign_in: "key",
  blocked: "blocked",
};

const useStyles = makeStyles({
  section: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalS },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "baseline",
    justifyContent: "space-between",
    columnGap: tokens.spacingHorizontalM,
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
  summary: { color: tokens.colorNeutralForeground2, fontVariantNumeric: "tabular-nums" },
  list: {
    listStyleType: "none",
    margin: 0,
    padding: 0,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  tenant: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    "& + &": { borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
  },
  row: {
    display: "grid",
    gridTemplateColumns: "20px minmax(0, 1fr) auto",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    minHeight: "32px",
  },
  // What has a label stands below where the window is narrow; a mere icon keeps its corner.
  wraps: { "@media (max-width: 479px)": { gridTemplateColumns: "20px minmax(0, 1fr)" } },
  icon: { display: "flex", color: tokens.colorNeutralForeground2 },
  ready: { color: tokens.colorPaletteGreenForeground1 },
  needs_sign_in: { color: tokens.colorPaletteDarkOrangeForeground1 },
  blocked: { color: tokens.colorPaletteRedForeground1 },
  said: { minWidth: 0, overflowWrap: "anywhere" },
  name: { display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: tokens.spacingHorizontalXS },
  strong: { fontWeight: tokens.fontWeightSemibold },
  home: {
    padding: `0 ${tokens.spacingHorizontalXS}`,
    borderRadius: tokens.borderRadiusSmall,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  status: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  buttons: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalS,
  },
  below: { "@media (max-width: 479px)": { gridColumn: "2", paddingTop: tokens.spacingVerticalXS } },
  chevron: { display: "flex" },
  turned: { transform: "rotate(90deg)" },
  why: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    margin: `${tokens.spacingVerticalXS} 0 ${tokens.spacingVerticalXS} 32px`,
    overflowWrap: "anywhere",
    "@media (max-width: 479px)": { marginLeft: 0 },
  },
  reason: { margin: 0 },
  hint: { margin: 0, color: tokens.colorNeutralForeground2 },
});

interface Props {
  tenants: readonly TenantState[];
  /** Whether a sign-in is under way, which leaves no room for another. */
  signingIn: boolean;
  /** The id of the one whose trouble stands on top of the page already. */
  told: string | null;
}

/** The person's directories, each with its state, in the order in which the core gives them. */
export function Tenants({ tenants, signingIn, told }: Props) {
  const styles = useStyles();
  const titleId = useId();
  const [filter, setFilter] = useState("");
  const shown = tenants.filter((tenant) => matches(tenant, filter));
  return (
    <section className={styles.section} aria-labelledby={titleId}>
      <div className={styles.head}>
        <h2 id={titleId} className={styles.title}>
          {say("tenants.title")}
        </h2>
        {tenants.length > 1 && <span className={styles.summary}>{summarize(tenants)}</span>}
      </div>
      <Announcement tenants={tenants} />
      {tenants.length >= MANY && (
        <Field label={say("tenants.filter")}>
          <Input
            type="search"
            value={filter}
            contentBefore={<Icon small name="search" />}
            onChange={(_, { value }) => {
              setFilter(value);
            }}
          />
        </Field>
      )}
      {shown.length === 0 ? (
        <p role="status" className={styles.hint}>
          {say("tenants.none_match")}
        </p>
      ) : (
        <ul className={styles.list}>
          {shown.map((tenant) => (
            <Tenant
              key={tenant.id}
              tenant={tenant}
              told={tenant.id === told}
              signingIn={signingIn}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

/** Speaks when the last directory has answered; one by one they would be a stutter. */
function Announcement({ tenants }: { tenants: readonly TenantState[] }) {
  const settled = tenants.every(({ status }) => status !== "checking");
  return <div role="status">{settled && <Hidden>{summarize(tenants)}</Hidden>}</div>;
}

function summarize(tenants: readonly TenantState[]): string {
  const ready = tenants.filter(({ status }) => status === "ready").length;
  return sayCount("tenants.summary", tenants.length, { ready, total: tenants.length });
}

function matches({ id, name }: TenantState, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return id.startsWith(wanted) || (name ?? "").toLowerCase().includes(wanted);
}

interface TenantProps {
  tenant: TenantState;
  told: boolean;
  signingIn: boolean;
}

function Tenant({ tenant, told, signingIn }: TenantProps) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const [open, setOpen] = useState(false);
  const whyId = useId();
  const { id, name, home, status, refused } = tenant;
  const failure = told ? null : tenant.failure;
  const called = sayDirectory(name, id);
  const signsIn = status === "needs_sign_in" && !told;
  const hasLabels = failure !== null || signsIn;
  return (
    <li className={styles.tenant}>
      <div className={mergeClasses(styles.row, hasLabels && styles.wraps)}>
        <span className={mergeClasses(styles.icon, status !== "checking" && styles[status])}>
          <Icon name={isUnreached(tenant) ? "network" : ICONS[status]} />
        </span>
        <div className={styles.said}>
          <div className={styles.name}>
            <span className={styles.strong}>{called}</span>
            {name === null && (
              <CopyButton text={id} name={`${say("label.directory_id")} ${id}`} />
            )}
            {home && <span className={styles.home}>{say("tenants.home")}</span>}
          </div>
          <div className={styles.status}>{sayStatus(tenant)}</div>
          {refused !== null && !isUnreached(tenant) && (
            <div className={styles.status}>{say(`tenants.refused.${refused}`)}</div>
          )}
        </div>
        <div className={mergeClasses(styles.buttons, hasLabels && styles.below)}>
          {failure !== null && (
            <Button
              size="small"
              appearance="subtle"
              icon={
                <span className={mergeClasses(styles.chevron, open && styles.turned)}>
                  <Icon small name="chevron" />
                </span>
              }
              iconPosition="after"
              aria-expanded={open}
              aria-controls={open ? whyId : undefined}
              aria-label={say("tenants.why_named", { directory: called })}
              onClick={() => {
                setOpen(!open);
              }}
            >
              {say("tenants.why")}
            </Button>
          )}
          {!home && tenant.object_id !== null && (
            <CopyButton
              text={tenant.object_id}
              name={say("tenants.object_id", { directory: called })}
            />
          )}
          {signsIn && (
            <Button
              size="small"
              disabledFocusable={signingIn}
              aria-label={say("tenants.sign_in_named", { directory: called })}
              onClick={() => {
                run(backend.signInToTenant(id));
              }}
            >
              {say("action.sign_in")}
            </Button>
          )}
        </div>
      </div>
      {failure !== null && open && (
        <div id={whyId} className={styles.why}>
          <p className={styles.reason}>
            {titleOf(failure)}. {bodyOf(failure)}
          </p>
          <Remedies
            code={failure.code}
            remedies={failure.remedies}
            leads={false}
            size="small"
            about={called}
            press={(index) => {
              run(backend.pressTenantRemedy(id, index));
            }}
          >
            <CopyDetails failure={failure} place="sign_in" />
          </Remedies>
        </div>
      )}
    </li>
  );
}

/** Whether the network kept the directory from answering: nobody refused anything then. */
function isUnreached({ failure }: TenantState): boolean {
  return offers(failure, "check_network");
}

function sayStatus(tenant: TenantState): string {
  const { status, subscriptions } = tenant;
  if (isUnreached(tenant)) {
    return say("tenants.unreached");
  }
  const said = say(`tenants.status.${status}`);
  if (status !== "ready") {
    return said;
  }
  const count =
    subscriptions === 0
      ? say("tenants.no_subscription")
      : sayCount("tenants.subscriptions", subscriptions, { count: subscriptions });
  return `${said} · ${count}`;
}
