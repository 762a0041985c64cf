// Waiting for what must come: a bound that only a fault exceeds, however slow the machine is.
import assert from "node:assert/strict";

export const patience = 30_000; // milliseconds
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Repeats until check gives true; how long that took, in milliseconds. */
export async function until(what, check, limit = patience) {
  const start = performance.now();
  while (!(await check())) {
    assert.ok(performance.now() - start < limit, `${what}: not within ${limit} ms`);
    await pause(10);
  }
  return performance.now() - start;
}
