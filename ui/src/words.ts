/** Every sentence comes from `words/en.json`; nothing else in this folder holds one. */
import words from "../../words/en.json";

import type { Notice } from "./contract";

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

/** The sentence of a code that the core sent; a test proves that each has one. */
export function sayNotice(family: "notice" | "finding" | "result" | "store", notice: Notice): string {
  const key = `${family}.${notice.code}`;
  return isKey(key) ? say(key, notice.parameters) : key;
}

/** The service that a kind of account belongs to. */
export function sayKind(kind: string): string {
  const key = `resource.kind.${kind.toLowerCase()}`;
  return isKey(key) ? say(key) : kind;
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
