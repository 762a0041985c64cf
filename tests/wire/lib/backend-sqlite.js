// SQLite: the database is a file in the data directory, which its owner removes. MEMORA_WIRE_DATA names a data directory
// that holds the recorded data after they were moved (tests/move), in place of the recorded one.
import { cpSync } from "node:fs";
import { join } from "node:path";

import { fixture as recorded } from "./paths.js";

export const expected = "expected.json";

export async function prepare({ dir, fixture }) {
  if (fixture) cpSync(process.env.MEMORA_WIRE_DATA || join(recorded, "sqlite"), dir, { recursive: true });
  return { args: [], env: {}, cleanUp: async () => {} };
}
