import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { takeEcho, withEcho } from "@/data/echoes";
import type { ListSpec, MemoPage } from "@/data/memoLists";
import { newcomersFor } from "@/data/newcomers";
import { State } from "@/gen/memos/api/v1/common_pb";
import { type Memo, MemoSchema, Visibility } from "@/gen/memos/api/v1/memo_service_pb";
import { type ConnectionDeps, listen, retryDelay } from "@/live/connection";
import { EventReader, type LiveEvent, readEvent } from "@/live/stream";
import { LiveUpdates, type UpdatesDeps } from "@/live/updates";

vi.hoisted(() => {
  // Modules of the page listen for its end.
  globalThis.window ??= { addEventListener: () => undefined } as unknown as Window & typeof globalThis;
});

const memo = (id: string, creator = "users/bob", at = 1): Memo =>
  create(MemoSchema, { name: `memos/${id}`, creator, state: State.NORMAL, visibility: Visibility.PUBLIC, createTime: { seconds: BigInt(at), nanos: 0 } });

describe("readEvent", () => {
  it("takes what it knows and nothing else", () => {
    expect(readEvent('{"type":"memo.updated","name":"memos/a","parent":"memos/b"}')).toEqual({ type: "memo.updated", name: "memos/a", parent: "memos/b" });
    expect(readEvent('{"type":"memo.created","name":"memos/a","parent":7,"more":1}')).toEqual({ type: "memo.created", name: "memos/a" });
    for (const bad of ["", "null", "[]", "{", '{"type":"memo.moved","name":"memos/a"}', '{"type":"memo.created"}', '{"type":"memo.created","name":"users/a"}', '{"type":"memo.created","name":"memos/a/b"}'])
      expect(readEvent(bad), bad).toBeUndefined();
  });
});

describe("EventReader", () => {
  const text = ': connected\n\ndata: {"type":"memo.created","name":"memos/a"}\n\n: heartbeat\n\ndata:{"type":"memo.deleted","name":"memos/b"}\r\n\r\ndata: junk\n\ndata: {"type":"memo.up';
  const found = ["memos/a", "memos/b"];

  it("finds the events in one piece", () => {
    expect(new EventReader().push(text).map((event) => event.name)).toEqual(found);
  });

  it("finds the same events wherever the stream is cut", () => {
    for (let at = 0; at <= text.length; at++) {
      const reader = new EventReader();
      expect([...reader.push(text.slice(0, at)), ...reader.push(text.slice(at))].map((event) => event.name)).toEqual(found);
    }
    const reader = new EventReader();
    expect([...text].flatMap((letter) => reader.push(letter)).map((event) => event.name)).toEqual(found);
  });

  it("gives up on what never becomes an event", () => {
    const reader = new EventReader();
    expect(() => reader.push("x".repeat(70_000))).toThrow();
  });
});

