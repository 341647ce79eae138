import type { Theme } from "@fluentui/react-components";
import { describe, expect, it } from "vitest";

import { darkTheme, lightTheme } from "./theme";

/** Text on what lies behind it, wherever our own colors take part. */
const TEXTS = [
  ["colorNeutralForegroundOnBrand", "colorBrandBackground"],
  ["colorNeutralForegroundOnBrand", "colorBrandBackgroundHover"],
  ["colorBrandForeground1", "colorNeutralBackground1"],
  ["colorBrandForeground2", "colorBrandBackground2"],
  ["colorNeutralForeground1", "colorBrandBackground2"],
  ["colorNeutralForeground2", "colorBrandBackground2"],
  ["colorNeutralForeground2", "colorBrandBackground2Hover"],
  ["colorNeutralForeground2", "colorNeutralBackground3"],
  ["colorNeutralForeground3", "colorNeutralBackground3"],
  ["colorPaletteMarigoldForeground2", "colorPaletteMarigoldBackground2"],
  ["colorPaletteDarkOrangeForeground1", "colorNeutralBackground1"],
  ["colorPaletteRedForeground1", "colorNeutralBackground1"],
  ["colorNeutralForeground1", "colorStatusDangerBackground1"],
  ["colorNeutralForeground1", "colorStatusWarningBackground1"],
  ["colorNeutralForeground1", "colorPaletteGreenBackground1"],
  ["colorNeutralForeground1", "colorPaletteRedBackground1"],
] as const satisfies readonly (readonly [keyof Theme, keyof Theme])[];

/** Lines and signs that carry a meaning. */
const SIGNS = [
  ["colorNeutralStrokeAccessible", "colorNeutralBackground3"],
  ["colorBrandStroke1", "colorNeutralBackground1"],
  ["colorStrokeFocus2", "colorNeutralBackground3"],
  ["colorPaletteGreenForeground1", "colorNeutralBackground1"],
] as const satisfies readonly (readonly [keyof Theme, keyof Theme])[];

describe.each([
  ["light", lightTheme],
  ["dark", darkTheme],
])("the %s colors", (_, theme) => {
  it.each(TEXTS)("let %s be read on %s", (text, behind) => {
    expect(contrastOf(theme[text], theme[behind])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SIGNS)("let %s be seen on %s", (sign, behind) => {
    expect(contrastOf(theme[sign], theme[behind])).toBeGreaterThanOrEqual(3);
  });
});

it("tells apart what it should", () => {
  expect(contrastOf("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrastOf("#777777", "#ffffff")).toBeLessThan(4.5);
});

/** WCAG 2.2, contrast ratio. */
function contrastOf(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2, relative luminance of `#rgb` or `#rrggbb`. */
function luminanceOf(color: string): number {
  const digits = color.replace("#", "");
  const pairs = digits.length === 3 ? Array.from(digits, (digit) => digit + digit) : digits.match(/../g);
  const [red = 0, green = 0, blue = 0] = (pairs ?? []).map((pair) => {
    const part = parseInt(pair, 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
