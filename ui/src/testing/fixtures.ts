import type { State } from "./states";

/** The states that the Rust tests wrote, checked in under `ui/fixtures` beside lists of names. */
export const FIXTURES: readonly State[] = Object.values(
  import.meta.glob<State | readonly string[]>("../../fixtures/*.json", {
    eager: true,
    import: "default",
  }),
)
  .filter((content): content is State => "snapshot" in content)
  .map((state) => ({ ...state, name: `core/${state.name}` }));
