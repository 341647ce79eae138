import type { State } from "./states";

/** The states that the Rust tests wrote, checked in under `ui/fixtures`. */
export const FIXTURES: readonly State[] = Object.entries(
  import.meta.glob<unknown>("../../fixtures/*.json", { eager: true, import: "default" }),
)
  .filter(([path]) => !path.endsWith("/commands.json"))
  .map(([, content]) => content as State);
