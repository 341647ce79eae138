import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

import type { StepState } from "../contract";
import { useWizard } from "../wizard";
import { say } from "../words";
import { Hidden } from "./Hidden";
import { Icon } from "./Icon";
import { NARROW } from "./layout";

const useStyles = makeStyles({
  list: {
    position: "relative",
    listStyleType: "none",
    margin: 0,
    padding: 0,
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
    [NARROW]: { flexDirection: "row", flexWrap: "wrap" },
  },
  step: {
    boxSizing: "border-box",
    display: "flex",
    alignItems: "flex-start",
    gap: tokens.spacingHorizontalM,
    width: "100%",
    minHeight: "44px",
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: "transparent",
    color: tokens.colorNeutralForeground2,
    font: "inherit",
    textAlign: "left",
    [NARROW]: { padding: tokens.spacingHorizontalXS, minHeight: "36px" },
  },
  button: {
    cursor: "pointer",
    ":hover": { backgroundColor: tokens.colorSubtleBackgroundHover },
    ":focus-visible": {
      outline: `2px solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-2px",
    },
  },
  current: {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    boxShadow: tokens.shadow2,
    "@media (forced-colors: active)": { outline: "2px solid Highlight", outlineOffset: "-2px" },
  },
  marker: {
    boxSizing: "border-box",
    display: "grid",
    placeItems: "center",
    width: "24px",
    height: "24px",
    flexShrink: 0,
    borderRadius: tokens.borderRadiusCircular,
    border: `1px solid ${tokens.colorNeutralStrokeAccessible}`,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
  },
  markerCurrent: {
    border: `2px solid ${tokens.colorBrandStroke1}`,
    color: tokens.colorBrandForeground1,
  },
  markerDone: {
    border: "none",
    backgroundColor: tokens.colorBrandBackground,
    color: tokens.colorNeutralForegroundOnBrand,
    "@media (forced-colors: active)": { border: "1px solid ButtonText" },
  },
  text: { minWidth: 0, paddingTop: "2px" },
  textAside: { [NARROW]: { display: "none" } },
  title: { display: "block", lineHeight: tokens.lineHeightBase300 },
  titleCurrent: { fontWeight: tokens.fontWeightSemibold },
  summary: {
    display: "block",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    [NARROW]: { display: "none" },
  },
});

/** The five steps: where the person is, what is done, and the way back to it. */
export function Stepper({ steps }: { steps: readonly StepState[] }) {
  const styles = useStyles();
  return (
    <nav aria-label={say("window.steps")}>
      <ol className={styles.list}>
        {steps.map((state, index) => (
          <li key={state.step}>
            <Entry state={state} number={index + 1} />
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Entry({ state, number }: { state: StepState; number: number }) {
  const styles = useStyles();
  const { backend, run } = useWizard();
  const { step, current, reachable } = state;
  const content = <Content state={state} number={number} />;
  if (current || !reachable) {
    return (
      <div
        className={mergeClasses(styles.step, current && styles.current)}
        aria-current={current ? "step" : undefined}
      >
        {content}
      </div>
    );
  }
  return (
    <button
      type="button"
      className={mergeClasses(styles.step, styles.button)}
      onClick={() => {
        run(backend.goToStep(step));
      }}
    >
      {content}
    </button>
  );
}

function Content({ state, number }: { state: StepState; number: number }) {
  const styles = useStyles();
  const { step, done, current, summary } = state;
  return (
    <>
      <span
        aria-hidden="true"
        className={mergeClasses(
          styles.marker,
          current && styles.markerCurrent,
          done && styles.markerDone,
        )}
      >
        {done ? <Icon small name="check" /> : number}
      </span>
      <Hidden>{say(done ? "step.done" : current ? "step.current" : "step.open")}: </Hidden>
      <span className={mergeClasses(styles.text, !current && styles.textAside)}>
        <span className={mergeClasses(styles.title, current && styles.titleCurrent)}>
          {say(`step.${step}.title`)}
        </span>
        {summary !== null && (
          <span className={styles.summary} title={summary}>
            {summary}
          </span>
        )}
      </span>
    </>
  );
}
