// The versions of what is driven, from the manifest that pins them.

import { readFileSync } from "node:fs";

export function findVersions() {
  const manifest = new URL("package.json", import.meta.url);
  const { dependencies } = JSON.parse(readFileSync(manifest, "utf8"));
  const installed = Object.keys(dependencies).map((name) => {
    const found = new URL(`node_modules/${name}/package.json`, import.meta.url);
    return [name, JSON.parse(readFileSync(found, "utf8")).version];
  });
  return { node: process.versions.node, ...Object.fromEntries(installed) };
}
