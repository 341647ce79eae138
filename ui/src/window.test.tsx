import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { App } from "./App";
import type { Snapshot } from "./contract";
import { FIXTURES } from "./testing/fixtures";
import { preferDark } from "./testing/setup";
import { showState } from "./testing/showState";
import { silentBackend } from "./testing/silentBackend";
import {
  CHANGES_STATES,
  CONNECTIVITY_STATES,
  FAILURE_STATES,
  PLAN,
  PROOF_STATES,
  STATES,
  snapshotOf,
  type State,
} from "./testing/states";
import { say, sayAction, sayFailure, type Key } from "./words";

afterEach(() => {
  vi.useRealTimers();
});

describe("a step change", () => {
  it("moves the focus to the heading and names the step in the title", async () => {
    const { send } = await showState(named("sign-in"));
    expect(document.title).toBe("Step 1 of 5 – Sign in");
    send({ kind: "snapshot", snapshot: named("chosen").snapshot });
    expect(document.activeElement?.textContent).toBe(say("step.choose_resource.heading"));
    expect(document.title).toBe("Step 2 of 5 – Choose a resource");
  });

  it("is the only thing that moves the focus", async () => {
    const { send } = await showState(named("sign-in"));
    const button = screen.getByRole("button", { name: say("button.sign_in_with_browser") });
    button.focus();
    send({ kind: "snapshot", snapshot: named("sign-in-opening").snapshot });
    expect(document.activeElement, "a phase is not a step").toBe(button);
  });
});

describe("the stepper", () => {
  it("marks the current step and leads back to those that can be reached", async () => {
    const goToStep = vi.fn(() => Promise.resolve());
    await showState(named("access-missing"), { goToStep });
    const steps = within(screen.getByRole("navigation", { name: say("window.steps") }));
    expect(steps.getAllByRole("listitem")).toHaveLength(5);
    expect(document.querySelector("[aria-current=step]")?.textContent).toContain("Get access");
    const buttons = steps.getAllByRole("button");
    expect(buttons.map(({ textContent }) => textContent)).toEqual([
      "Done: Sign inada@contoso.example",
      "Done: Choose a resourcecontoso-chat-sweden",
    ]);
    await userEvent.click(steps.getByRole("button", { name: /Choose a resource/ }));
    expect(goToStep).toHaveBeenCalledExactlyOnceWith("choose_resource");
  });
});

describe("a failure", () => {
  it.each([
    ["failure-loopback-unavailable", "action.try_again"],
    ["failure-sign-in-refused", "action.switch_account"],
    ["core/browser-blocked-offers-code", "action.sign_in_with_device_code"],
    ["core/resume-offline", "action.try_again"],
    ["core/proof-needed", "action.sign_in"],
    ["core/proof-declined", "action.sign_in"],
    ["core/proof-offered", "action.sign_in"],
  ] as const)("on %s, what helps is the main button, and the only one", async (state, help) => {
    await showState(named(state));
    const main = [...document.querySelectorAll("[data-primary]")];
    expect(main.map(({ textContent }) => textContent)).toEqual([say(help)]);
  });

  it("leaves the browser within reach where it offers another way", async () => {
    const signInWithBrowser = vi.fn(() => Promise.resolve());
    await showState(named("core/browser-blocked-offers-code"), { signInWithBrowser });
    await userEvent.click(screen.getByRole("button", { name: say("button.sign_in_with_browser") }));
    expect(signInWithBrowser).toHaveBeenCalledOnce();
  });

  it("offers to wait on once", async () => {
    await showState(named("core/proof-offered"));
    expect(screen.getAllByRole("button", { name: say("action.keep_waiting") })).toHaveLength(1);
  });

  it.each(FAILURE_STATES.map((state) => [state.name, state] as const))(
    "%s is an alert with its sentence and a next step",
    async (_, state) => {
      const pressRemedy = vi.fn(() => Promise.resolve());
      await showState(state, { pressRemedy });
      const failure = failureOf(state.snapshot);
      const title = say(`failure.${failure.code}.title`, failure.parameters);
      const bar = within(screen.getByRole("region", { name: title }));
      const alert = bar.getByRole("alert");
      expect(alert.textContent).toContain(title);
      expect(alert.textContent).toContain(sayFailure(failure.code, "body", failure.parameters));
      expect(alert.textContent, "codes are for Copy details").not.toContain(failure.code);

      const labels = failure.remedies.map((remedy) => {
        switch (remedy.kind) {
          case "action":
            return sayAction(remedy.action, failure.code);
          case "link":
            return say(`link.${remedy.link}`);
          case "text":
            return say(`text.${remedy.text}`);
          case "command":
            return say(`command.${remedy.command}`);
        }
      });
      expect(labels.length).toBeGreaterThan(0);
      for (const [index, remedy] of failure.remedies.entries()) {
        const button = bar.getByRole("button", { name: labels[index] ?? "" });
        if (remedy.kind === "action" || remedy.kind === "link") {
          await userEvent.click(button);
          expect(pressRemedy).toHaveBeenLastCalledWith(index);
        }
      }
    },
  );

  it("is copied with its codes and ids, for support", async () => {
    const user = userEvent.setup();
    await showState(named("failure-network-failed"));
    await user.click(screen.getByRole("button", { name: say("button.copy_details") }));
    const copied = await navigator.clipboard.readText();
    expect(copied).toMatch(/^Can’t reach management\.azure\.com\n/);
    expect(copied).toContain("code: network_failed\nstep: choose_resource\n");
    expect(copied).toContain("request_id: 6f0e7c11-2b1f-4a8e-9d55-4f1d3a520f0c\n");
    expect(screen.getByRole("button", { name: say("button.copied") })).toBeDefined();
  });

  it("offers the request to an owner as text", async () => {
    const user = userEvent.setup();
    const state = named("failure-may-not-assign");
    await showState(state);
    await user.click(screen.getByRole("button", { name: say("text.request_access") }));
    const [remedy] = failureOf(state.snapshot).remedies;
    expect(remedy?.kind === "text" && (await navigator.clipboard.readText())).toBe(
      remedy?.kind === "text" && remedy.content,
    );
  });

  it("says so when the system withholds the clipboard", async () => {
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("withheld"));
    await showState(named("failure-network-failed"));
    await user.click(screen.getByRole("button", { name: say("button.copy_details") }));
    expect(screen.getByText(say("copy.failed"))).toBeDefined();
  });
});

