import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { useId, type ReactNode } from "react";

import { Icon, type IconName } from "./Icon";

const useStyles = makeStyles({
  card: {
    display: "flex",
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalL}`,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  icon: {
    display: "grid",
    placeItems: "center",
    width: "36px",
    height: "36px",
    flexShrink: 0,
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorBrandForeground2,
    "@media (max-width: 479px)": { display: "none" },
  },
  success: {
    backgroundColor: tokens.colorPaletteGreenBackground2,
    color: tokens.colorPaletteGreenForeground2,
  },
  warning: {
    backgroundColor: tokens.colorPaletteYellowBackground2,
    color: tokens.colorPaletteYellowForeground2,
  },
  text: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXS,
    flexGrow: 1,
    minWidth: 0,
    overflowWrap: "anywhere",
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    lineHeight: tokens.lineHeightBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
  body: { margin: 0, color: tokens.colorNeutralForeground2 },
  more: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    marginTop: tokens.spacingVerticalS,
  },
});

interface Props {
  icon: IconName;
  tone?: "brand" | "success" | "warning";
  title: string;
  body?: string;
  children?: ReactNode;
}

/** One thing that the page says, with a picture that repeats it. */
export function Card({ icon, tone = "brand", title, body, children }: Props) {
  const styles = useStyles();
  const titleId = useId();
  return (
    <section className={styles.card} aria-labelledby={titleId}>
      <div className={mergeClasses(styles.icon, tone !== "brand" && styles[tone])}>
        <Icon name={icon} />
      </div>
      <div className={styles.text}>
        <h2 id={titleId} className={styles.title}>
          {title}
        </h2>
        {body !== undefined && <p className={styles.body}>{body}</p>}
        {children !== undefined && <div className={styles.more}>{children}</div>}
      </div>
    </section>
  );
}
