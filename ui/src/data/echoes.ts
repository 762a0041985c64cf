import type { LiveEvent, LiveKind } from "@/live/stream";

/**
 * The server tells every change to everyone, also to the tab that made it. Writes announce here what will come back, so that
 * the echo, which may arrive before the answer, causes no request.
 */
interface Echo {
  type: LiveKind;
  name: string;
}

const expected: Echo[] = [];

/** An echo that hasn't come by then, for want of a stream, won't; it must not swallow somebody else's event. */
const keptMs = 5_000;

function forget(echo: Echo): void {
  const at = expected.indexOf(echo);
  if (at >= 0) expected.splice(at, 1);
}

/** Runs a write whose event of this kind about `name` is of no news here. */
export async function withEcho<T>(type: LiveKind, name: string, write: () => Promise<T>): Promise<T> {
  const echo = { type, name };
  expected.push(echo);
  try {
    const answer = await write();
    setTimeout(() => forget(echo), keptMs);
    return answer;
  } catch (error) {
    forget(echo);
    throw error;
  }
}

/** True once for every write made here. */
export function takeEcho({ type, name }: LiveEvent): boolean {
  const echo = expected.find((one) => one.type === type && one.name === name);
  if (echo) forget(echo);
  return echo !== undefined;
}
