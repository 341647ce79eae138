import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import type { Backend } from "../backend";
import type { ResourceWindow } from "../contract";
import { showState, type Opened } from "../testing/showState";
import { STATES, numbered, type State } from "../testing/states";
import { say } from "../words";

const selectResource = vi.fn(() => Promise.resolve());

beforeEach(() => {
  selectResource.mockClear();
});

describe("the list of resources", () => {
  it("is one tab stop whose arrow keys move, and whose Enter and Space choose", async () => {
    const user = userEvent.setup();
    await open("choose");
    list().focus();
    await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}");
    expect(activeName()).toBe("contoso-foundry-hub");
    expect(selectResource, "moving does not choose").not.toHaveBeenCalled();
    await user.keyboard("{Enter}");
    expect(selectResource).toHaveBeenCalledExactlyOnceWith(idOf("contoso-foundry-hub"));
    await user.keyboard("{End} ");
    expect(selectResource).toHaveBeenLastCalledWith(idOf("contoso-fenced"));
    await user.keyboard("{Home}{PageDown}{PageUp}");
    expect(activeName()).toBe("contoso-chat-sweden");
  });

  it("finds a name by its first letters", async () => {
    const user = userEvent.setup();
    await open("choose");
    list().focus();
    await user.keyboard("contoso-p");
    expect(activeName()).toBe("contoso-private");
  });

  it("is reached from the filter with the arrow key", async () => {
    const user = userEvent.setup();
    await open("choose");
    await user.click(screen.getByRole("searchbox"));
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(list());
  });

  it("says how many there are and where each stands, beyond what was read", async () => {
    await open("choose-many");
    expect(screen.getByText("350 resources")).toBeDefined();
    const options = screen.getAllByRole("option");
    expect(options).toHaveLength(100);
    expect(options[99]?.getAttribute("aria-setsize")).toBe("350");
    expect(options[99]?.getAttribute("aria-posinset")).toBe("100");
  });

  it("reads the next window at the end of what was read", async () => {
    const user = userEvent.setup();
    await open("choose-many");
    list().focus();
    await user.keyboard("{End}");
    expect(await screen.findByText("contoso-199")).toBeDefined();
    expect(screen.getAllByRole("option")).toHaveLength(200);
    await user.keyboard("{ArrowDown}");
    expect(activeName(), "the place is kept").toBe("contoso-100");
  });

  it("shows what matches the filter, and how many", async () => {
    const user = userEvent.setup();
    await open("choose-many");
    await user.type(screen.getByRole("searchbox"), "contoso-34");
    expect(await screen.findByText("10 of 350 match")).toBeDefined();
    expect(screen.getAllByRole("option")).toHaveLength(10);
    await user.type(screen.getByRole("searchbox"), "x");
    expect(await screen.findByText(say("resource.none_match"))).toBeDefined();
  });

  it("drops the answer to a filter that was typed over", async () => {
    const user = userEvent.setup();
    const answers = new Map<string, (window: ResourceWindow) => void>();
    await open("choose-many", {
      listResources: (filter) => new Promise((resolve) => answers.set(filter, resolve)),
    });
    await user.type(screen.getByRole("searchbox"), "ab");
    answers.get("ab")?.({ ...windowOf(2), matching: 2 });
    expect(await screen.findByText("2 of 350 match")).toBeDefined();
    answers.get("a")?.({ ...windowOf(7), matching: 7 });
    await Promise.resolve();
    expect(screen.getAllByRole("option"), "the older answer came later").toHaveLength(2);
  });

  it("stays as it is until a key in the filter is answered", async () => {
    const answers = new Map<string, (window: ResourceWindow) => void>();
    await open("choose-many", {
      listResources: (filter) =>
        filter === ""
          ? Promise.resolve(windowOf(9))
          : new Promise((resolve) => answers.set(filter, resolve)),
    });
    const before = await screen.findAllByRole("option");
    await userEvent.type(screen.getByRole("searchbox"), "a");
    const rows = screen.getAllByRole("option");
    expect(rows[0], "a row that is made anew is painted for nothing").toBe(before[0]);
    expect(screen.getByText("9 resources"), "the count is that of the rows").toBeDefined();
    answers.get("a")?.(windowOf(2));
    expect(await screen.findByText("2 of 350 match")).toBeDefined();
    expect(screen.getAllByRole("option")).toHaveLength(2);
  });

  it("is read again when it changes", async () => {
    const listResources = vi.fn(() => Promise.resolve(windowOf(3)));
    const { send } = await open("choose", { listResources });
    const { snapshot } = named("choose");
    if (snapshot.page.step === "choose_resource") {
      const page = { ...snapshot.page, list_revision: 2 };
      send({ kind: "snapshot", snapshot: { ...snapshot, page } });
    }
    expect(listResources).toHaveBeenCalledTimes(2);
  });

  it("says in words what stands in the way of a resource", async () => {
    await open("choose");
    const fenced = screen.getByRole("option", { name: /contoso-fenced/ });
    expect(within(fenced).getByText(say("obstacle.network_rules"))).toBeDefined();
    expect(within(fenced).getByText(say("obstacle.not_ready"))).toBeDefined();
  });
});

describe("Use this resource", () => {
  const press = () => userEvent.click(screen.getByRole("button", { name: say("button.use_resource") }));

  it("says that the resource is missing, and leads to the list", async () => {
    await open("choose");
    await press();
    expect(screen.getByText(say("missing.resource"))).toBeDefined();
    expect(document.activeElement).toBe(list());
  });

  it("says that no deployment can chat", async () => {
    await open("chosen-no-deployments");
    await press();
    expect(screen.getByText(say("missing.chat_deployment"))).toBeDefined();
  });

  it("stops saying so once it is there", async () => {
    const { send } = await open("choose");
    await press();
    send({ kind: "snapshot", snapshot: named("chosen").snapshot });
    expect(screen.queryByText(say("missing.resource"))).toBeNull();
  });
});

function open(name: string, replaced: Partial<Backend> = {}): Promise<Opened> {
  return showState(named(name), { selectResource, ...replaced });
}

function named(name: string): State {
  const state = STATES.find((candidate) => candidate.name === name);
  if (state === undefined) {
    throw new Error(`no state is named ${name}`);
  }
  return state;
}

function list(): HTMLElement {
  return screen.getByRole("listbox", { name: say("label.resources") });
}

function activeName(): string | undefined {
  const id = list().getAttribute("aria-activedescendant") ?? "";
  return document.getElementById(id)?.firstElementChild?.textContent;
}

function idOf(name: string) {
  return expect.stringMatching(new RegExp(`/accounts/${name}$`)) as string;
}

function windowOf(count: number): ResourceWindow {
  return { list_revision: 1, matching: count, from: 0, items: numbered(count) };
}
