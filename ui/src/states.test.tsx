import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import type { Failure, GetAccessPage, Page, Snapshot, TenantState } from "./contract";
import { offers } from "./parts/FailureBar";
import { ALL } from "./testing/allStates";
import { FIXTURES } from "./testing/fixtures";
import { showState } from "./testing/showState";
import { say, type Key } from "./words";

/** The primary button of each phase; a page whose failure leads on has none. */
const PRIMARY: Readonly<Record<string, Key | null>> = {
  "sign_in/signed_out": "button.sign_in_with_browser",
  "sign_in/resuming": "button.sign_in_with_browser",
  "sign_in/opening": "button.sign_in_with_browser",
  "sign_in/finishing": "button.sign_in_with_browser",
  "sign_in/signed_in": "button.continue",
  "choose_resource/": "button.use_resource",
  "get_access/checking": "button.continue",
  "get_access/known": "button.assign_role",
  "get_access/assigning": "button.assign_role",
  "get_access/undoing": "button.continue",
  "get_access/paused": "button.wait_again",
  "get_access/works": "button.continue",
  "connect_project/no_folder": "button.choose_folder",
  "connect_project/reading": "button.write_env",
  "connect_project/ready": "button.write_env",
  "connect_project/writing": "button.write_env",
  "connect_project/written": "button.continue",
  "test_connection/ready": "button.send_test_message",
  "test_connection/asking": "button.send_test_message",
  "test_connection/answering": "button.send_test_message",
  "test_connection/answered": null,
};

it("has states that the core wrote", () => {
  expect(FIXTURES.length).toBeGreaterThan(0);
});

describe.each(ALL.map((state) => [state.name, state] as const))("%s", (_, state) => {
  it("has one heading, which is the instruction", async () => {
    await showState(state);
    const headings = screen.getAllByRole("heading", { level: 1 });
    expect(headings.map((heading) => heading.textContent)).toEqual([headingOf(state.snapshot)]);
  });

  it("has the primary button of its phase, disabled only while a request is in flight", async () => {
    await showState(state);
    const expected = primaryOf(state.snapshot);
    const primaries = [...document.querySelectorAll("footer button")].filter(isPrimary);
    expect(primaries.map((button) => button.textContent)).toEqual(expected === null ? [] : [say(expected)]);
    const disabled = primaries.some((button) => button.getAttribute("aria-disabled") === "true");
    const { aside, busy } = state.snapshot;
    const inFlight = busy !== null || (aside?.kind === "connectivity" && aside.checking);
    expect(disabled && !inFlight, "nothing is in flight").toBe(false);
    expect(primaries.some((button) => button.hasAttribute("disabled"))).toBe(false);
  });

  it("has no empty row of buttons", async () => {
    await showState(state);
    const rows = [...document.querySelectorAll("footer")];
    expect(rows.filter((row) => row.querySelector("button") === null)).toEqual([]);
  });

  it("leaves no placeholder unfilled", async () => {
    await showState(state);
    expect(document.body.textContent).not.toMatch(/\{\w+\}/);
  });
});

describe("practice Azure", () => {
  it.each(ALL.map((state) => [state.name, state] as const))("is named on %s", async (_, state) => {
    await showState({ ...state, snapshot: { ...state.snapshot, practice: true } });
    expect(screen.getByText(say("practice.body"))).toBeDefined();
  });
});

function headingOf({ aside, page }: Snapshot): string {
  if (aside !== null) {
    return say(aside.kind === "changes" ? "changes.heading" : "network.heading");
  }
  return page.step === "get_access"
    ? say("step.get_access.heading", { resource: page.resource })
    : say(`step.${page.step}.heading`);
}

function primaryOf({ aside, page, failure }: Snapshot): Key | null {
  if (aside !== null) {
    return aside.kind === "changes" ? null : "button.check_again";
  }
  const phase = "phase" in page ? page.phase : "";
  if (page.step === "sign_in" && phase === "signed_in") {
    const told = failure ?? page.tenants.find((tenant) => tenant.failure !== null)?.failure ?? null;
    return told !== null && !hasOpenDirectory(page.tenants) ? null : "button.continue";
  }
  if (page.step === "choose_resource" && page.endpoint !== null) {
    return "button.use_endpoint";
  }
  if (failure !== null && leads(page, failure)) {
    return null;
  }
  if (page.step === "choose_resource" && page.subdomain !== null) {
    return null;
  }
  if (page.step === "get_access" && isDenied(page)) {
    return "action.choose_resource";
  }
  // Nobody knows whether they may assign it: the test message tells more.
  const unsure = page.step === "get_access" && page.verdict === "cannot_tell";
  if (unsure && phase === "known" && page.plan?.may_assign !== "yes" && !isLed(failure)) {
    return "button.try_anyway";
  }
  // The request to somebody who can is what helps.
  if (page.step === "get_access" && phase === "known" && page.request !== null) {
    return null;
  }
  if (page.step === "get_access" && (page.plan === null || isLed(failure))) {
    return phase === "known" || phase === "paused" ? null : (PRIMARY[`${page.step}/${phase}`] ?? null);
  }
  if (page.step === "sign_in" && phase === "waiting") {
    return page.device_code !== null
      ? null
      : page.browser_opened
        ? "button.open_browser_again"
        : "button.open_browser";
  }
  return PRIMARY[`${page.step}/${phase}`] ?? null;
}

/** Whether a directory is ready to be worked in, or may still turn out to be. */
function hasOpenDirectory(tenants: readonly TenantState[]): boolean {
  const closed = ({ status, subscriptions }: TenantState) =>
    status === "blocked" ||
    status === "needs_sign_in" ||
    (status === "ready" && subscriptions === 0);
  return tenants.length === 0 || !tenants.every(closed);
}

/** Whether the failure says what comes next, so that the page's own button would repeat it. */
function leads(page: Page, failure: Failure): boolean {
  switch (page.step) {
    case "sign_in":
      return page.phase === "signed_out" || offers(failure, "sign_in");
    case "get_access":
      return offers(failure, "sign_in");
    case "test_connection":
      return offers(failure, "send_test_message");
    case "choose_resource":
      return page.total === 0;
    case "connect_project":
      return true;
  }
}

function isDenied({ phase, findings }: GetAccessPage): boolean {
  return phase === "known" && findings.some(({ code }) => code === "denied");
}

/** Whether somebody else has to act first, or the wait goes on. */
function isLed(failure: Failure | null): boolean {
  const first = failure?.remedies[0];
  return first?.kind === "text" || (first?.kind === "action" && first.action === "keep_waiting");
}

function isPrimary(button: Element): boolean {
  return button.getAttribute("data-primary") !== null;
}