describe("a directory whose name is unknown", () => {
  it("goes by the beginning of its id, which is there to copy", async () => {
    const user = userEvent.setup();
    await showState(named("failure-principal-not-found"));
    const id = "4f1d3a52-0f0c-4a8e-9d55-2b1f6f0e7c11";
    expect(screen.getByRole("alert").textContent).toContain(
      "The directory 4f1d3a52… doesn’t know your object ID.",
    );
    const name = say("button.copy_named", { name: say("label.directory_id") });
    await user.click(screen.getByRole("button", { name }));
    expect(await navigator.clipboard.readText()).toBe(id);
  });
});

describe("a code to type in", () => {
  it("is copied by one press, because its button has the focus", async () => {
    const user = userEvent.setup();
    await showState(named("device-code"));
    expect(document.activeElement?.textContent).toBe(say("button.copy_code"));
    await user.keyboard("{Enter}");
    expect(await navigator.clipboard.readText()).toBe("FXDLWKKMF");
    expect(spoken()).toContain(say("button.copied"));
  });

  it("is read letter by letter, and its address can be copied", async () => {
    const user = userEvent.setup();
    await showState(named("device-code"));
    expect(screen.getByText("F X D L W K K M F")).toBeDefined();
    const name = say("button.copy_named", { name: say("label.code_address") });
    await user.click(screen.getByRole("button", { name }));
    expect(await navigator.clipboard.readText()).toBe("https://microsoft.com/devicelogin");
  });

  it("says how long it lasts, aloud only in its last minutes", async () => {
    vi.useFakeTimers();
    await showState(named("device-code"));
    const clock = screen.getByRole("timer");
    expect(clock.textContent).toBe("Expires in 14:32");
    advance(61_000);
    expect(clock.textContent).toBe("Expires in 13:31");
    expect(spoken(), "each second would be a stutter").not.toContain("expires");
    advance(511_000);
    expect(spoken()).toContain("The code expires in 5 minutes.");
    advance(240_000);
    expect(spoken()).toContain("The code expires in 1 minute.");
    advance(100_000);
    expect(clock.textContent, "it never counts below nothing").toBe("Expires in 0:00");
  });

  it("is warned of as a trap", async () => {
    await showState(named("device-code"));
    expect(screen.getByText(say("device_code.warning"))).toBeDefined();
  });

  it("opens no page but Microsoft’s", async () => {
    await showState(named("device-code-last-minute"));
    expect(screen.queryByRole("button", { name: say("button.open_page") })).toBeNull();
  });

  it("stands below what is to be known of the wait, on the page and in a proof", async () => {
    const notices = [{ code: "browser_not_opened", parameters: {} }];
    const { send } = await showState(named("device-code"));
    for (const name of ["device-code", "proof-device-code"]) {
      send({ kind: "snapshot", snapshot: { ...named(name).snapshot, notices } });
      expect(spoken()).toContain(say("notice.browser_not_opened"));
      expect(screen.getByText("FXDLWKKMF")).toBeDefined();
    }
  });

  it("gives the focus to the heading when it is gone", async () => {
    const { send } = await showState(named("device-code"));
    send({ kind: "snapshot", snapshot: named("sign-in").snapshot });
    expect(document.activeElement?.tagName, "from nowhere, no key leads anywhere").toBe("H1");
  });
});

describe("the directory to sign in to", () => {
  const field = () => screen.getByRole("textbox", { name: say("label.tenant") });
  const openOptions = () =>
    userEvent.click(screen.getByRole("button", { name: say("sign_in.options.cloud") }));

  it("is out of the way until somebody wants it", async () => {
    await showState(named("sign-in"));
    expect(screen.queryByRole("textbox")).toBeNull();
    await openOptions();
    expect(field()).toBeDefined();
  });

  it.each(["checking", "known", "unchecked", "malformed", "unknown"] as const)(
    "is open where it holds a value, and says beside it that it is %s",
    async (state) => {
      await showState(named(`tenant-${state}`));
      expect(field()).toBeDefined();
      expect(screen.getByText(say(`tenant.${state}`))).toBeDefined();
      expect(screen.queryByText(say("tenant.hint")), "the value is there").toBeNull();
    },
  );

  it("is looked up at once by Enter, and once", async () => {
    const chooseTenant = vi.fn(() => Promise.resolve());
    await showState(named("sign-in"), { chooseTenant });
    await openOptions();
    // On a busy machine the typing itself would pause long enough.
    vi.useFakeTimers();
    fireEvent.change(field(), { target: { value: " contoso.com " } });
    fireEvent.keyDown(field(), { key: "Enter" });
    fireEvent.keyDown(field(), { key: "Enter" });
    fireEvent.blur(field());
    advance(1_000);
    expect(chooseTenant).toHaveBeenCalledExactlyOnceWith("contoso.com");
  });

  it("is looked up when the typing pauses, not at each key", async () => {
    vi.useFakeTimers();
    const chooseTenant = vi.fn(() => Promise.resolve());
    await showState(named("tenant-unknown"), { chooseTenant });
    fireEvent.change(field(), { target: { value: "contos" } });
    advance(400);
    fireEvent.change(field(), { target: { value: "contoso.com" } });
    advance(499);
    expect(chooseTenant).not.toHaveBeenCalled();
    advance(1);
    expect(chooseTenant).toHaveBeenCalledExactlyOnceWith("contoso.com");
  });

  it("says nothing of what was typed before", async () => {
    await showState(named("tenant-unknown"));
    fireEvent.change(field(), { target: { value: "contoso.com" } });
    expect(screen.queryByText(say("tenant.unknown"))).toBeNull();
  });

  it("opens by itself when a failure leads there", async () => {
    const { send } = await showState(named("failure-no-subscription"));
    await userEvent.click(screen.getByRole("button", { name: say("action.choose_tenant") }));
    send({ kind: "snapshot", snapshot: named("sign-in").snapshot });
    expect(field()).toBeDefined();
  });
});

describe("a custom subdomain", () => {
  const field = () => screen.getByRole("textbox", { name: say("label.subdomain") });
  const set = () => screen.getByRole("button", { name: say("button.set_subdomain") });

  it("is asked for when the typing pauses, and says nothing of the name before", async () => {
    vi.useFakeTimers();
    const checkSubdomain = vi.fn(() => Promise.resolve());
    await showState(named("subdomain-taken"), { checkSubdomain });
    fireEvent.change(field(), { target: { value: "Contoso-2 " } });
    expect(screen.queryByText(say("subdomain.taken"))).toBeNull();
    advance(499);
    expect(checkSubdomain).not.toHaveBeenCalled();
    advance(1);
    expect(checkSubdomain).toHaveBeenCalledExactlyOnceWith("contoso-2");
  });

  it("is not set where the name is known to be taken: the field takes the focus", async () => {
    const setSubdomain = vi.fn(() => Promise.resolve());
    await showState(named("subdomain-taken"), { setSubdomain });
    await userEvent.click(set());
    expect(setSubdomain).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(field());
  });

  it("is set as it stands in the field, after the warning that it stays", async () => {
    const setSubdomain = vi.fn(() => Promise.resolve());
    await showState(named("subdomain-free"), { setSubdomain });
    expect(screen.getByText(say("subdomain.warning"))).toBeDefined();
    fireEvent.change(field(), { target: { value: "contoso-3" } });
    await userEvent.click(set());
    expect(setSubdomain).toHaveBeenCalledExactlyOnceWith("contoso-3");
  });
});

