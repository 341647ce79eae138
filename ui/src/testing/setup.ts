import { cleanup } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// jsdom has no layout and no media queries: what the window asks for is answered here.
Element.prototype.scrollIntoView = () => undefined;
preferDark(false);

afterEach(() => {
  cleanup();
  preferDark(false);
});

/** Makes the system dark or light. */
export function preferDark(dark: boolean) {
  vi.stubGlobal("matchMedia", (query: string) => ({
    matches: dark && query === "(prefers-color-scheme: dark)",
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
}
