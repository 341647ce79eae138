import { makeStyles, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  mark: { width: "28px", height: "28px", flexShrink: 0 },
  plate: { fill: tokens.colorBrandBackground },
  drawing: {
    fill: "none",
    stroke: tokens.colorNeutralForegroundOnBrand,
    strokeWidth: "2px",
    strokeLinecap: "round",
    strokeLinejoin: "round",
  },
});

/** The mark of the product: a speech bubble whose text is a check, where others have a lock. */
export function Mark() {
  const styles = useStyles();
  return (
    <svg aria-hidden="true" focusable="false" viewBox="0 0 28 28" className={styles.mark}>
      <rect width="28" height="28" rx="7" className={styles.plate} />
      <path
        className={styles.drawing}
        d="M7 7h14a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 21 19h-6.5L10 22.5V19H7a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 7 7zM10.5 13l2.5 2.5 4.5-5"
      />
    </svg>
  );
}