describe("withEcho", () => {
  const event: LiveEvent = { type: "memo.updated", name: "memos/a" };
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("knows an own change once per write, before and after the answer", async () => {
    const write = withEcho("memo.updated", "memos/a", async () => {
      expect(takeEcho({ ...event, type: "memo.created" })).toBe(false);
      expect(takeEcho(event)).toBe(true);
      return 1;
    });
    expect(await write).toBe(1);
    expect(takeEcho(event)).toBe(false);
    await withEcho("memo.updated", "memos/a", () => Promise.resolve());
    expect(takeEcho(event)).toBe(true);
  });

  it("expects nothing of a failed write, and not for long of any", async () => {
    await expect(withEcho("memo.updated", "memos/a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(takeEcho(event)).toBe(false);
    await withEcho("memo.updated", "memos/a", () => Promise.resolve());
    vi.advanceTimersByTime(6_000);
    expect(takeEcho(event)).toBe(false);
  });
});

/** Updates over a pretended page: `store` is the server, `page` what is shown; everything done is written down. */
function pretend(more: Partial<UpdatesDeps> = {}) {
  const store = new Map<string, Memo>();
  const page = new Set<string>();
  const log: string[] = [];
  const deps: UpdatesDeps = {
    me: () => "users/ann",
    knows: (name) => page.has(name),
    isEcho: () => false,
    awake: () => true,
    fetch: (name) => {
      log.push(`fetch ${name}`);
      return Promise.resolve(store.get(name) ?? null);
    },
    put: (one, isNew) => void log.push(`put ${one.name}${isNew ? " new" : ""}`),
    offer: (one) => void log.push(`offer ${one.name}`),
    drop: (name) => void log.push(`drop ${name}`),
    commented: (name) => void log.push(`comments ${name}`),
    resync: (since) => void log.push(`resync ${since}`),
    ...more,
  };
  const updates = new LiveUpdates(deps);
  const take = async (type: LiveEvent["type"], name: string, parent?: string) => {
    updates.take({ type, name, ...(parent && { parent }) });
    await new Promise((resolve) => setTimeout(resolve));
    return log.splice(0);
  };
  return { updates, store, page, log, take };
}

describe("LiveUpdates", () => {
  it("shows one's own new memo, offers another's, and passes over one not to be seen", async () => {
    const { store, take } = pretend();
    store.set("memos/a", memo("a", "users/ann")).set("memos/b", memo("b"));
    expect(await take("memo.created", "memos/a")).toEqual(["fetch memos/a", "put memos/a new"]);
    expect(await take("memo.created", "memos/b")).toEqual(["fetch memos/b", "offer memos/b"]);
    expect(await take("memo.created", "memos/c")).toEqual(["fetch memos/c"]);
  });

  it("changes a known memo in place and takes out one that has become hidden", async () => {
    const { store, page, take } = pretend();
    store.set("memos/b", memo("b"));
    page.add("memos/b").add("memos/c");
    expect(await take("memo.updated", "memos/b")).toEqual(["fetch memos/b", "put memos/b"]);
    expect(await take("memo.updated", "memos/c")).toEqual(["fetch memos/c", "drop memos/c"]);
    expect(await take("memo.deleted", "memos/b")).toEqual(["drop memos/b"]);
  });

  it("asks about comments and reactions only where they are shown", async () => {
    const { store, page, take } = pretend();
    store.set("memos/b", memo("b"));
    expect(await take("reaction.upserted", "memos/b")).toEqual([]);
    expect(await take("memo.updated", "memos/k", "memos/b")).toEqual([]);
    expect(await take("memo.comment.created", "memos/b")).toEqual(["comments memos/b"]);
    page.add("memos/b");
    expect(await take("memo.comment.created", "memos/b")).toEqual(["comments memos/b", "fetch memos/b", "put memos/b"]);
    expect(await take("reaction.deleted", "memos/b")).toEqual(["fetch memos/b", "put memos/b"]);
  });

  it("does nothing about its own changes", async () => {
    const { page, take } = pretend({ isEcho: () => true });
    page.add("memos/b");
    for (const type of ["memo.created", "memo.updated", "memo.deleted", "memo.comment.created", "reaction.upserted"] as const) expect(await take(type, "memos/b")).toEqual([]);
  });

  it("asks once for many changes, and once more for one on the way", async () => {
    const { store, updates, log, take } = pretend();
    store.set("memos/a", memo("a", "users/ann")).set("memos/z", memo("z"));
    updates.take({ type: "memo.created", name: "memos/z" });
    updates.take({ type: "memo.created", name: "memos/a" });
    for (let n = 0; n < 5; n++) updates.take({ type: "memo.updated", name: "memos/a" });
    expect(await take("memo.updated", "memos/z")).toEqual(["fetch memos/z", "fetch memos/a", "put memos/a new", "fetch memos/z", "offer memos/z"]);
    expect(log).toEqual([]);
  });

  it("doesn't bring back what was deleted while being asked for", async () => {
    const { store, updates, take } = pretend();
    store.set("memos/a", memo("a", "users/ann"));
    updates.take({ type: "memo.created", name: "memos/a" });
    expect(await take("memo.deleted", "memos/a")).toEqual(["fetch memos/a", "drop memos/a"]);
  });

  it("goes on after a failed request", async () => {
    const failing = vi.fn().mockRejectedValueOnce(new Error("offline")).mockResolvedValue(memo("a", "users/ann"));
    const { take } = pretend({ fetch: failing });
    expect(await take("memo.created", "memos/a")).toEqual([]);
    expect(await take("memo.updated", "memos/a")).toEqual(["put memos/a"]);
  });

  it("waits while nobody looks, and asks for the screen once when too much has happened", async () => {
    let awake = false;
    const { updates, store, log, take } = pretend({ awake: () => awake });
    store.set("memos/a", memo("a", "users/ann"));
    expect(await take("memo.created", "memos/a")).toEqual([]);
    awake = true;
    updates.wake();
    await vi.waitFor(() => expect(log).toEqual(["fetch memos/a", "put memos/a new"]));
    log.length = 0;
    awake = false;
    vi.spyOn(Date, "now").mockReturnValue(5);
    for (let n = 0; n < 60; n++) expect(await take("memo.created", `memos/n${n}`)).toEqual([]);
    vi.restoreAllMocks();
    awake = true;
    updates.wake();
    updates.wake();
    expect(log).toEqual(["resync 5"]);
  });

  it("asks for the screen again when news was lost", () => {
    const { updates, log } = pretend();
    updates.lost(7);
    expect(log).toEqual(["resync 7"]);
  });
});

describe("newcomersFor", () => {
  const spec: ListSpec = { state: State.NORMAL, visibilities: [Visibility.PUBLIC], terms: [], pinnedFirst: false, by: "create_time", newestFirst: true };
  const pages: MemoPage[] = [{ memos: [memo("c", "users/ann", 30), memo("b", "users/bob", 20)], nextPageToken: "CAIQAg==" }];
  const names = (waiting: Memo[], where = spec) => newcomersFor(waiting, pages, where).map((one) => one.name);

  it("counts only what has a place among the loaded memos and isn't there", () => {
    const waiting = [memo("d", "users/bob", 40), memo("b", "users/bob", 20), memo("a", "users/bob", 10), { ...memo("p", "users/bob", 50), visibility: Visibility.PRIVATE }];
    expect(names(waiting)).toEqual(["memos/d"]);
    expect(names(waiting, { ...spec, creator: "users/ann" })).toEqual([]);
  });
});

describe("retryDelay", () => {
  it("doubles from 1 s to 30 s and leaves up to half to chance", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 1000].map((failures) => retryDelay(failures, 0))).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    expect(retryDelay(0, 1)).toBe(500);
    expect(retryDelay(Infinity, 0)).toBe(30_000);
  });
});

