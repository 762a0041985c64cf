import { Code } from "@connectrpc/connect";
import { codeOf, isGone } from "@/api/errors";
import { keeper, session } from "@/api/session";
import { takeEcho } from "@/data/echoes";
import { cachedMemo, dropMemo, memoKeys, putMemo } from "@/data/memoCache";
import { resyncShown } from "@/data/memoSync";
import { fetchMemo, writesDone } from "@/data/memos";
import { forgetNewcomers, isOffered, offerMemo, withdrawMemos } from "@/data/newcomers";
import { isPendingDelete } from "@/data/pendingDeletes";
import { personalKeys } from "@/data/personal";
import { queryClient } from "@/data/queryClient";
import { meKey } from "@/data/users";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import type { User } from "@/gen/memos/api/v1/user_service_pb";
import { editing } from "@/memo/cardActions";
import { listen } from "./connection";
import type { LiveEvent } from "./stream";
import { LiveUpdates } from "./updates";

/**
 * One stream per browser: the tab holding a lock listens and passes on what it hears. Where there are no locks (plain http),
 * each tab listens for itself, but only while it is looked at, since browsers open few connections to one server.
 */
const lockName = "memora.live";
const locks: LockManager | undefined = navigator.locks;
const hiddenPatienceMs = locks ? 5 * 60_000 : 5_000;

/** `open`: a stream has begun, and what came before it may have been missed. */
type TabMessage = { kind: "open" } | { kind: "event"; event: LiveEvent };

const tabs = !locks || typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(lockName);

const myName = () => queryClient.getQueryData<User>(meKey)?.name;
const isVisible = () => document.visibilityState === "visible";
const knows = (name: string) => isOffered(name) || cachedMemo(name) !== undefined;

async function fetchStored(name: string): Promise<Memo | null> {
  await writesDone(name);
  const memo = await fetchMemo(name).catch((error: unknown) => {
    if (isGone(error)) return null;
    throw error;
  });
  // Written to while on its way: the answer to that write is newer.
  await writesDone(name);
  return memo;
}

function drop(name: string): void {
  // What is being written is worth more than a tidy list: saving will tell.
  if (editing.get().has(name)) return;
  withdrawMemos([name]);
  dropMemo(name);
  // On its own page it is still shown: the page finds out and says so.
  void queryClient.invalidateQueries({ queryKey: memoKeys.one(name), exact: true });
}

function commented(parent: string): void {
  void queryClient.invalidateQueries({ queryKey: memoKeys.comments(parent), exact: true });
  const me = myName();
  if (me && cachedMemo(parent)?.creator === me) void queryClient.invalidateQueries({ queryKey: personalKeys.notifications(me) });
}

const updates = new LiveUpdates({
  me: myName,
  knows,
  isEcho: takeEcho,
  awake: isVisible,
  fetch: fetchStored,
  put(memo, isNew) {
    if (isOffered(memo.name)) offerMemo(memo);
    else if (!isPendingDelete(memo.name)) putMemo(memo, !isNew);
  },
  offer: offerMemo,
  drop,
  commented,
  resync: resyncShown,
});

// A page that has just loaded needn't ask for everything twice.
const startedAt = Date.now();
const startMs = 10_000;
const recentMs = 5_000;
let firstOpen = true;

function hear(message: TabMessage): void {
  if (message.kind === "open") {
    const now = Date.now();
    updates.lost(firstOpen && now - startedAt < startMs ? now - recentMs : now);
    firstOpen = false;
  } else updates.take(message.event);
}

function tell(message: TabMessage): void {
  tabs?.postMessage(message);
  hear(message);
}

async function token(refused?: string): Promise<string | undefined> {
  try {
    return (await (refused === undefined ? keeper.fresh() : keeper.renew(refused))).text;
  } catch (error) {
    if (codeOf(error) === Code.Unauthenticated) return undefined;
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

const connection = {
  open: (bearer: string, signal: AbortSignal) => fetch("/api/v1/sse", { headers: { Authorization: `Bearer ${bearer}` }, cache: "no-store", signal }),
  token,
  pause,
  onOpen: () => tell({ kind: "open" }),
  onEvent: (event: LiveEvent) => tell({ kind: "event", event }),
};

let running: AbortController | undefined;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

function stop(): void {
  running?.abort();
  running = undefined;
}

async function run(own: AbortController): Promise<void> {
  const work = () => listen(connection, own.signal);
  try {
    await (locks ? locks.request(lockName, { signal: own.signal }, work) : work());
  } catch {
    // Stopped while waiting for its turn.
  } finally {
    if (running === own) running = undefined;
  }
}

/** Listens, or not, as things stand. */
function review(): void {
  clearTimeout(hiddenTimer);
  if (session.get() !== "member") {
    stop();
    forgetNewcomers();
  } else if (isVisible()) {
    if (!running) void run((running = new AbortController()));
    updates.wake();
  } else hiddenTimer = setTimeout(stop, hiddenPatienceMs);
}

tabs?.addEventListener("message", (event: MessageEvent<TabMessage>) => session.get() === "member" && hear(event.data));
document.addEventListener("visibilitychange", review);
session.subscribe(review);
review();
