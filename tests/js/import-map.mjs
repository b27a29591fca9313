// Lets Node resolve the names by which modules import each other, such as "drawing/pad". It is loaded before the tests:
//
//   node --import ./tests/js/import-map.mjs --test tests/js/*.test.mjs
//
// Node calls hooks for the resolution of names from a module of their own, hence the second file.

import { register } from "node:module";

register("./import-map-hook.mjs", import.meta.url);
