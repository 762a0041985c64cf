// SQLite: the database is a file in the data directory, which its owner removes.
import { cpSync } from "node:fs";
import { join } from "node:path";

import { fixture as recorded } from "./paths.js";

export const expected = "expected.json";

export async function prepare({ dir, fixture }) {
  if (fixture) cpSync(join(recorded, "sqlite"), dir, { recursive: true });
  return { args: [], env: {}, cleanUp: async () => {} };
}
