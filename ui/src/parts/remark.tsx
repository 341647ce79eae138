import type { Field } from "@fluentui/react-components";
import type { ComponentProps } from "react";

import { Icon } from "./Icon";

/** How what is written in a field stands. */
export type Standing = "checking" | "good" | "unsure" | "wrong" | "offered";

const LOOKS: Readonly<
  Record<
    Standing,
    Pick<ComponentProps<typeof Field>, "validationState" | "validationMessageIcon">
  >
> = {
  checking: { validationState: "none", validationMessageIcon: <Icon small name="clock" /> },
  good: { validationState: "success" },
  unsure: { validationState: "warning" },
  wrong: { validationState: "error" },
  offered: { validationState: "none" },
};

/** What a field says of what is written in it: polite, and only what is wrong is an alert. */
export function remark(standing: Standing, text: string) {
  return {
    ...LOOKS[standing],
    validationMessage: {
      children: text,
      role: standing === "wrong" ? ("alert" as const) : ("status" as const),
    },
  };
}
