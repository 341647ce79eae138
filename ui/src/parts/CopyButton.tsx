import { Button, makeStyles, tokens, type ButtonProps } from "@fluentui/react-components";
import { useEffect, useRef, useState } from "react";

import { say } from "../words";
import { Icon } from "./Icon";
import { Hidden } from "./Hidden";

const useStyles = makeStyles({
  place: { display: "inline-flex", flexWrap: "wrap", alignItems: "center", rowGap: tokens.spacingVerticalXS },
  icon: { minWidth: "28px", width: "28px", height: "28px", padding: 0 },
  failed: { marginLeft: tokens.spacingHorizontalS, color: tokens.colorPaletteRedForeground1, fontSize: tokens.fontSizeBase200 },
});

/** How long the tick stays. */
const SHOWN_MS = 2_000;

interface Copied {
  text: string;
  done: boolean;
}

interface Props {
  /** What is copied. */
  text: string;
  /** What it is, for those who cannot see where the button stands. */
  name: string;
  /** The visible label; without one the button is an icon. */
  label?: string;
  appearance?: ButtonProps["appearance"];
  size?: ButtonProps["size"];
  /** Whether the focus goes to the button when the text appears. */
  takesFocus?: boolean;
}

/** Copies a text, and says that it did. */
export function CopyButton({
  text,
  name,
  label,
  appearance = "subtle",
  size = label === undefined ? "small" : "medium",
  takesFocus = false,
}: Props) {
  const styles = useStyles();
  const [copied, setCopied] = useState<Copied | null>(null);
  const place = useRef<HTMLSpanElement>(null);
  const outcome = copied?.text === text ? copied : null;

  useEffect(() => {
    if (takesFocus) {
      place.current?.querySelector("button")?.focus();
    }
  }, [takesFocus, text]);

  useEffect(() => {
    if (copied?.done !== true) {
      return;
    }
    const timer = setTimeout(() => {
      setCopied(null);
    }, SHOWN_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);

  async function copy() {
    setCopied({ text, done: await copyText(text) });
  }

  return (
    <span ref={place} className={styles.place}>
      <Button
        appearance={appearance}
        size={size}
        data-primary={appearance === "primary" ? true : undefined}
        className={label === undefined ? styles.icon : undefined}
        icon={<Icon small name={outcome?.done === true ? "check" : "copy"} />}
        aria-label={label === undefined ? say("button.copy_named", { name }) : undefined}
        title={label === undefined ? say("button.copy") : undefined}
        onClick={() => void copy()}
      >
        {label !== undefined && (outcome?.done === true ? say("button.copied") : label)}
      </Button>
      <span role="status" className={outcome?.done === false ? styles.failed : undefined}>
        {outcome?.done === true && <Hidden>{say("button.copied")}</Hidden>}
        {outcome?.done === false && say("copy.failed")}
      </span>
    </span>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The web view may withhold the clipboard: the person is told, and the text can be selected.
    return false;
  }
}
