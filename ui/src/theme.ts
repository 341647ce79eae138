import {
  createDarkTheme,
  createLightTheme,
  type BrandVariants,
  type Theme,
} from "@fluentui/react-components";

/** A deep teal, dark enough at 80 for white text and for links on light grey. */
const TEAL: BrandVariants = {
  10: "#021A1C",
  20: "#07282C",
  30: "#0A363B",
  40: "#0C444A",
  50: "#0D525A",
  60: "#0D5F68",
  70: "#0C6A74",
  80: "#0C7480",
  90: "#2B8894",
  100: "#479CA6",
  110: "#62AFB8",
  120: "#7DC2C9",
  130: "#98D4DA",
  140: "#B4E5E9",
  150: "#D0F3F6",
  160: "#EAFBFC",
};

const FONTS = {
  fontFamilyBase: '"Open Sans", "Segoe UI", system-ui, sans-serif',
  fontFamilyMonospace: '"Cascadia Mono", Consolas, ui-monospace, monospace',
};

export const lightTheme: Theme = { ...createLightTheme(TEAL), ...FONTS };

const dark = createDarkTheme(TEAL);

export const darkTheme: Theme = {
  ...dark,
  ...FONTS,
  // Fluent's own choice for brand text is too dim on its dark grey.
  colorBrandForeground1: TEAL[120],
  colorBrandForeground2: TEAL[130],
  colorCompoundBrandForeground1: TEAL[120],
  colorBrandForegroundLink: TEAL[120],
};