describe("listen", () => {
  const stream = (...pieces: string[]) =>
    new Response(new ReadableStream({ start: (to) => (pieces.forEach((piece) => to.enqueue(new TextEncoder().encode(piece))), to.close()) }), { headers: { "Content-Type": "text/event-stream" } });
  const status = (code: number) => new Response("{}", { status: code, headers: { "Content-Type": "application/json" } });

  /** Runs through the given answers, then ends; returns pauses, tokens and what was heard. */
  async function hear(answers: (() => Response)[], token?: ConnectionDeps["token"]) {
    const stop = new AbortController();
    const pauses: number[] = [];
    const tokens: string[] = [];
    const heard: string[] = [];
    await listen(
      {
        open: (bearer) => {
          tokens.push(bearer);
          const answer = answers.shift();
          if (!answers.length) stop.abort();
          return answer ? Promise.resolve(answer()) : Promise.reject(new TypeError("offline"));
        },
        token: token ?? ((refused) => Promise.resolve(refused === undefined ? "one" : "two")),
        pause: (ms) => (pauses.push(ms), Promise.resolve()),
        onOpen: () => void heard.push("open"),
        onEvent: (event) => void heard.push(event.name),
      },
      stop.signal,
    );
    return { pauses, tokens, heard };
  }
  const broken = () => {
    throw new TypeError("offline");
  };

  beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
  afterEach(() => void vi.restoreAllMocks());

  it("hears events over pieces and connects again, patient only while it fails", async () => {
    const talk = () => stream(": connected\n", '\ndata: {"type":"memo.created","na', 'me":"memos/ä"}\n\n');
    const { pauses, heard } = await hear([broken, broken, broken, talk, broken, () => status(500)]);
    expect(heard).toEqual(["open", "memos/ä"]);
    expect(pauses).toEqual([1000, 2000, 4000, 1000, 2000]);
  });

  it("asks rarely where there is no stream, and later where there is no room", async () => {
    expect((await hear([() => status(404), broken])).pauses).toEqual([600_000]);
    expect((await hear([() => new Response("<html>"), broken])).pauses).toEqual([600_000]);
    expect((await hear([() => status(503), broken])).pauses).toEqual([30_000]);
  });

  it("takes a new token when refused, once, and stops when there is none", async () => {
    const { tokens, pauses } = await hear([() => status(401), () => status(401), broken]);
    expect([tokens, pauses]).toEqual([["one", "two"], []]);
    const signedOut = await hear([() => status(401), broken], (refused) => Promise.resolve(refused ? undefined : "one"));
    expect([signedOut.tokens, signedOut.pauses]).toEqual([["one"], []]);
  });

  it("tries again when the token couldn't be renewed for want of a network", async () => {
    const token = vi.fn().mockRejectedValueOnce(new TypeError("offline")).mockResolvedValue("one");
    expect((await hear([broken], token)).pauses).toEqual([1000]);
  });

  it("drops a line on which nothing is said for too long", async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const pauses: number[] = [];
    const done = listen(
      {
        open: (_, signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new TypeError("aborted")))),
        token: () => Promise.resolve("one"),
        pause: (ms) => (pauses.push(ms), stop.abort(), Promise.resolve()),
        onOpen: () => undefined,
        onEvent: () => undefined,
      },
      stop.signal,
    );
    await vi.advanceTimersByTimeAsync(80_000);
    await done;
    vi.useRealTimers();
    expect(pauses).toEqual([1000]);
  });
});
