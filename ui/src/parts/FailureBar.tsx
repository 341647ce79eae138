import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { Code, Detail, Failure, Remedy, Step } from "../contract";
import { useWizard } from "../wizard";
import { say } from "../words";
import { CopyButton } from "./CopyButton";
import { Icon } from "./Icon";

/** Situations that ask for a next step although nothing broke. */
const CALM: ReadonlySet<Code> = new Set<Code>([
  "sign_in_declined",
  "sign_in_timed_out",
  "device_code_expired",
  "sign_in_expired",
  "second_factor_needed",
  "second_factor_missing",
  "consent_needed",
  "azure_cli_needs_sign_in",
  "proof_needed",
  "proof_needed_elsewhere",
  "no_subscription",
  "no_account",
  "no_chat_deployment",
  "may_not_assign",
  "may_not_assign_this_role",
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
  content: { flexGrow: 1, minWidth: 0 },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
  body: { margin: 0 },
  text: {
    margin: `${tokens.spacingVerticalS} 0 0`,
    padding: tokens.spacingHorizontalM,
    maxHeight: "220px",
    overflowY: "auto",
    whiteSpace: "pre-wrap",
    fontFamily: "inherit",
    fontSize: tokens.fontSizeBase200,
    borderRadius: tokens.borderRadiusMedium,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
  },
  command: { fontFamily: tokens.fontFamilyMonospace },
  remedies: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalS,
    marginTop: tokens.spacingVerticalS,
  },
});

interface Props {
  failure: Failure;
  step: Step;
  /** Whether the page has no primary button of its own, so that the first remedy becomes it. */
  leads: boolean;
}

/** What went wrong, and what to do about it. */
export function FailureBar({ failure, step, leads }: Props) {
  const styles = useStyles();
  const calm = CALM.has(failure.code);
  return (
    <section aria-label={titleOf(failure)} className={mergeClasses(styles.bar, calm && styles.calm)}>
      <div className={mergeClasses(styles.icon, calm && styles.calmIcon)}>
        <Icon name={calm ? "warning" : "error"} />
      </div>
      <div className={styles.content}>
        <div role="alert">
          <h2 className={styles.title}>{titleOf(failure)}</h2>
          <p className={styles.body}>{bodyOf(failure)}</p>
        </div>
        {failure.remedies.map((remedy, index) =>
          remedy.kind === "text" || remedy.kind === "command" ? (
            <pre
              key={index}
              className={mergeClasses(styles.text, remedy.kind === "command" && styles.command)}
              role="region"
              aria-label={say(
                remedy.kind === "text" ? "label.message_to_send" : "label.command_to_run",
              )}
              tabIndex={0}
            >
              {copiedBy(remedy)}
            </pre>
          ) : null,
        )}
        <div className={styles.remedies}>
          {failure.remedies.map((remedy, index) => (
            <RemedyButton key={index} remedy={remedy} index={index} primary={leads && index === 0} />
          ))}
          <CopyButton
            text={detailsOf(failure, step)}
            name={titleOf(failure)}
            label={say("button.copy_details")}
          />
        </div>
      </div>
    </section>
  );
}

interface RemedyProps {
  remedy: Remedy;
  index: number;
  primary: boolean;
}

function RemedyButton({ remedy, index, primary }: RemedyProps) {
  const { backend, run } = useWizard();
  const appearance = primary ? "primary" : "secondary";
  if (remedy.kind === "text" || remedy.kind === "command") {
    const label =
      remedy.kind === "text" ? say(`text.${remedy.text}`) : say(`command.${remedy.command}`);
    return (
      <CopyButton text={copiedBy(remedy)} name={label} label={label} appearance={appearance} />
    );
  }
  return (
    <Button
      appearance={appearance}
      onClick={() => {
        run(backend.pressRemedy(index));
      }}
    >
      {remedy.kind === "action" ? say(`action.${remedy.action}`) : say(`link.${remedy.link}`)}
    </Button>
  );
}

function copiedBy(remedy: Extract<Remedy, { kind: "text" | "command" }>): string {
  return remedy.kind === "text" ? remedy.content : remedy.line;
}

function titleOf(failure: Failure): string {
  return say(`failure.${failure.code}.title`, failure.parameters);
}

function bodyOf(failure: Failure): string {
  return say(`failure.${failure.code}.body`, failure.parameters);
}

/** The sentence first, then the codes and ids that support asks for. */
function detailsOf(failure: Failure, step: Step): string {
  const details: Detail[] = [
    { name: "code", value: failure.code },
    { name: "step", value: step },
    ...failure.details,
  ];
  const lines = details.map(({ name, value }) => `${name}: ${value}`);
  return [titleOf(failure), bodyOf(failure), "", ...lines, ""].join("\n");
}
