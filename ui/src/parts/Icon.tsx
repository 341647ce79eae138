import { makeStyles, mergeClasses } from "@fluentui/react-components";

/** The drawings of the window: 20 x 20, in the colour of the text beside them. */
const PATHS = {
  history: "M10 6v4.2l2.8 1.7M3.2 8A7 7 0 1 1 3 10.8M2.8 4.2V8h3.8",
  check: "M4 10.5l4 4 8-9",
  copy: "M7 7h9v10H7zM4 13V3h9v1.5",
  error: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7 7l6 6M13 7l-6 6",
  warning: "M10 3L2.5 16.5h15zM10 8v4M10 14.2v.3",
  info: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 9v5M10 6.2v.3",
  success: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.5 10.3l2.5 2.4 4.5-5",
  search: "M8.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.2 12.2l4.3 4.3",
  folder: "M2.5 5.5V15a1 1 0 0 0 1 1h13a1 1 0 0 0 1-1V7a1 1 0 0 0-1-1H10L8 4H3.5a1 1 0 0 0-1 1z",
  clock: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 6v4.5l3 2",
  browser: "M3 4.5h14v11H3zM3 8h14M5.2 6.3h.3M7.4 6.3h.3",
  person: "M10 3a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 10 3zM3.5 17c.4-3.4 3-5 6.5-5s6.1 1.6 6.5 5",
  chat: "M3 4h14v10H9l-4 3.2V14H3z",
  resource: "M10 2.5l6.5 3.7v7.6L10 17.5l-6.5-3.7V6.2zM3.5 6.2L10 10l6.5-3.8M10 10v7.5",
  blocked: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM4.8 4.8l10.4 10.4",
  skipped: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM6.5 10h7",
  chevron: "M7.5 4.5L13 10l-5.5 5.5",
  network: "M7.5 3h5v4h-5zM2.5 13h5v4h-5zM12.5 13h5v4h-5zM10 7v3M5 13v-3h10v3",
  open: "M8 4H4v12h12v-4M11.5 3.5h5v5M16 4l-7 7",
  shield: "M10 2.5l6 2.2v4.6c0 4-2.5 6.7-6 8.2-3.5-1.5-6-4.2-6-8.2V4.7z",
  key: "M6.5 11a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8.8 11.8L16 4.5M13.5 7l2.5 2.5",
} as const;

/** The name of a drawing. */
export type IconName = keyof typeof PATHS;

const useStyles = makeStyles({
  icon: {
    width: "20px",
    height: "20px",
    flexShrink: 0,
    fill: "none",
    stroke: "currentColor",
    strokeWidth: "1.5px",
    strokeLinecap: "round",
    strokeLinejoin: "round",
  },
  small: { width: "16px", height: "16px" },
});

/** A drawing beside text that says the same; screen readers skip it. */
export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  const styles = useStyles();
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      viewBox="0 0 20 20"
      className={mergeClasses(styles.icon, small && styles.small)}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
