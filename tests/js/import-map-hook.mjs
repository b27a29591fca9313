// Resolves names by the import map of the site, as browsers do: a name that the map forgets fails here, too.

import { readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const TEMPLATE = readFileSync(new URL("templates/base.html", ROOT), "utf8");
const ENTRIES = [...TEMPLATE.matchAll(/"([^"]+)": "\{% static '([^']+)' %\}"/g)];
const MODULES = new Map(ENTRIES.map(([, name, path]) => [name, new URL(`static/${path}`, ROOT).href]));

export function resolve(name, context, resolveByNode) {
  return resolveByNode(MODULES.get(name) ?? name, context);
}
