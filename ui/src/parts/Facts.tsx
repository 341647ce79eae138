import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Fragment } from "react";

import { CopyButton } from "./CopyButton";

/** One line of a list of facts. */
export interface Fact {
  label: string;
  value: string;
  /** Whether it is an id: monospaced, with a button to copy it. */
  id?: boolean;
  /** The exact id behind a value that is a name, with a button to copy it. */
  copies?: string;
}

const useStyles = makeStyles({
  facts: {
    display: "grid",
    gridTemplateColumns: "minmax(72px, max-content) minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
    "@media (max-width: 479px)": { gridTemplateColumns: "minmax(0, 1fr)", rowGap: 0 },
  },
  label: { color: tokens.colorNeutralForeground2, lineHeight: "28px" },
  value: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalXS,
    margin: 0,
    minHeight: "28px",
    overflowWrap: "anywhere",
  },
  id: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
});

/** What something is, line by line. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  const styles = useStyles();
  return (
    <dl className={styles.facts}>
      {facts.map((fact) => (
        <Fragment key={fact.label}>
          <dt className={styles.label}>{fact.label}</dt>
          <dd className={mergeClasses(styles.value, fact.id === true && styles.id)}>
            <span>{fact.value}</span>
            {(fact.id === true || fact.copies !== undefined) && (
              <CopyButton text={fact.copies ?? fact.value} name={fact.label} />
            )}
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
