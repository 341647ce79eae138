import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, describe, expect, it } from "vitest";

import { COMMANDS, backend, type Backend } from "./backend";
import type { Message } from "./contract";

const FIXTURE = resolve(import.meta.dirname, "../fixtures/commands.json");

afterEach(() => {
  clearMocks();
});

describe("the door to Rust", () => {
  it("has the commands that the core has, in its order", () => {
    const commands: unknown = JSON.parse(readFileSync(FIXTURE, "utf8"));
    expect(COMMANDS).toEqual(commands);
  });

  it("has one function per command, under its name in camel case", () => {
    const names = COMMANDS.map((name) => name.replace(/_(\w)/g, (_, c: string) => c.toUpperCase()));
    expect(Object.keys(backend)).toEqual(names);
  });

  it.each(calls())("sends %s with what Rust expects", async (command, call, expected) => {
    const sent: [string, unknown][] = [];
    mockIPC((name, parameters) => {
      sent.push([name, parameters]);
    });
    await call(backend);
    expect(sent).toEqual([[command, expected]]);
  });

  it("hears every message of the channel", async () => {
    const heard: Message[] = [];
    mockIPC((_, parameters) => {
      const { channel } = parameters as { channel: { onmessage: (message: Message) => void } };
      channel.onmessage({ kind: "piece", number: 0, text: "Hello" });
    });
    await backend.watch((message) => heard.push(message));
    expect(heard).toEqual([{ kind: "piece", number: 0, text: "Hello" }]);
  });

  it("passes a refusal on", async () => {
    mockIPC(() => {
      throw new Error("no such command");
    });
    await expect(backend.cancel()).rejects.toThrow("no such command");
  });
});

type Call = [command: string, call: (door: Backend) => Promise<unknown>, expected: object];

function calls(): Call[] {
  return [
    ["choose_tenant", (door) => door.chooseTenant("contoso.com"), { text: "contoso.com" }],
    ["sign_in_with_browser", (door) => door.signInWithBrowser(), {}],
    ["choose_cloud", (door) => door.chooseCloud("us_government"), { cloud: "us_government" }],
    ["borrow_sign_in", (door) => door.borrowSignIn("azure_cli"), { tool: "azure_cli" }],
    ["open_browser_again", (door) => door.openBrowserAgain(), {}],
    ["sign_in_to_tenant", (door) => door.signInToTenant("t"), { id: "t" }],
    [
      "press_tenant_remedy",
      (door) => door.pressTenantRemedy("t", 1),
      { id: "t", index: 1 },
    ],
    ["switch_account", (door) => door.switchAccount(), {}],
    ["stay_signed_in", (door) => door.staySignedIn(false), { on: false }],
    ["sign_out", (door) => door.signOut(), {}],
    ["start_practice", (door) => door.startPractice(), {}],
    ["leave_practice", (door) => door.leavePractice(), {}],
    ["list_resources", (door) => door.listResources("a", 100, 50), { filter: "a", from: 100, count: 50 }],
    ["select_resource", (door) => door.selectResource("/x"), { id: "/x" }],
    ["select_deployment", (door) => door.selectDeployment("gpt"), { name: "gpt" }],
    ["press_advice", (door) => door.pressAdvice("not_ready", 1), { obstacle: "not_ready", index: 1 }],
    ["check_subdomain", (door) => door.checkSubdomain("contoso"), { name: "contoso" }],
    ["set_subdomain", (door) => door.setSubdomain("contoso"), { name: "contoso" }],
    ["close_subdomain", (door) => door.closeSubdomain(), {}],
    ["confirm_resource", (door) => door.confirmResource(), {}],
    ["open_endpoint", (door) => door.openEndpoint(), {}],
    ["use_endpoint", (door) => door.useEndpoint("e", "d"), { endpoint: "e", deployment: "d" }],
    ["close_endpoint", (door) => door.closeEndpoint(), {}],
    ["choose_usage", (door) => door.chooseUsage("files"), { usage: "files" }],
    ["choose_role", (door) => door.chooseRole("r"), { roleId: "r" }],
    ["choose_role_scope", (door) => door.chooseRoleScope("account"), { scope: "account" }],
    ["assign_role", (door) => door.assignRole("name"), { plan: "name" }],
    ["check_access", (door) => door.checkAccess(), {}],
    ["undo_role", (door) => door.undoRole(), {}],
    ["open_portal", (door) => door.openPortal("person"), { page: "person" }],
    ["confirm_access", (door) => door.confirmAccess(), {}],
    ["choose_folder", (door) => door.chooseFolder(), {}],
    ["write_env", (door) => door.writeEnv(), {}],
    ["send_test_message", (door) => door.sendTestMessage(), {}],
    ["go_to_step", (door) => door.goToStep("get_access"), { step: "get_access" }],
    ["check_network", (door) => door.checkNetwork(), {}],
    ["save_certificates", (door) => door.saveCertificates(), {}],
    ["show_changes", (door) => door.showChanges(), {}],
    ["undo_change", (door) => door.undoChange(7), { number: 7 }],
    ["close_aside", (door) => door.closeAside(), {}],
    ["cancel", (door) => door.cancel(), {}],
    ["press_remedy", (door) => door.pressRemedy(1), { index: 1 }],
  ];
}
