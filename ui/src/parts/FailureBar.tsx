import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { Action, Code, Detail, Failure, Step } from "../contract";
import { useWizard } from "../wizard";
import { say, sayFailure, unnamedDirectories } from "../words";
import { CopyButton } from "./CopyButton";
import { Facts } from "./Facts";
import { Icon } from "./Icon";
import { Remedies } from "./Remedies";

/** Situations that ask for a next step although nothing broke. */
const CALM: ReadonlySet<Code> = new Set<Code>([
  "sign_in_declined",
  "sign_in_timed_out",
  "device_code_expired",
  "sign_in_expired",
  "second_factor_needed",
  "second_factor_missing",
  "consent_needed",
  "tool_needs_sign_in",
  "tool_names_nobody",
  "tool_in_another_cloud",
  "proof_needed",
  "borrowed_proof_needed",
  "proof_not_enough",
  "another_account",
  "tool_changed_person",
  "no_subscription",
  "guest_without_subscription",
  "personal_account",
  "no_account",
  "no_chat_deployment",
  "subdomain_taken",
  "subdomain_invalid",
  "may_not_set_subdomain",
  "may_not_assign",
  "may_not_assign_this_role",
  "may_not_undo",
  "assignment_exists",
  "role_not_effective",
  "env_changed",
  "chat_not_permitted",
  "chat_throttled",
  "content_filtered",
  "keys_disabled",
]);

const useStyles = makeStyles({
  bar: {
    display: "flex",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorStatusDangerBorder1}`,
    backgroundColor: tokens.colorStatusDangerBackground1,
    overflowWrap: "anywhere",
  },
  calm: {
    border: `1px solid ${tokens.colorStatusWarningBorder1}`,
    backgroundColor: tokens.colorStatusWarningBackground1,
  },
  icon: { color: tokens.colorStatusDangerForeground1, display: "flex", paddingTop: "2px" },
  calmIcon: { color: tokens.colorStatusWarningForeground3 },
  // The details keep the corner, where they never stand alone in a row of their own.
  content: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) max-content",
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalS,
    gridTemplateAreas: `"said details" "more more"`,
    flexGrow: 1,
    minWidth: 0,
    "@media (max-width: 479px)": {
      gridTemplateColumns: "minmax(0, 1fr)",
      gridTemplateAreas: `"said" "more" "details"`,
    },
  },
  said: { gridArea: "said" },
  more: {
    gridArea: "more",
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalS,
    minWidth: 0,
  },
  details: {
    gridArea: "details",
    margin: `calc(-1 * ${tokens.spacingVerticalXXS}) calc(-1 * ${tokens.spacingHorizontalS}) 0 0`,
    "@media (max-width: 479px)": { margin: 0 },
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
  body: { margin: 0 },
});

interface Props {
  failure: Failure;
  /** Where it happened, for support. */
  place: Step | "connection" | "changes";
  /** Whether the page has no primary button of its own, so that the first remedy becomes it. */
  leads: boolean;
  /** What it befell, where the page shows several of its kind. */
  about?: string | undefined;
  /** Presses the remedy at this position; without it, the failure is the page's own. */
  press?: ((index: number) => void) | undefined;
}

/** What went wrong, and what to do about it. */
export function FailureBar({ failure, place, leads, about, press }: Props) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const calm = CALM.has(failure.code);
  const title = about === undefined ? titleOf(failure) : `${about}: ${titleOf(failure)}`;
  return (
    <section aria-label={title} className={mergeClasses(styles.bar, calm && styles.calm)}>
      <div className={mergeClasses(styles.icon, calm && styles.calmIcon)}>
        <Icon name={calm ? "warning" : "error"} />
      </div>
      <div className={styles.content}>
        <div role="alert" className={styles.said}>
          <h2 className={styles.title}>{title}</h2>
          <p className={styles.body}>{bodyOf(failure)}</p>
        </div>
        <div className={styles.more}>
          <UnnamedDirectories failure={failure} />
          <Remedies
            code={failure.code}
            remedies={failure.remedies}
            leads={leads}
            about={about}
            press={
              press ??
              ((index) => {
                run(backend.pressRemedy(index));
              })
            }
          />
        </div>
        <div className={styles.details}>
          <CopyDetails failure={failure} place={place} />
        </div>
      </div>
    </section>
  );
}

/** The button that every failure has, for support. */
export function CopyDetails({ failure, place }: { failure: Failure; place: string }) {
  return (
    <CopyButton
      text={detailsOf(failure, place)}
      name={titleOf(failure)}
      label={say("button.copy_details")}
      size="small"
    />
  );
}

/** The whole ids of the directories that the sentence could not call by name. */
export function UnnamedDirectories({ failure }: { failure: Failure }) {
  const ids = unnamedDirectories(failure.parameters);
  return (
    ids.length > 0 && (
      <Facts facts={ids.map((value) => ({ label: say("label.directory_id"), value, id: true }))} />
    )
  );
}

/** Whether a failure offers this button. */
export function offers(failure: Failure | null, action: Action): boolean {
  return (
    failure?.remedies.some((remedy) => remedy.kind === "action" && remedy.action === action) ?? false
  );
}

/** The first line of a failure. */
export function titleOf(failure: Failure): string {
  return sayFailure(failure.code, "title", failure.parameters);
}

/** What happened, and what to do next. */
export function bodyOf(failure: Failure): string {
  return sayFailure(failure.code, "body", failure.parameters);
}

/** The sentence first, then the codes and ids that support asks for. */
function detailsOf(failure: Failure, place: string): string {
  const details: Detail[] = [
    { name: "code", value: failure.code },
    { name: "step", value: place },
    ...failure.details,
  ];
  const lines = details.map(({ name, value }) => `${name}: ${value}`);
  const { code, parameters } = failure;
  const said = [say(`failure.${code}.title`, parameters), say(`failure.${code}.body`, parameters)];
  return [...said, "", ...lines, ""].join("\n");
}
