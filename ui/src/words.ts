/** Every sentence comes from `words/en.json`; nothing else in this folder holds one. */
import words from "../../words/en.json";

import type { Action, Code, Notice } from "./contract";

/** The name of a sentence. */
export type Key = keyof typeof words;

/** The values of a sentence's placeholders. */
export type Parameters = Readonly<Record<string, string | number>>;

/** The sentence of this name, with its placeholders filled. */
export function say(key: Key, parameters: Parameters = {}): string {
  return fill(words[key], parameters);
}

/** The sentence for one or for several, as English distinguishes them. */
export function sayCount(key: Plural, count: number, parameters: Parameters): string {
  return say(`${key}.${count === 1 ? "one" : "other"}`, parameters);
}

/** The families of sentences whose codes the core sends. */
export type Family =
  | "notice"
  | "finding"
  | "role_reason"
  | "result"
  | "store"
  | "connectivity"
  | "record";

/** The sentence of a code that the core sent; a test proves that each has one. */
export function sayNotice(family: Family, notice: Notice): string {
  const key = `${family}.${notice.code}`;
  return isKey(key) ? say(key, notice.parameters) : key;
}

/**
 * What a failure says; a directory whose name is unknown goes by the beginning of its id, and a
 * moment by the clock of this computer.
 */
export function sayFailure(code: Code, part: "title" | "body", parameters: Parameters): string {
  const sentence = words[`failure.${code}.${part}`];
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name: string, position: number) => {
    const value = String(parameters[name] ?? placeholder);
    if (MOMENT.test(value)) {
      return TIME.format(new Date(value));
    }
    if (!DIRECTORIES.has(name) || !isGuid(value)) {
      return value;
    }
    const begins = position === 0 || /[.?!] $/.test(sentence.slice(0, position));
    return say(begins ? "directory.unnamed.first" : "directory.unnamed", { start: startOf(value) });
  });
}

/** What a button does about a failure, by a name of its own where that failure has one for it. */
export function sayAction(action: Action, code: Code): string {
  const key = `action.${action}.${code}`;
  return isKey(key) ? say(key) : say(`action.${action}`);
}

/** The ids of the directories that a failure names without knowing their names. */
export function unnamedDirectories(parameters: Parameters): string[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    DIRECTORIES.has(name) && isGuid(String(value)) ? [String(value)] : [],
  );
}

/** The name of a directory, or the beginning of its id where its name is unknown. */
export function sayDirectory(name: string | null, id: string): string {
  return name ?? say("directory.unnamed.name", { start: startOf(id) });
}

/** The service that a kind of account belongs to. */
export function sayKind(kind: string): string {
  const key = `resource.kind.${kind.toLowerCase()}`;
  return isKey(key) ? say(key) : kind;
}

/** The programs that read an environment variable. */
export function sayReader(variable: string): string {
  const key = `variable.${variable.toLowerCase()}`;
  return isKey(key) ? say(key) : "";
}

/** A number, in groups of three digits. */
export function sayNumber(number: number): string {
  return NUMBER.format(number);
}

/** A day as the core tells it: `2027-10-14`. */
export function sayDate(date: string): string {
  return DATE.format(new Date(date));
}

/** A moment (RFC 3339), by the clock of this computer and with its zone. */
export function sayMoment(moment: string): string {
  return ZONED.format(new Date(moment));
}

/** Several names in one sentence. */
export function sayList(names: readonly string[]): string {
  return LIST.format(names);
}

/** A moment as the core tells it (RFC 3339, UTC). */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** How a moment is said, in the language of the words. */
const TIME = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

const NUMBER = new Intl.NumberFormat("en");

/** A day without a time is midnight in UTC. */
const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });
const ZONED = new Intl.DateTimeFormat("en", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
  timeZoneName: "short",
});

const LIST = new Intl.ListFormat("en", { type: "conjunction" });

/** The parameters that hold a directory's name, or its id where the name is unknown. */
const DIRECTORIES: ReadonlySet<string> = new Set(["directory", "tenant"]);

/** Whether this is an id as Microsoft Entra spells it, rather than a name. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function startOf(id: string): string {
  return id.slice(0, 8);
}

type Plural = {
  [K in Key]: K extends `${infer Stem}.one` ? (`${Stem}.other` extends Key ? Stem : never) : never;
}[Key];

function isKey(key: string): key is Key {
  return Object.hasOwn(words, key);
}

function fill(sentence: string, parameters: Parameters): string {
  return sentence.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    String(parameters[name] ?? placeholder),
  );
}
