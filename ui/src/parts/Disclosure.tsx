import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useId, type ReactNode } from "react";

import { Icon } from "./Icon";

const useStyles = makeStyles({
  head: {
    display: "inline-flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    maxWidth: "100%",
    minHeight: "28px",
    padding: `0 ${tokens.spacingHorizontalXS} 0 0`,
    marginLeft: `calc(-1 * ${tokens.spacingHorizontalXXS})`,
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: "transparent",
    color: tokens.colorNeutralForeground1,
    font: "inherit",
    textAlign: "left",
    overflowWrap: "anywhere",
    cursor: "pointer",
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  chevron: {
    display: "flex",
    transitionProperty: "transform",
    transitionDuration: tokens.durationFaster,
    "@media (prefers-reduced-motion: reduce)": { transitionDuration: "0s" },
  },
  turned: { transform: "rotate(90deg)" },
  value: { color: tokens.colorNeutralForeground2 },
  // Under the label, not under the mark.
  panel: { paddingLeft: "26px", paddingTop: tokens.spacingVerticalS },
});

interface Props {
  label: string;
  /** What is chosen inside, shown while it is closed. */
  value?: string;
  open: boolean;
  onToggle: (open: boolean) => void;
  children: ReactNode;
}

/** Something that few people need, behind its own name. */
export function Disclosure({ label, value = "", open, onToggle, children }: Props) {
  const styles = useStyles();
  const panelId = useId();
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? panelId : undefined}
        className={styles.head}
        onClick={() => {
          onToggle(!open);
        }}
      >
        <span className={mergeClasses(styles.chevron, open && styles.turned)}>
          <Icon small name="chevron" />
        </span>
        <span>
          {label}
          {!open && value !== "" && <span className={styles.value}>: {value}</span>}
        </span>
      </button>
      {open && (
        <div id={panelId} className={styles.panel}>
          {children}
        </div>
      )}
    </div>
  );
}