describe("a resource that takes keys only", () => {
  it("says what is missing where it helps, and asks nothing of the core", async () => {
    const confirmResource = vi.fn(() => Promise.resolve());
    await showState(named("chosen-keys-only"), { confirmResource });
    await userEvent.click(screen.getByRole("button", { name: say("button.use_resource") }));
    expect(confirmResource).not.toHaveBeenCalled();
    expect(screen.getByText(say("missing.subdomain"))).toBeDefined();
    const helps = screen.getByRole("button", { name: say("action.set_subdomain") });
    expect(document.activeElement).toBe(helps);
    expect(screen.queryByText(say("resource.keys_on"))).toBeNull();
  });
});

describe("an endpoint that is written down", () => {
  it("begins with its field, before the failure that it leads past", async () => {
    const { send } = await showState(named("signed-in"));
    send({ kind: "snapshot", snapshot: named("core/endpoint-form").snapshot });
    expect(document.activeElement).toBe(field());
    const told = screen.getByText(say("failure.no_subscription.title"));
    const follows = field().compareDocumentPosition(told) & Node.DOCUMENT_POSITION_FOLLOWING;
    expect(follows).not.toBe(0);
  });

  const field = () => screen.getByRole("textbox", { name: say("label.endpoint") });
  const deployment = () => screen.getByRole("textbox", { name: say("label.deployment") });
  const use = () => screen.getByRole("button", { name: say("button.use_endpoint") });

  it("is used as it stands in the fields, by its button and by Enter", async () => {
    const useEndpoint = vi.fn(() => Promise.resolve());
    await showState(named("endpoint"), { useEndpoint });
    expect(document.activeElement).toBe(field());
    await userEvent.type(field(), "https://contoso.openai.azure.com");
    await userEvent.type(deployment(), "chat");
    await userEvent.click(use());
    await userEvent.type(deployment(), "{Enter}");
    const told = ["https://contoso.openai.azure.com", "chat"];
    expect(useEndpoint.mock.calls).toEqual([told, told]);
  });

  it("says beside each field what is wrong, until it is written anew", async () => {
    const useEndpoint = vi.fn(() => Promise.resolve());
    await showState(named("endpoint-elsewhere"), { useEndpoint });
    expect(screen.getByRole("alert", { name: "" }).textContent).toBe(say("endpoint.elsewhere"));
    await userEvent.click(use());
    expect(useEndpoint).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(field());
    await userEvent.type(field(), "x");
    expect(screen.queryByText(say("endpoint.elsewhere"))).toBeNull();
  });

  it("offers the deployment that the address names, and leads there", async () => {
    await showState(named("endpoint-deployment-offered"));
    expect(screen.getByText(say("deployment.offered"))).toBeDefined();
    expect(document.activeElement).toBe(deployment());
  });
});

