import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it } from "vitest";

import words from "../../words/en.json";
import { FAILURE_STATES } from "./testing/states";
import { say, sayAction, sayCount, sayFailure, sayKind, sayNotice } from "./words";

const SOURCE = resolve(import.meta.dirname);
const CORE = resolve(SOURCE, "../../core");

const keys = Object.keys(words);
const uiText = readAll(SOURCE, /^(?!.*\.test\.tsx?$).*\.tsx?$/, ["testing", "preview"]);
const coreText = readAll(CORE, /\.rs$/, []);

describe("words/en.json", () => {
  it("has a sentence for each member of each family that the core sends by code", () => {
    const missing = Object.entries(FAMILIES).flatMap(([type, patterns]) =>
      membersOf(type).flatMap((member) =>
        patterns.map((pattern) => pattern.replace("*", member)).filter((key) => !keys.includes(key)),
      ),
    );
    expect(missing).toEqual([]);
  });

  it("has no sentence that nothing shows", () => {
    const families = new Set(
      Object.entries(FAMILIES).flatMap(([type, patterns]) =>
        membersOf(type).flatMap((member) => patterns.map((pattern) => pattern.replace("*", member))),
      ),
    );
    const unused = keys.filter((key) => !families.has(key) && !isNamed(key));
    expect(unused).toEqual([]);
  });

  it("has no word that the manners forbid", () => {
    const rude = Object.entries(words).filter(([, sentence]) =>
      /\b(please|sorry|oops|error:|forbidden|illegal|invalid)\b/i.test(sentence),
    );
    expect(rude).toEqual([]);
  });

  it("spells quotation marks and apostrophes as print does", () => {
    const typed = Object.entries(words).filter(
      ([key, sentence]) => !key.endsWith(".content") && /['"]/.test(sentence),
    );
    expect(typed).toEqual([]);
  });

  it("names in a failure what the failure carries, and nothing else", () => {
    const wrong = FAILURE_STATES.flatMap(({ snapshot: { failure } }) => {
      if (failure === null) {
        return [];
      }
      const { code, parameters } = failure;
      const named = [...placeholdersOf(`failure.${code}.title`), ...placeholdersOf(`failure.${code}.body`)];
      const unlike = [...new Set(named)].sort().join() !== Object.keys(parameters).sort().join();
      return unlike ? [code] : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe("a sentence", () => {
  it("has its placeholders filled", () => {
    expect(say("step.position", { number: 2, count: 5 })).toBe("Step 2 of 5");
  });

  it("takes a value as it is, whatever it looks like", () => {
    expect(say("access.works.body", { resource: "$& {resource}" })).toContain("$& {resource}");
  });

  it("distinguishes one from several", () => {
    expect(sayCount("resource.count", 1, { matching: 1 })).toBe("1 resource");
    expect(sayCount("resource.count", 2, { matching: 2 })).toBe("2 resources");
  });

  it("is found by the code that the core sent", () => {
    expect(sayNotice("result", { code: "has_role", parameters: { role: "Reader" } })).toBe(
      "You have the role Reader.",
    );
  });

  it("calls a button by what it does about this failure", () => {
    expect(sayAction("sign_in_with_device_code", "device_code_expired")).toBe("Get a new code");
    expect(sayAction("sign_in_with_device_code", "sign_in_timed_out")).toBe("Sign in with a code");
  });

  it("says a moment by the clock of this computer", () => {
    const now = "2026-03-04T05:06:07Z";
    const said = sayFailure("certificate_date", "body", { from: now, until: now, now });
    expect(said).toContain("2026");
    expect(said, "people don’t read RFC 3339").not.toContain(now);
  });

  it("names a kind of account that it does not know as Azure does", () => {
    expect(sayKind("OpenAI")).toBe("Azure OpenAI");
    expect(sayKind("SpeechServices")).toBe("SpeechServices");
  });
});

/** The sentences that follow from a type of the contract. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  Code: ["failure.*.title", "failure.*.body"],
  Action: ["action.*"],
  Link: ["link.*"],
  CommandKind: ["command.*", "label.command.*"],
  TextKind: ["text.*", "*.content", "label.text.*"],
  Activity: ["busy.*"],
  Obstacle: ["obstacle.*", "obstacle_help.*"],
  SubdomainState: ["subdomain.*"],
  Retirement: ["resource.deployment.retirement.*"],
  Step: ["step.*.title", "step.*.heading"],
  Way: ["label.way.*"],
  CloudName: ["cloud.*"],
  MayAssign: ["may_assign.*", "access.plan.undo.*"],
  Usage: ["usage.*", "role_reason.*"],
  RoleScope: ["role_scope.*", "access.plan.scope.*"],
  RecipeKind: ["recipe.*"],
  RecipeStep: ["recipe_step.*"],
  PortalPage: ["portal.*"],
  Verdict: ["access.verdict.*", "access.verdict.*.body"],
  ChangeKind: ["project.line.*"],
  ProofReason: ["proof.*"],
  TenantStatus: ["tenants.status.*"],
  TenantKnown: ["tenant.*"],
  Audience: ["tenants.refused.*"],
  HostPurpose: ["purpose.*"],
  NetworkStage: ["stage.*"],
  StageOutcome: ["outcome.*"],
  HostTrust: ["trust.*"],
  VariableHolds: ["variable_state.*"],
  Shell: ["shell.*"],
  ChangeDeed: ["change.*"],
  ChangeState: ["change_state.*"],
  UndoEffect: ["undo_effect.*"],
  NoUndo: ["no_undo.*"],
};

function membersOf(type: string): string[] {
  const contract = readFileSync(resolve(SOURCE, "contract.ts"), "utf8");
  const union = new RegExp(`export type ${type} = ([^;]+);`).exec(contract)?.[1] ?? "";
  // The members of a tagged union are its tags.
  const members = [...union.matchAll(/"kind": "(\w+)"/g), ...union.matchAll(/(?:^|\| )"(\w+)"/g)]
    .flatMap(([, member]) => member ?? [])
    .filter((member) => member !== "empty");
  expect(members.length, `${type} is a union of the contract`).toBeGreaterThan(0);
  return members;
}

/** Whether the key, or the part of it that varies with the state, stands in the sources. */
function isNamed(key: string): boolean {
  if (uiText.includes(`"${key}"`) || coreText.includes(`"${key}"`)) {
    return true;
  }
  const [family = "", ...rest] = key.split(".");
  if (["notice", "finding", "role_reason", "result", "store", "connectivity", "record"].includes(family)) {
    return coreText.includes(`"${rest.join(".")}"`);
  }
  const [action, code] = rest;
  if (family === "action" && action !== undefined && code !== undefined) {
    return membersOf("Action").includes(action) && membersOf("Code").includes(code);
  }
  if (family === "resource" && rest[0] === "kind") {
    return coreText.toLowerCase().includes(`"${rest[1] ?? ""}"`);
  }
  const stem = key.slice(0, key.lastIndexOf("."));
  return uiText.includes(`\`${stem}.\${`) || uiText.includes(`sayCount("${stem}"`);
}

function placeholdersOf(key: string): string[] {
  const sentence: string = words[key as keyof typeof words];
  return [...sentence.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
}

function readAll(folder: string, names: RegExp, without: readonly string[]): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => names.test(path) && !without.some((part) => path.startsWith(part)))
    .map((path) => readFileSync(resolve(folder, path), "utf8"))
    .join("\n");
}
