import { Button, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { ReactNode } from "react";

import type { Code, Failure, Remedy } from "../contract";
import { useWizard } from "../wizard";
import { say, sayAction } from "../words";
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
  /** What they are remedies for. */
  code: Code;
  remedies: Failure["remedies"];
  /** Whether the first of them is what the page asks for. */
  leads: boolean;
  size?: "small" | "medium";
  /** What they belong to, where a page shows those of several. */
  about?: string | undefined;
  /** Presses the remedy at this position: an action or a link. */
  press: (index: number) => void;
  /** Further buttons, in the same row. */
  children?: ReactNode;
}

/** What can be done about a failure: texts to copy, and a button each. */
export function Remedies({ code, remedies, leads, size = "medium", about, press, children }: Props) {
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
            aria-label={about === undefined ? nameOf(remedy) : `${nameOf(remedy)}: ${about}`}
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
            code={code}
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
        {children}
      </div>
    </>
  );
}

interface RemedyProps {
  code: Code;
  remedy: Remedy;
  appearance: "primary" | "secondary";
  size: "small" | "medium";
  press: () => void;
}

function RemedyButton({ code, remedy, appearance, size, press }: RemedyProps) {
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
    <Button
      appearance={appearance}
      size={size}
      data-primary={appearance === "primary" ? true : undefined}
      data-opens-aside={
        remedy.kind === "action" && remedy.action === "check_network" ? "connectivity" : undefined
      }
      onClick={press}
    >
      {remedy.kind === "action" ? sayAction(remedy.action, code) : say(`link.${remedy.link}`)}
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