describe("the directories of a person", () => {
  const row = (name: RegExp) => {
    const item = screen.getAllByRole("listitem").find(({ textContent }) => name.test(textContent));
    if (item === undefined) {
      throw new Error(`no directory is named ${String(name)}`);
    }
    return within(item);
  };

  it("each say their state in words", async () => {
    await showState(named("tenants-mixed"));
    const said = (name: RegExp) => row(name).getByText(/Ready|Checking|Needs|Blocked/).textContent;
    expect(said(/^Contoso/)).toBe("Ready · 3 subscriptions");
    expect(said(/Woodgrove/)).toBe("Ready · 1 subscription");
    expect(said(/Fabrikam/)).toBe(say("tenants.status.needs_sign_in"));
    expect(said(/Tailspin/)).toBe(say("tenants.status.blocked"));
    expect(said(/^Directory 4f1d3a56…/)).toBe(say("tenants.status.checking"));
    expect(row(/^Contoso/).getByText(say("tenants.home"))).toBeDefined();
    expect(row(/Tailspin/).getByText(say("tenants.refused.chat"))).toBeDefined();
  });

  it("are signed in to one by one", async () => {
    const signInToTenant = vi.fn(() => Promise.resolve());
    await showState(named("tenants-mixed"), { signInToTenant });
    const buttons = screen.getAllByRole("button", { name: /^Sign in to/ });
    expect(buttons, "only who needs it has the button").toHaveLength(1);
    await userEvent.click(buttons[0] as HTMLElement);
    expect(signInToTenant).toHaveBeenCalledExactlyOnceWith("4f1d3a54-0f0c-4a8e-9d55-2b1f6f0e7c11");
  });

  it("keep the button, and its focus, while that sign-in is under way", async () => {
    const signInToTenant = vi.fn(() => Promise.resolve());
    const { send } = await showState(named("tenants-mixed"), { signInToTenant });
    screen.getByRole("button", { name: /^Sign in to/ }).focus();
    send({ kind: "snapshot", snapshot: named("tenants-signing-in").snapshot });
    const button = screen.getByRole("button", { name: /^Sign in to/ });
    expect(document.activeElement).toBe(button);
    await userEvent.click(button);
    expect(signInToTenant, "one sign-in at a time").not.toHaveBeenCalled();
  });

  it("calls no directory blocked that the network kept from answering", async () => {
    await showState(named("tenants-unreached"));
    expect(screen.getByText(say("tenants.unreached"))).toBeTruthy();
    expect(screen.queryByText(say("tenants.status.blocked"))).toBeNull();
    expect(screen.queryByText(say("tenants.refused.management"))).toBeNull();
  });

  it("say why they are closed, and what helps", async () => {
    const pressTenantRemedy = vi.fn(() => Promise.resolve());
    await showState(named("tenants-mixed"), { pressTenantRemedy });
    const why = screen.getByRole("button", { name: "Why? Tailspin Toys" });
    expect(why.getAttribute("aria-expanded")).toBe("false");
    await userEvent.click(why);
    expect(why.getAttribute("aria-expanded")).toBe("true");
    const tailspin = row(/Tailspin/);
    expect(tailspin.getByText(/A Conditional Access policy doesn’t allow it/)).toBeDefined();
    await userEvent.click(tailspin.getByRole("button", { name: say("action.switch_account") }));
    expect(pressTenantRemedy).toHaveBeenCalledExactlyOnceWith(
      "4f1d3a55-0f0c-4a8e-9d55-2b1f6f0e7c11",
      0,
    );
  });

  it("say at once, as an alert, why none of them leads on", async () => {
    await showState(named("tenants-one-blocked"));
    expect(screen.getByRole("alert").textContent).toContain("A Conditional Access policy doesn’t");
    expect(screen.getAllByText(/A Conditional Access policy/), "and say it once").toHaveLength(1);
    expect(screen.queryByRole("button", { name: /^Why\?/ })).toBeNull();
  });

  it.each(hopeless())(
    "make the main button what helps, not Continue, on %s",
    async (state, help, ...expected) => {
      const pressTenantRemedy = vi.fn(() => Promise.resolve());
      await showState(named(state), { pressTenantRemedy });
      const main = [...document.querySelectorAll("[data-primary]")];
      expect(main.map(({ textContent }) => textContent)).toEqual([help]);
      await userEvent.click(main[0] as HTMLElement);
      expect(pressTenantRemedy).toHaveBeenCalledExactlyOnceWith(...expected);
    },
  );

  it("leave a way on to what can be listed, and none to an empty list", async () => {
    await showState(named("tenants-none-ready"));
    expect(screen.getByRole("button", { name: say("button.continue") })).toBeDefined();
    cleanup();
    await showState(named("tenants-unreached"));
    expect(screen.queryByRole("button", { name: say("button.continue") })).toBeNull();
  });

  it("say whose trouble it is, where there are several", async () => {
    await showState(named("tenants-none-ready"));
    const fabrikam = "Fabrikam Research and Development of Northern Europe";
    expect(screen.getByRole("alert").textContent).toMatch(new RegExp(`^${fabrikam}: `));
    expect(screen.queryByRole("button", { name: `Sign in to ${fabrikam}` })).toBeNull();
    expect(screen.getByRole("button", { name: "Why? Contoso" }), "the others too").toBeDefined();
  });

  it("offer another account once", async () => {
    await showState(named("tenants-one-blocked"));
    const buttons = screen.getAllByRole("button", { name: say("button.use_another_account") });
    expect(buttons).toHaveLength(1);
  });

  it("leave Continue where it is when one of them failed and another is ready", async () => {
    await showState(named("tenants-declined"));
    expect(screen.getByRole("button", { name: say("button.continue") })).toBeDefined();
  });

  it("are spoken of when the last has answered, not one by one", async () => {
    const { send } = await showState(named("tenants-checking"));
    expect(spoken()).not.toContain("directories are ready");
    send({ kind: "snapshot", snapshot: named("tenants-mixed").snapshot });
    expect(spoken(), "one is still being looked at").not.toContain("directories are ready");
    send({ kind: "snapshot", snapshot: named("tenants-many").snapshot });
    expect(spoken()).toContain("40 of 50 directories are ready");
  });

  it("are filtered by name and by id where there are many", async () => {
    await showState(named("tenants-many"));
    const filter = screen.getByRole("searchbox", { name: say("tenants.filter") });
    await userEvent.type(filter, "directory 12");
    expect(screen.getAllByText(/^Directory 12$/)).toHaveLength(1);
    expect(screen.queryByText("Directory 0")).toBeNull();
    await userEvent.clear(filter);
    await userEvent.type(filter, "4f1d3a55");
    expect(screen.getByText("Directory 4f1d3a55…")).toBeDefined();
    await userEvent.type(filter, "x");
    expect(screen.getByText(say("tenants.none_match"))).toBeDefined();
  });

  it("have no filter where they are few", async () => {
    await showState(named("tenants-mixed"));
    expect(screen.queryByRole("searchbox")).toBeNull();
  });
});

describe("a stronger sign-in", () => {
  it("says why, takes the focus, and gives it back", async () => {
    const { send } = await showState(named("access-assigning"));
    const button = screen.getByRole("button", { name: say("button.assign_role") });
    button.focus();
    send({ kind: "snapshot", snapshot: named("proof-change").snapshot });
    expect(document.activeElement?.textContent).toBe(say("proof.heading"));
    expect(screen.getByText(new RegExp(`^${say("proof.change")}`))).toBeDefined();
    await act(() => {
      send({ kind: "snapshot", snapshot: named("access-assigning").snapshot });
      return Promise.resolve();
    });
    expect(document.activeElement).toBe(button);
  });

  it("holds nobody: the rest of the page stays within reach", async () => {
    const { send } = await showState(named("access-assigning"));
    send({ kind: "snapshot", snapshot: named("proof-change").snapshot });
    const back = screen.getByRole("button", { name: say("button.back") });
    back.focus();
    await act(() => {
      send({ kind: "snapshot", snapshot: named("access-assigning").snapshot });
      return Promise.resolve();
    });
    expect(document.activeElement, "who went elsewhere stays there").toBe(back);
  });

  it("has one Cancel", async () => {
    await showState(named("proof-change"));
    expect(screen.getAllByRole("button", { name: say("button.cancel") })).toHaveLength(1);
  });

  it("shows the code, its page and its time where no page could open", async () => {
    await showState(named("proof-device-code"));
    expect(screen.getByText(new RegExp(`^${say("proof.change")}`))).toBeDefined();
    expect(screen.getByText("FXDLWKKMF")).toBeDefined();
    expect(screen.getByDisplayValue("https://microsoft.com/devicelogin")).toBeDefined();
    expect(screen.getByRole("timer").textContent).toBe("Expires in 14:32");
    expect(screen.getByText(say("device_code.warning"))).toBeDefined();
    expect(screen.queryByText(say("proof.heading")), "nothing opened here").toBeNull();
  });
});

