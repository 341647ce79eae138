import { FIXTURES } from "./fixtures";
import { CHANGES_STATES, CONNECTIVITY_STATES, FAILURE_STATES, PROOF_STATES, STATES, type State } from "./states";

const SHOWN = new Set(FIXTURES.map(({ snapshot }) => snapshot.failure?.code));

/** Every state; what the core wrote goes before what is made up for the same failure. */
export const ALL: readonly State[] = [
  ...STATES,
  ...PROOF_STATES,
  ...CONNECTIVITY_STATES,
  ...CHANGES_STATES,
  ...FAILURE_STATES.filter(({ snapshot }) => !SHOWN.has(snapshot.failure?.code)),
  ...FIXTURES,
];
