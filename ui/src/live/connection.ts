import { EventReader, type LiveEvent } from "./stream";

/** Keeps one event stream open. Knows nothing of memos, so that its rules can be tested with a fake network and clock. */
export interface ConnectionDeps {
  open(token: string, signal: AbortSignal): Promise<Response>;
  /** The access token, another one when the server has refused `refused`; undefined when nobody is signed in any more. */
  token(refused?: string): Promise<string | undefined>;
  /** Resolves after `ms`, or earlier when there is reason to hope, or when `signal` ends it. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  onOpen(): void;
  onEvent(event: LiveEvent): void;
}

const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
/** A server without the stream may get it with an upgrade. */
const absentDelayMs = 10 * 60_000;
/** The server speaks every 30 s at the least: after two missed words the line is dead, whatever the network says. */
const silenceMs = 75_000;

/** 1 s doubling to 30 s, of which up to half is left to chance, so that many pages don't come back at one moment. */
export function retryDelay(failures: number, chance: number): number {
  const full = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 16));
  return full * (1 - chance / 2);
}

type Outcome = "ended" | "failed" | "refused" | "busy" | "absent";

/** Listens until `signal` ends it, or nobody is signed in any more. */
export async function listen(deps: ConnectionDeps, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let refused: string | undefined;
  while (!signal.aborted) {
    let outcome: Outcome = "failed";
    try {
      const token = await deps.token(refused);
      if (token === undefined) return;
      outcome = await listenOnce(deps, token, signal);
      if (outcome === "refused" && refused === undefined) {
        refused = token;
        continue;
      }
    } catch {
      // No token for want of a network.
    }
    if (outcome === "refused" || signal.aborted) return;
    refused = undefined;
    if (outcome === "ended") failures = 0;
    await deps.pause(outcome === "absent" ? absentDelayMs : retryDelay(outcome === "busy" ? Infinity : failures, Math.random()), signal);
    failures += 1;
  }
}

function outcomeOf(status: number): Outcome {
  if (status === 401) return "refused";
  if (status === 503) return "busy";
  return status === 404 || status === 405 || status === 501 ? "absent" : "failed";
}

async function listenOnce(deps: ConnectionDeps, token: string, signal: AbortSignal): Promise<Outcome> {
  const abort = new AbortController();
  const end = () => abort.abort();
  signal.addEventListener("abort", end);
  let timer = setTimeout(end, silenceMs);
  let heard = false;
  try {
    const response = await deps.open(token, abort.signal);
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (!response.ok || !isStream || !response.body) return response.ok ? "absent" : outcomeOf(response.status);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const events = new EventReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      clearTimeout(timer);
      timer = setTimeout(end, silenceMs);
      if (!heard) deps.onOpen();
      heard = true;
      events.push(decoder.decode(value, { stream: true })).forEach(deps.onEvent);
    }
  } catch {
    // The network's many ways to end a stream are all the same here.
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    abort.abort();
  }
  return heard ? "ended" : "failed";
}