describe("the page about the changes", () => {
  it("begins at its heading, and leads back to the button that opened it", async () => {
    const { send } = await showState(named("sign-in"));
    send({ kind: "snapshot", snapshot: named("changes-undoable").snapshot });
    expect(document.activeElement?.textContent).toBe(say("changes.heading"));
    expect(document.title).toBe(say("changes.heading"));
    const way = screen.getByRole("button", { name: say("button.show_changes") });
    expect(way.getAttribute("aria-current")).toBe("page");
    send({ kind: "snapshot", snapshot: snapshotOf(named("access-missing").snapshot.page) });
    expect(document.activeElement).toBe(way);
  });

  it("says beside the button what is undone, where and of whom", async () => {
    await showState(named("changes-undoable"));
    const item = screen.getAllByRole("listitem").find((one) => within(one).queryByRole("button", { name: /^Undo/ }));
    const effect = say("undo_effect.take_away", {
      account: "ada@contoso.example",
      place: "contoso-chat-sweden",
    });
    expect(item?.textContent).toContain(effect);
  });

  it("says of each change that stays why it does", async () => {
    await showState(named("changes-every-state"));
    expect(screen.queryByRole("button", { name: /^Undo/ })).toBeNull();
    expect(screen.getByText(say("no_undo.existed"))).toBeDefined();
    const other = say("no_undo.somebody_else", { account: "grace@contoso.example" });
    expect(screen.getByText(other)).toBeDefined();
    expect(screen.getByText(say("no_undo.directory_not_open", { directory: "Fabrikam" }))).toBeDefined();
    expect(screen.getByText(/^Undone on Nov 20, 2026/)).toBeDefined();
  });

  it("tells the time of this computer with its zone, and the exact one to machines", async () => {
    await showState(named("changes-undoable"));
    const time = document.querySelector("time");
    expect(time?.dateTime).toBe("2026-11-20T09:41:00Z");
    expect(time?.textContent).toMatch(/Nov (19|20|21), 2026, .*(AM|PM) \S+/);
  });

  it("undoes one change at a time", async () => {
    const undoChange = vi.fn(() => Promise.resolve());
    await showState(named("changes-undoing"), { undoChange });
    for (const button of screen.getAllByRole("button", { name: /^Undo/ })) {
      await userEvent.click(button);
    }
    expect(undoChange).not.toHaveBeenCalled();
  });

  it("says how many older ones only the file holds", async () => {
    await showState(named("changes-many"));
    expect(screen.getByText(say("changes.older.other", { count: 472 }))).toBeDefined();
  });
});

describe("the page about the connection", () => {
  it("begins at its heading, and leads back to the button that opened it", async () => {
    const { send } = await showState(named("sign-in"));
    send({ kind: "snapshot", snapshot: named("connectivity-fine").snapshot });
    expect(document.activeElement?.textContent).toBe(say("network.heading"));
    expect(document.title).toBe(say("network.heading"));
    send({ kind: "snapshot", snapshot: named("sign-in").snapshot });
    expect(document.activeElement?.textContent).toBe(say("button.check_network"));
    expect(document.title).toBe("Step 1 of 5 – Sign in");
  });

  it("is offered once, and leads back to the failure that offered it", async () => {
    const { send } = await showState(named("failure-proxy-refused"));
    const ways = screen.getAllByRole("button", { name: say("button.check_network") });
    expect(ways, "the quiet button gives way to the remedy").toHaveLength(1);
    send({ kind: "snapshot", snapshot: named("connectivity-fine").snapshot });
    send({ kind: "snapshot", snapshot: named("failure-proxy-refused").snapshot });
    expect(document.activeElement?.textContent).toBe(say("action.check_network"));
  });

  it("promises nothing about programs where this computer doesn’t trust who signs", async () => {
    await showState(named("connectivity-broken"));
    expect(screen.queryByText(say("network.programs.nothing"))).toBeNull();
    expect(screen.getByText(say("network.programs.untrusted"))).toBeTruthy();
  });

  it("tells the trouble of a dead proxy once, and of each host only that it lies behind it", async () => {
    await showState(named("core/connectivity-proxy-dead"));
    const bar = screen.getByRole("alert");
    expect(bar.textContent).toContain("The proxy 127.0.0.1:50000 can’t be reached");
    expect(bar.textContent, "it names every host behind it").toContain(
      "login.microsoftonline.com and management.azure.com",
    );
    expect(screen.getAllByText(/takes no connection/)).toHaveLength(1);
    const copies = screen.getAllByRole("button", { name: say("command.set_proxy") });
    expect(copies, "one command mends them all").toHaveLength(1);
    expect(screen.getAllByText(say("network.not_through_proxy"))).toHaveLength(2);
  });

  it("says by word how each stage ended", async () => {
    await showState(named("connectivity-broken"));
    const stages = screen.getAllByRole("listitem").map(({ textContent }) => textContent);
    expect(stages).toContain("Encryption: Failed, 26 msTLS 1.3");
    expect(stages).toContain("Answer: Not tried, Not tried");
  });

  it("says who signs, and who trusts that", async () => {
    await showState(named("connectivity-resigned"));
    const signed = say("trust.this_computer", { issuer: "Contoso Root CA 2" });
    expect(screen.getAllByText(signed)).toHaveLength(3);
  });

  it("copies the report, and the commands of the chosen shell", async () => {
    const user = userEvent.setup();
    await showState(named("connectivity-resigned"));
    await user.click(screen.getByRole("button", { name: say("button.copy_report") }));
    expect(await navigator.clipboard.readText()).toBe("Connection report\n");
    await user.click(screen.getByRole("tab", { name: say("shell.powershell") }));
    expect(screen.getByRole("tabpanel").textContent).toMatch(/^\$env:/);
    await user.click(screen.getByRole("button", { name: say("button.copy_commands") }));
    expect(await navigator.clipboard.readText()).toMatch(/^\$env:/);
  });
});

describe("what goes on", () => {
  const label = say("busy.finding_resources");

  it("has no sign in its first second, then a spinner, and a label after three", async () => {
    vi.useFakeTimers();
    await showState(named("choose-reading"));
    expect(screen.queryByRole("progressbar")).toBeNull();
    advance(999);
    expect(screen.queryByRole("progressbar"), "under a second nothing shows").toBeNull();
    advance(1);
    expect(screen.getByRole("progressbar", { name: label })).toBeDefined();
    expect(screen.queryByText(label), "the label comes later").toBeNull();
    advance(2_000);
    expect(screen.getByText(label)).toBeDefined();
  });

  it("starts to count anew when something else goes on", async () => {
    vi.useFakeTimers();
    const { send } = await showState(named("choose-reading"));
    advance(3_000);
    send({ kind: "snapshot", snapshot: named("access-checking").snapshot });
    expect(screen.queryByRole("progressbar")).toBeNull();
    advance(1_000);
    expect(screen.getByRole("progressbar", { name: say("busy.checking_access") })).toBeDefined();
  });

  it("can be cancelled where the core can stop it, and only there", async () => {
    const cancel = vi.fn(() => Promise.resolve());
    const { send } = await showState(named("sign-in-waiting"), { cancel });
    await userEvent.click(screen.getByRole("button", { name: say("button.cancel") }));
    expect(cancel).toHaveBeenCalledOnce();
    send({ kind: "snapshot", snapshot: named("project-writing").snapshot });
    expect(screen.queryByRole("button", { name: say("button.cancel") })).toBeNull();
  });

  it("keeps its own clock between two looks at the role", async () => {
    vi.useFakeTimers();
    const { send } = await showState(named("access-waiting"));
    const clock = screen.getByRole("timer");
    expect(clock.textContent).toBe("Waiting for1:23Looked32 timesNext lookin 4 s");
    advance(3_000);
    expect(clock.textContent).toBe("Waiting for1:26Looked32 timesNext lookin 1 s");
    advance(5_000);
    expect(clock.textContent).toBe("Waiting for1:31Looked32 timesNext looknow");
    send({ kind: "snapshot", snapshot: named("access-waiting-first").snapshot });
    expect(clock.textContent).toBe("Waiting for0:00Looked1 timeNext looknow");
  });
});

