/**
 * Keeps the short-lived access token: in memory only, renewed before it ends, shared between tabs.
 * It knows nothing of the page or of RPC, so that its rules can be tested with a fake clock and channel.
 */
export interface Token {
  text: string;
  expiresAt: number; // ms since the epoch
}

export interface TokenChannel {
  post(message: TokenMessage): void;
  onMessage(listener: (message: TokenMessage) => void): void;
}

export type TokenMessage = { kind: "token"; token: Token } | { kind: "ask" } | { kind: "signed-out" };

export interface KeeperDeps {
  /** Asks the server for a new token by the refresh cookie; rejects when there is none any more. */
  refresh(): Promise<Token>;
  now(): number;
  channel: TokenChannel;
  /** Runs `work` while no other tab runs it. Rotation lets each refresh cookie be used only once. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  onSignedOut(): void;
}

/** A token is renewed this long before its end, so that no request travels with one about to expire. */
export const renewBeforeMs = 30_000;
/** How long the first question to the other tabs may hold up a start. */
const askMs = 50;
const newsMs = 25;

export class TokenKeeper {
  private token: Token | undefined;
  private renewing: Promise<Token> | undefined;
  private waiters = new Set<(token: Token) => void>();

  constructor(private readonly deps: KeeperDeps) {
    deps.channel.onMessage((message) => {
      if (message.kind === "token") this.accept(message.token);
      else if (message.kind === "ask" && this.usable()) deps.channel.post({ kind: "token", token: this.token! });
      else if (message.kind === "signed-out") {
        this.token = undefined;
        deps.onSignedOut();
      }
    });
  }

  get current(): Token | undefined {
    return this.token;
  }

  usable(marginMs = renewBeforeMs): boolean {
    return this.token !== undefined && this.token.expiresAt - this.deps.now() > marginMs;
  }

  /** A token good for at least `marginMs`, renewed if need be. Calls made meanwhile share one renewal. */
  async fresh(marginMs = renewBeforeMs): Promise<Token> {
    return this.usable(marginMs) ? this.token! : this.renew();
  }

  /** Renews even a token that looks good: the server has refused `refused`. */
  async renew(refused?: string): Promise<Token> {
    if (refused !== undefined && this.token && this.token.text !== refused && this.usable(0)) return this.token;
    this.renewing ??= this.renewOnce().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  /** Takes a token from another open tab, if one answers in time. */
  async askOthers(): Promise<Token | undefined> {
    const answer = this.nextToken(askMs);
    this.deps.channel.post({ kind: "ask" });
    return answer;
  }

  set(token: Token): void {
    this.accept(token);
    this.deps.channel.post({ kind: "token", token });
  }

  clear(): void {
    this.token = undefined;
    this.deps.channel.post({ kind: "signed-out" });
  }

  private async renewOnce(): Promise<Token> {
    const before = this.token?.text;
    const asked = this.deps.now();
    return this.deps.exclusive(async () => {
      // Another tab may have renewed while this one waited for its turn, with the news still on its way.
      if (this.deps.now() > asked && this.token?.text === before) await this.nextToken(newsMs);
      if (this.token && this.token.text !== before && this.usable()) return this.token;
      try {
        const token = await this.deps.refresh();
        this.set(token);
        return token;
      } catch (error) {
        // Without a lock two tabs can collide: the loser's cookie is spent, but the winner tells its token.
        const other = await this.nextToken(askMs);
        if (other && other.text !== before && this.usable()) return other;
        throw error;
      }
    });
  }

  private accept(token: Token): void {
    if (this.token && token.expiresAt < this.token.expiresAt) return;
    this.token = token;
    this.waiters.forEach((waiter) => waiter(token));
    this.waiters.clear();
  }

  private nextToken(withinMs: number): Promise<Token | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        resolve(undefined);
      }, withinMs);
      const waiter = (token: Token) => {
        clearTimeout(timer);
        resolve(token);
      };
      this.waiters.add(waiter);
    });
  }
}
