import { expect, it } from "vitest";

import { ALL } from "./allStates";
import { findFaults } from "./axe";
import { preferDark } from "./setup";
import { showState } from "./showState";

/** Searches every state by axe in one scheme: one file for each, so that they run side by side. */
export function testEveryState(scheme: "light" | "dark") {
  it.each(ALL.map((state) => [state.name, state] as const))(
    "axe objects to nothing on %s",
    async (_, state) => {
      preferDark(scheme === "dark");
      await showState(state);
      expect(await findFaults(), "everyone can use this page").toEqual([]);
    },
  );
}