describe("the answer of the test message", () => {
  it("grows with its pieces, and is spoken once when it is complete", async () => {
    const { send } = await showState(named("test-answering"));
    send({ kind: "piece", number: 3, text: "good day." });
    expect(screen.getByRole("region", { name: say("label.answer") }).textContent).toBe(
      "Hello there, good day.",
    );
    expect(spoken(), "piece by piece it would be a stutter").not.toContain("Hello there");
    send({ kind: "snapshot", snapshot: named("test-answered").snapshot });
    expect(spoken()).toContain("Hello there, it’s good to meet you!");
  });
});

describe("a button of the page", () => {
  it.each(presses())("%s: %s sends %s", async (state, label, command, expected) => {
    const spy = vi.fn(() => Promise.resolve());
    await showState(named(state), { [command]: spy });
    await userEvent.click(screen.getByRole("button", { name: label }));
    expect(spy).toHaveBeenCalledExactlyOnceWith(...expected);
  });

  it("does nothing while its request is in flight", async () => {
    const assignRole = vi.fn(() => Promise.resolve());
    await showState(named("access-assigning"), { assignRole });
    await userEvent.click(screen.getByRole("button", { name: say("button.assign_role") }));
    expect(assignRole).not.toHaveBeenCalled();
  });

  it("ends the session that a sign-out leaves in the browser", async () => {
    const endBrowserSession = vi.fn(() => Promise.resolve());
    await showState(named("sign-in-after-sign-out"), { endBrowserSession });
    await userEvent.click(screen.getByRole("button", { name: say("button.end_browser_session") }));
    expect(endBrowserSession).toHaveBeenCalledOnce();
  });

  it("chooses the cloud", async () => {
    const chooseCloud = vi.fn(() => Promise.resolve());
    await showState(named("sign-in"), { chooseCloud });
    await userEvent.click(screen.getByRole("button", { name: say("sign_in.options.cloud") }));
    await userEvent.selectOptions(screen.getByRole("combobox"), "us_government");
    expect(chooseCloud).toHaveBeenCalledExactlyOnceWith("us_government");
  });

  it("turns staying signed in off", async () => {
    const staySignedIn = vi.fn(() => Promise.resolve());
    await showState(named("sign-in"), { staySignedIn });
    await userEvent.click(screen.getByRole("checkbox", { name: say("sign_in.stay") }));
    expect(staySignedIn).toHaveBeenCalledExactlyOnceWith(false);
  });

  it("chooses a deployment that can chat, and none that cannot", async () => {
    const selectDeployment = vi.fn(() => Promise.resolve());
    await showState(named("chosen"), { selectDeployment });
    await userEvent.click(screen.getByRole("radio", { name: /embeddings/ }));
    expect(selectDeployment).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole("radio", { name: /assistant-prod/ }));
    expect(selectDeployment).toHaveBeenCalledExactlyOnceWith("assistant-prod");
  });

  it("leads from a code that Microsoft’s page refuses to the browser", async () => {
    const signInWithBrowser = vi.fn(() => Promise.resolve());
    await showState(named("device-code"), { signInWithBrowser });
    const label = say("button.sign_in_with_browser");
    await userEvent.click(screen.getByRole("button", { name: label }));
    expect(signInWithBrowser).toHaveBeenCalledOnce();
  });

  it("takes away the role that the page names", async () => {
    const undoRole = vi.fn(() => Promise.resolve());
    await showState(named("access-undoable"), { undoRole });
    const role = "Cognitive Services OpenAI User";
    await userEvent.click(screen.getByRole("button", { name: say("button.undo_role", { role }) }));
    expect(undoRole).toHaveBeenCalledOnce();
  });

  it("offers no role where a deny assignment forbids whatever roles allow", async () => {
    const goToStep = vi.fn(() => Promise.resolve());
    await showState(named("core/access-denied"), { goToStep });
    expect(screen.queryByRole("button", { name: say("button.assign_role") })).toBeNull();
    expect(screen.queryByText(say("access.plan"))).toBeNull();
    expect(screen.getByText(say("access.verdict.denied.body"))).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: say("action.choose_resource") }));
    expect(goToStep).toHaveBeenCalledExactlyOnceWith("choose_resource");
  });

  it("says what the role is for, which one, and where", async () => {
    const spies = {
      chooseUsage: vi.fn(() => Promise.resolve()),
      chooseRole: vi.fn(() => Promise.resolve()),
      chooseRoleScope: vi.fn(() => Promise.resolve()),
    };
    await showState(named("access-missing"), spies);
    await userEvent.click(screen.getByRole("radio", { name: say("usage.files") }));
    expect(spies.chooseUsage).toHaveBeenCalledExactlyOnceWith("files");
    await userEvent.click(screen.getByRole("button", { name: say("access.plan.change") }));
    await userEvent.click(screen.getByRole("radio", { name: /^Foundry User/ }));
    expect(spies.chooseRole).toHaveBeenCalledExactlyOnceWith("53ca6127-db72-4b80-b1b0-d745d6d5456d");
    await userEvent.click(
      screen.getByRole("radio", { name: new RegExp(`^${say("role_scope.resource_group")}`) }),
    );
    expect(spies.chooseRoleScope).toHaveBeenCalledExactlyOnceWith("resource_group");
  });

  it("shows the same by hand, one tool at a time, and opens the portal", async () => {
    const openPortal = vi.fn(() => Promise.resolve());
    await showState(named("access-missing"), { openPortal });
    await userEvent.click(screen.getByRole("button", { name: say("access.recipes") }));
    expect(screen.getAllByText(/^az role assignment create/)).toHaveLength(1);
    await userEvent.click(screen.getByRole("tab", { name: say("recipe.bicep") }));
    expect(screen.queryByText(/^az role assignment create/)).toBeNull();
    expect(screen.getAllByText(/^resource account/)).toHaveLength(1);
    await userEvent.click(screen.getByRole("button", { name: say("portal.person") }));
    expect(openPortal).toHaveBeenCalledExactlyOnceWith("person");
  });

  it("says what the shell answers when practice cannot start", async () => {
    const startPractice = () => Promise.reject(new Error("no folder for it"));
    await showState(named("sign-in"), { startPractice });
    await userEvent.click(screen.getByRole("button", { name: say("button.start_practice") }));
    expect(screen.getByText(/no folder for it/)).toBeDefined();
  });
});

