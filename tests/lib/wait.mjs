// Waiting for what a machine takes its time for. A test waits for what is to happen, never for a time in which it should
// have happened by now.

/** How long tests wait for something that takes a moment on an idle machine, in milliseconds. */
export const PATIENCE_MS = 60_000;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Repeats check() until what it gives (or resolves to) is true, and gives that; fails when patience is over. */
export async function until(what, check, patience = PATIENCE_MS) {
  for (const end = performance.now() + patience; ; ) {
    const found = await check();
    if (found) return found;
    if (performance.now() > end) throw new Error(`after ${patience / 1000} s still not: ${what}`);
    await pause(20);
  }
}

/** The middle one: a single slow moment of the machine does not count. */
export const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
