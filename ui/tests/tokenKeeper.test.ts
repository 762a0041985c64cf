import { beforeEach, describe, expect, it, vi } from "vitest";
import { type KeeperDeps, renewBeforeMs, TokenKeeper, type TokenMessage } from "@/api/tokenKeeper";

const minute = 60_000;

/** Tabs that share a channel, a lock and a server whose refresh cookie works once per rotation. */
function makeTabs(options: { lock: boolean; answerMs?: number }) {
  const listeners: { tab: number; listener: (message: TokenMessage) => void }[] = [];
  const server = { calls: 0, cookie: 0, broken: false };
  let turn: Promise<unknown> = Promise.resolve();
  const signedOut = vi.fn();

  function makeTab(tab: number): TokenKeeper {
    const deps: KeeperDeps = {
      async refresh() {
        server.calls += 1;
        const cookie = server.cookie;
        await new Promise((resolve) => setTimeout(resolve, options.answerMs ?? 10));
        if (server.broken) throw new Error("no cookie");
        if (cookie !== server.cookie) throw new Error("revoked");
        server.cookie += 1;
        return { text: `t${server.cookie}`, expiresAt: Date.now() + 15 * minute };
      },
      now: () => Date.now(),
      channel: {
        post: (message) => listeners.forEach((one) => one.tab !== tab && setTimeout(() => one.listener(message), 1)),
        onMessage: (listener) => listeners.push({ tab, listener }),
      },
      exclusive(work) {
        if (!options.lock) return work();
        const result = turn.then(work, work);
        turn = result.catch(() => undefined);
        return result;
      },
      onSignedOut: signedOut,
    };
    return new TokenKeeper(deps);
  }

  return { server, signedOut, tabs: [makeTab(0), makeTab(1)] as const };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  return () => vi.useRealTimers();
});

async function settle<T>(promise: Promise<T>): Promise<T> {
  const done = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  await vi.advanceTimersByTimeAsync(1000);
  const result = await done;
  if ("error" in result) throw result.error;
  return result.value;
}

describe("TokenKeeper", () => {
  it("merges refreshes asked for at the same time", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    const tokens = await settle(Promise.all([tabs[0].fresh(), tabs[0].fresh(), tabs[0].renew()]));
    expect(tokens.map((token) => token.text)).toEqual(["t1", "t1", "t1"]);
    expect(server.calls).toBe(1);
  });

  it("renews 30 seconds before the end, not earlier", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    await settle(tabs[0].fresh());
    vi.advanceTimersByTime(15 * minute - renewBeforeMs - 2000);
    await settle(tabs[0].fresh());
    expect(server.calls).toBe(1);
    vi.advanceTimersByTime(3000);
    expect((await settle(tabs[0].fresh())).text).toBe("t2");
  });

  it("shares a new token with the other tabs", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    await settle(tabs[0].fresh());
    expect((await settle(tabs[1].fresh())).text).toBe("t1");
    expect(server.calls).toBe(1);
  });

  it("asks the other tabs first", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    tabs[0].set({ text: "given", expiresAt: Date.now() + minute });
    await vi.advanceTimersByTimeAsync(5);
    expect((await settle(tabs[1].askOthers()))?.text).toBe("given");
    expect(server.calls).toBe(0);
  });

  it("gets no answer when no tab has a token", async () => {
    const { tabs } = makeTabs({ lock: true });
    expect(await settle(tabs[1].askOthers())).toBeUndefined();
  });

  it("lets only one of two tabs use the cookie when there is a lock", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    const tokens = await settle(Promise.all([tabs[0].fresh(), tabs[1].fresh()]));
    expect(new Set(tokens.map((token) => token.text))).toEqual(new Set(["t1"]));
    expect(server.calls).toBe(1);
  });

  it("takes the winner's token when two tabs collide without a lock", async () => {
    const { server, tabs } = makeTabs({ lock: false });
    const tokens = await settle(Promise.all([tabs[0].fresh(), tabs[1].fresh()]));
    expect(tokens.map((token) => token.text)).toEqual(["t1", "t1"]);
    expect(server.calls).toBe(2);
  });

  it("renews a refused token once, however many calls were refused", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    const first = await settle(tabs[0].fresh());
    const tokens = await settle(Promise.all([tabs[0].renew(first.text), tabs[0].renew(first.text)]));
    expect(tokens.map((token) => token.text)).toEqual(["t2", "t2"]);
    expect((await settle(tabs[0].renew(first.text))).text).toBe("t2");
    expect(server.calls).toBe(2);
  });

  it("tells the failure and can try again later", async () => {
    const { server, tabs } = makeTabs({ lock: true });
    server.broken = true;
    await expect(settle(tabs[0].fresh())).rejects.toThrow("no cookie");
    server.broken = false;
    expect((await settle(tabs[0].fresh())).text).toBe("t1");
  });

  it("forgets the token when another tab signs out", async () => {
    const { signedOut, tabs } = makeTabs({ lock: true });
    await settle(tabs[0].fresh());
    tabs[1].clear();
    await vi.advanceTimersByTimeAsync(5);
    expect(tabs[0].current).toBeUndefined();
    expect(signedOut).toHaveBeenCalledTimes(1);
  });
});