describe("the keyboard", () => {
  it.each(tabOrders())("goes through %s in the order of the page", async (state, order) => {
    await showState(named(state));
    const user = userEvent.setup();
    const reached: string[] = [];
    for (let stop = 0; stop < order.length; stop += 1) {
      await user.tab();
      reached.push(nameOf(document.activeElement));
    }
    expect(reached).toEqual(order);
  });
});

describe("the change to .env", () => {
  it("says by word and sign what happens to each line", async () => {
    await showState(named("project-changed"));
    const region = screen.getByRole("region", { name: /^Change to/ });
    const lines = within(region).getAllByRole("listitem");
    expect(lines.map(({ textContent }) => textContent).slice(1, 4)).toEqual([
      " Unchanged: DATABASE_URL=••••",
      "−Removed: AZURE_OPENAI_ENDPOINT=https://contoso-old.openai.azure.com/",
      "+Added: AZURE_OPENAI_ENDPOINT=https://contoso-chat-sweden.openai.azure.com",
    ]);
  });

  it("shows afterwards what is there, without what went", async () => {
    await showState(named("project-written"));
    const region = screen.getByRole("region", { name: /^Content of/ });
    expect(region.textContent).toContain("AZURE_OPENAI_DEPLOYMENT=gpt-4.1-mini");
    expect(region.textContent).not.toContain("contoso-old");
  });
});

describe("the window", () => {
  it("follows the colors of the system", async () => {
    await showState(named("sign-in"));
    const light = themeBackground();
    preferDark(true);
    await showState(named("sign-in"));
    expect(themeBackground()).not.toBe(light);
  });

  it("says that the core is gone when a command fails", async () => {
    await showState(named("sign-in"), {
      signInWithBrowser: () => Promise.reject(new Error("gone")),
    });
    await userEvent.click(screen.getByRole("button", { name: say("button.sign_in_with_browser") }));
    expect(screen.getByRole("alert").textContent).toContain(say("window.lost.title"));
  });

  it("says the same when it breaks itself", () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const state = named("sign-in");
    const snapshot = { ...state.snapshot, steps: null } as unknown as Snapshot;
    render(<App backend={silentBackend({ ...state, snapshot })} />);
    expect(screen.getByRole("alert").textContent).toContain(say("window.lost.title"));
  });
});

type Press = [state: string, label: string, command: string, expected: unknown[]];

function presses(): Press[] {
  const pressed = (
    state: string,
    button: Key,
    command: string,
    ...expected: unknown[]
  ): Press => [state, say(button), command, expected];
  return [
    pressed("sign-in", "button.sign_in_with_browser", "signInWithBrowser"),
    pressed("sign-in", "button.start_practice", "startPractice"),
    [
      "sign-in-with-azure-cli",
      say("button.borrow_sign_in", { account: "ada@contoso.example", tool: "Azure CLI" }),
      "borrowSignIn",
      ["azure_cli"],
    ],
    pressed("sign-in-practice", "button.leave_practice", "leavePractice"),
    pressed("sign-in-waiting", "button.open_browser_again", "openBrowserAgain"),
    pressed("sign-in-waiting-no-browser", "button.open_browser", "openBrowserAgain"),
    pressed("sign-in", "button.use_code", "signInWithDeviceCode"),
    pressed("sign-in-waiting", "button.use_code", "signInWithDeviceCode"),
    pressed("sign-in", "button.check_network", "checkNetwork"),
    pressed("sign-in-store-locked", "action.try_again", "tryStoreAgain"),
    pressed("device-code", "button.open_page", "openBrowserAgain"),
    pressed("device-code", "button.cancel", "cancel"),
    pressed("proof-change", "button.open_browser_again", "openBrowserAgain"),
    pressed("proof-no-browser", "button.open_browser", "openBrowserAgain"),
    pressed("proof-change", "button.cancel", "cancel"),
    pressed("proof-device-code", "button.open_page", "openBrowserAgain"),
    pressed("proof-device-code", "button.cancel", "cancel"),
    pressed("connectivity-fine", "button.check_again", "checkNetwork"),
    pressed("connectivity-fine", "button.back", "closeAside"),
    pressed("signed-in", "button.continue", "goToStep", "choose_resource"),
    pressed("signed-in", "button.use_another_account", "switchAccount"),
    pressed("chosen", "button.use_resource", "confirmResource"),
    pressed("chosen", "button.back", "goToStep", "sign_in"),
    pressed("chosen", "button.know_endpoint", "openEndpoint"),
    pressed("tenants-unreached", "button.know_endpoint", "openEndpoint"),
    pressed("core/no-subscription", "button.know_endpoint", "openEndpoint"),
    pressed("failure-no-account", "button.know_endpoint", "openEndpoint"),
    pressed("endpoint", "button.use_endpoint", "useEndpoint", "", ""),
    pressed("endpoint", "button.close_endpoint", "closeEndpoint"),
    pressed("access-unlisted", "button.try_anyway", "confirmAccess"),
    pressed("chosen-keys-only", "action.set_subdomain", "pressAdvice", "no_custom_subdomain", 0),
    pressed("chosen-private", "action.check_network", "pressAdvice", "private_network", 1),
    pressed("subdomain-free", "button.set_subdomain", "setSubdomain", "contoso-legacy"),
    pressed("subdomain-unchecked", "button.set_subdomain", "setSubdomain", "contoso-legacy"),
    pressed("subdomain-free", "button.cancel", "closeSubdomain"),
    pressed("chosen", "button.sign_out", "signOut"),
    pressed("sign-in", "button.show_changes", "showChanges"),
    pressed("project-new", "button.show_changes", "showChanges"),
    pressed("changes-none", "button.back", "closeAside"),
    [
      "changes-undoable",
      `${say("button.undo")} ${say("change.role_assigned", { what: "Cognitive Services OpenAI User" })}`,
      "undoChange",
      [1],
    ],
    pressed("changes-refused", "action.try_again", "pressRemedy", 0),
    pressed("access-missing", "button.assign_role", "assignRole", PLAN.name),
    pressed("access-unknown", "button.try_anyway", "confirmAccess"),
    pressed("access-no-role", "action.check_access", "checkAccess"),
    pressed("access-unknown", "button.assign_role", "assignRole", PLAN.name),
    pressed("access-no-role", "button.assign_role", "assignRole", PLAN.name),
    pressed("access-waiting", "button.stop_waiting", "cancel"),
    pressed("access-paused", "button.wait_again", "assignRole", PLAN.name),
    pressed("access-works", "button.continue", "confirmAccess"),
    pressed("project-no-folder", "button.choose_folder", "chooseFolder"),
    pressed("project-new", "button.choose_another_folder", "chooseFolder"),
    pressed("project-new", "button.write_env", "writeEnv"),
    pressed("project-written", "button.continue", "goToStep", "test_connection"),
    pressed("test-ready", "button.send_test_message", "sendTestMessage"),
    pressed("test-answered", "button.send_again", "sendTestMessage"),
    pressed("test-answered", "button.back", "goToStep", "connect_project"),
  ];
}

