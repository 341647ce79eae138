import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { ChangeKind, ChangeLine } from "../contract";
import { say } from "../words";
import { Hidden } from "./Hidden";

const SIGNS: Readonly<Record<ChangeKind, string>> = { added: "+", removed: "−", kept: " " };

const useStyles = makeStyles({
  region: {
    // Text for screen readers stays inside of what scrolls.
    position: "relative",
    flex: "1 1 auto",
    minHeight: "96px",
    maxHeight: "320px",
    overflow: "auto",
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: "22px",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  lines: { listStyleType: "none", margin: 0, padding: `${tokens.spacingVerticalXS} 0` },
  line: {
    display: "flex",
    gap: tokens.spacingHorizontalM,
    padding: `0 ${tokens.spacingHorizontalM}`,
    borderLeft: "3px solid transparent",
    "@media (forced-colors: active)": { borderLeftColor: "Canvas" },
  },
  added: {
    backgroundColor: tokens.colorPaletteGreenBackground1,
    borderLeftColor: tokens.colorPaletteGreenBorder2,
  },
  removed: {
    backgroundColor: tokens.colorPaletteRedBackground1,
    borderLeftColor: tokens.colorPaletteRedBorder2,
  },
  kept: { color: tokens.colorNeutralForeground2 },
  sign: { width: "1ch", flexShrink: 0, userSelect: "none", whiteSpace: "pre" },
  text: { whiteSpace: "pre-wrap", overflowWrap: "anywhere" },
});

interface Props {
  lines: readonly ChangeLine[];
  label: string;
  /** Whether it is said what happens to each line, or only what is there. */
  marked: boolean;
}

/** The lines of `.env`; what happens to each is said by a sign and by a word, not only by color. */
export function EnvLines({ lines, label, marked }: Props) {
  const styles = useStyles();
  return (
    <div role="region" aria-label={label} tabIndex={0} className={styles.region}>
      <ol className={styles.lines}>
        {lines.map((line, index) => (
          <li key={index} className={mergeClasses(styles.line, marked && styles[line.kind])}>
            {marked && (
              <>
                <span aria-hidden="true" className={styles.sign}>
                  {SIGNS[line.kind]}
                </span>
                <Hidden>{say(`project.line.${line.kind}`)}: </Hidden>
              </>
            )}
            <code className={styles.text}>{line.text}</code>
          </li>
        ))}
      </ol>
    </div>
  );
}
