import type { Failure, TenantState } from "../../contract";

/** A directory that the person cannot use, and why. */
export interface Closed {
  tenant: TenantState;
  failure: Failure;
}

/** Whether the next pages have, or may yet have, a directory in which the whole road is open. */
export function leadsOn(tenants: readonly TenantState[]): boolean {
  return (
    tenants.length === 0 ||
    tenants.some(
      ({ status, subscriptions }) =>
        status === "checking" || (status === "ready" && subscriptions > 0),
    )
  );
}

/** Whether the next page has something to list, be it that chatting is refused there. */
export function listsResources(tenants: readonly TenantState[]): boolean {
  return tenants.some(
    ({ status, refused, subscriptions }) =>
      (status === "ready" || refused === "chat") && subscriptions > 0,
  );
}

/** Whether the person can chat in their own directory, be it that nothing is listed there. */
export function opensChat(tenants: readonly TenantState[]): boolean {
  return tenants.some(
    ({ home, status, refused }) => home && (status === "ready" || refused === "management"),
  );
}

/** The directory whose trouble is the page's: the first that a sign-in opens, else the first. */
export function findClosed(tenants: readonly TenantState[]): Closed | null {
  const closed = tenants.flatMap((tenant) =>
    tenant.failure === null ? [] : [{ tenant, failure: tenant.failure }],
  );
  return closed.find(({ tenant }) => tenant.status === "needs_sign_in") ?? closed[0] ?? null;
}