/** Lists without a directory that leads on: what helps, and what pressing it sends. */
function hopeless(): [state: string, help: string, id: string, index: number][] {
  const home = "4f1d3a52-0f0c-4a8e-9d55-2b1f6f0e7c11";
  return [
    ["tenants-one-blocked", say("action.switch_account"), home, 0],
    ["tenants-unreached", say("action.try_again"), home, 0],
    ["tenants-none-ready", say("action.sign_in"), "4f1d3a54-0f0c-4a8e-9d55-2b1f6f0e7c11", 0],
  ];
}

function tabOrders(): [state: string, order: string[]][] {
  const objectId = say("button.copy_named", { name: say("label.object_id") });
  const scope = say("button.copy_named", { name: say("label.scope") });
  return [
    [
      "sign-in",
      [
        say("sign_in.stay"),
        say("sign_in.options.cloud"),
        say("button.use_code"),
        say("button.start_practice"),
        say("button.check_network"),
        say("button.sign_in_with_browser"),
      ],
    ],
    [
      "tenants-mixed",
      [
        say("button.copy_named", { name: say("label.directory_id") }),
        objectId,
        "Why? Fabrikam Research and Development of Northern Europe",
        "Sign in to Fabrikam Research and Development of Northern Europe",
        "Why? Tailspin Toys",
        say("button.copy_named", {
          name: `${say("label.directory_id")} 4f1d3a56-0f0c-4a8e-9d55-2b1f6f0e7c11`,
        }),
        say("button.copy_named", { name: say("tenants.object_id", { directory: "Woodgrove" }) }),
        say("button.use_another_account"),
        say("button.continue"),
        say("button.show_changes"),
        objectId,
        say("button.sign_out"),
      ],
    ],
    [
      "tenants-none-ready",
      [
        say("action.sign_in"),
        say("button.copy_details"),
        say("button.copy_named", { name: say("label.directory_id") }),
        objectId,
        "Why? Contoso",
        "Why? Tailspin Toys",
        say("button.use_another_account"),
        say("button.continue"),
        say("button.show_changes"),
        objectId,
        say("button.sign_out"),
      ],
    ],
    [
      "core/connectivity-proxy-dead",
      [
        say("label.command.set_proxy"),
        say("command.set_proxy"),
        say("button.copy_details"),
        say("button.back"),
        say("button.copy_report"),
        say("button.check_again"),
      ],
    ],
    [
      "device-code",
      [
        say("label.code_address"),
        say("button.copy_named", { name: say("label.code_address") }),
        say("button.open_page"),
        say("button.cancel"),
      ],
    ],
    [
      "proof-change",
      [
        say("label.address"),
        say("button.copy"),
        say("button.open_browser_again"),
        say("button.cancel"),
        scope,
      ],
    ],
    [
      "connectivity-fine",
      [say("button.back"), say("button.copy_report"), say("button.check_again")],
    ],
    [
      "chosen",
      [
        "Done: Sign inada@contoso.example",
        say("label.filter"),
        say("label.resources"),
        "gpt-4.1-mini",
        say("button.back"),
        say("button.know_endpoint"),
        say("button.use_resource"),
        say("button.show_changes"),
        objectId,
        say("button.sign_out"),
      ],
    ],
    [
      "changes-undoable",
      [
        "Done: Sign inada@contoso.example",
        "Done: Choose a resourcecontoso-chat-sweden",
        scope,
        say("button.copy_named", { name: say("label.principal") }),
        say("button.copy_named", { name: say("changes.assignment") }),
        say("button.undo"),
        say("button.copy_named", { name: say("changes.file") }),
        say("button.back"),
        say("button.show_changes"),
        objectId,
        say("button.sign_out"),
      ],
    ],
    [
      "access-missing",
      [
        "Done: Sign inada@contoso.example",
        "Done: Choose a resourcecontoso-chat-sweden",
        "chat",
        scope,
        objectId,
        say("access.plan.change"),
        say("access.recipes"),
        say("button.back"),
        say("button.assign_role"),
      ],
    ],
  ];
}

function named(name: string): State {
  const made = [...STATES, ...PROOF_STATES, ...CONNECTIVITY_STATES, ...CHANGES_STATES];
  const states = [...made, ...FAILURE_STATES, ...FIXTURES];
  const state = states.find((candidate) => candidate.name === name);
  if (state === undefined) {
    throw new Error(`no state is named ${name}`);
  }
  return state;
}

function failureOf({ failure }: Snapshot) {
  if (failure === null) {
    throw new Error("the state has no failure");
  }
  return failure;
}

function advance(milliseconds: number) {
  act(() => {
    vi.advanceTimersByTime(milliseconds);
  });
}

function spoken(): string {
  return screen
    .getAllByRole("status")
    .map(({ textContent }) => textContent)
    .join("\n");
}

function nameOf(element: Element | null): string {
  const labelledBy = element?.getAttribute("aria-labelledby") ?? null;
  const labels = element instanceof HTMLInputElement ? element.labels : null;
  return (
    element?.getAttribute("aria-label") ??
    (labelledBy === null ? null : document.getElementById(labelledBy)?.textContent) ??
    (element?.getAttribute("type") === "radio" ? element.getAttribute("value") : null) ??
    labels?.[0]?.textContent ??
    element?.textContent ??
    ""
  );
}

function themeBackground(): string {
  const providers = document.querySelectorAll(".fui-FluentProvider");
  const last = providers[providers.length - 1];
  return last === undefined
    ? ""
    : getComputedStyle(last).getPropertyValue("--colorNeutralBackground1");
}
