import { createContext, use } from "react";

import type { Backend } from "./backend";

/** What every part of the window can reach. */
export interface Wizard {
  backend: Backend;
  /** Follows a command to its end, so that a broken connection is shown. */
  run: (command: Promise<unknown>) => void;
  /** Whether the options of the sign-in are open; `null` where nobody opened or closed them. */
  options: boolean | null;
  showOptions: (open: boolean) => void;
}

export const WizardContext = createContext<Wizard | null>(null);

/** The wizard around this part. */
export function useWizard(): Wizard {
  const wizard = use(WizardContext);
  if (wizard === null) {
    throw new Error("a part of the window was rendered outside of it");
  }
  return wizard;
}
