import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { Failure, Remedy } from "../contract";
import { useWizard } from "../wizard";
import { say } from "../words";
import { CopyButton } from "./CopyButton";

const useStyles = makeStyles({
  text: {
    margin: 0,
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
  buttons: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

interface Props {
  remedies: Failure["remedies"];
  /** Whether the first of them is what the page asks for. */
  leads: boolean;
  size?: "small" | "medium";
  /** Presses the remedy at this position: an action or a link. */
  press: (index: number) => void;
}

/** What can be done about a failure: texts to copy, and a button each. */
export function Remedies({ remedies, leads, size = "medium", press }: Props) {
  const styles = useStyles();
  const { showOptions } = useWizard();
  return (
    <>
      {remedies.map((remedy, index) =>
        remedy.kind === "text" || remedy.kind === "command" ? (
          <pre
            key={index}
            className={mergeClasses(styles.text, remedy.kind === "command" && styles.command)}
            role="region"
            aria-label={nameOf(remedy)}
            tabIndex={0}
          >
            {copiedBy(remedy)}
          </pre>
        ) : null,
      )}
      <div className={styles.buttons}>
        {remedies.map((remedy, index) => (
          <RemedyButton
            key={index}
            remedy={remedy}
            appearance={leads && index === 0 ? "primary" : "secondary"}
            size={size}
            press={() => {
              if (remedy.kind === "action" && remedy.action === "choose_tenant") {
                showOptions(true);
              }
              press(index);
            }}
          />
        ))}
      </div>
    </>
  );
}

interface RemedyProps {
  remedy: Remedy;
  appearance: "primary" | "secondary";
  size: "small" | "medium";
  press: () => void;
}

function RemedyButton({ remedy, appearance, size, press }: RemedyProps) {
  if (remedy.kind === "text" || remedy.kind === "command") {
    const label =
      remedy.kind === "text" ? say(`text.${remedy.text}`) : say(`command.${remedy.command}`);
    return (
      <CopyButton
        text={copiedBy(remedy)}
        name={label}
        label={label}
        appearance={appearance}
        size={size}
      />
    );
  }
  return (
    <Button appearance={appearance} size={size} onClick={press}>
      {remedy.kind === "action" ? say(`action.${remedy.action}`) : say(`link.${remedy.link}`)}
    </Button>
  );
}

/** What the text or the command is, for whoever does not see it. */
function nameOf(remedy: Extract<Remedy, { kind: "text" | "command" }>): string {
  return remedy.kind === "text"
    ? say(`label.text.${remedy.text}`)
    : say(`label.command.${remedy.command}`);
}

function copiedBy(remedy: Extract<Remedy, { kind: "text" | "command" }>): string {
  return remedy.kind === "text" ? remedy.content : remedy.line;
}
