import type { Code, Failure, HostCheck } from "../../contract";
import { sayList } from "../../words";

/** Failures of the way out of this computer: whatever host lies behind it meets the same one. */
const OF_THE_WAY: ReadonlySet<Code> = new Set<Code>([
  "proxy_refused",
  "proxy_silent",
  "proxy_closed",
  "proxy_blocked",
  "proxy_needs_sign_in",
  "proxy_needs_system_sign_in",
  "proxy_unsupported",
  "pac_file",
]);

/** A failure that several hosts meet on the same way. */
export interface Shared {
  hosts: readonly string[];
  /** Names all of the hosts, and offers what the page does not offer itself. */
  failure: Failure;
}

/** What several hosts have in common, to be told once. */
export function findShared(hosts: readonly HostCheck[]): Shared[] {
  const groups = new Map<string, [Failure, string[]]>();
  for (const { host, failure } of hosts) {
    if (failure !== null && OF_THE_WAY.has(failure.code)) {
      const key = keyOf(failure);
      groups.set(key, [failure, [...(groups.get(key)?.[1] ?? []), host]]);
    }
  }
  return [...groups.values()]
    .filter(([, names]) => names.length > 1)
    .map(([failure, names]) => ({ hosts: names, failure: naming(failure, names) }));
}

function keyOf({ code, parameters }: Failure): string {
  return JSON.stringify([code, { ...parameters, host: "" }]);
}

function naming(failure: Failure, hosts: readonly string[]): Failure {
  return {
    ...failure,
    parameters: { ...failure.parameters, host: sayList(hosts) },
    // The page itself checks again: a button of its own would repeat it.
    remedies: failure.remedies.filter((remedy) => remedy.kind !== "action"),
  };
}
