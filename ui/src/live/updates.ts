import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import type { LiveEvent } from "./stream";

/** What the events change, as far as this file is concerned. */
export interface UpdatesDeps {
  /** The user's own name, `users/ann`. */
  me(): string | undefined;
  /** Is the memo anywhere in what the page keeps? */
  knows(name: string): boolean;
  /** Takes note that this tab made the change itself; true if so. */
  isEcho(event: LiveEvent): boolean;
  /** May requests be made now? Not while nobody looks. */
  awake(): boolean;
  /** The memo as stored; null when it is gone or no longer for this user. */
  fetch(name: string): Promise<Memo | null>;
  /** Shows the memo in place. `isNew`: made just now, rather than not loaded here before. */
  put(memo: Memo, isNew: boolean): void;
  /** Keeps somebody else's memo ready without moving what is being read. */
  offer(memo: Memo): void;
  drop(name: string): void;
  commented(parent: string): void;
  /** Asks for what is on screen and was fetched before `since` (ms since the epoch). */
  resync(since: number): void;
}

/** From here on asking once for what is on screen is cheaper than asking for every memo. */
const mostWaiting = 40;

/** Turns events into as few requests as possible: one memo by name, one at a time, however often it changed meanwhile. */
export class LiveUpdates {
  /** Memos to ask for, and whether they are new. */
  private readonly wanted = new Map<string, boolean>();
  /** Too much has happened since what was fetched before this moment to follow it piece by piece. */
  private behindSince: number | undefined;
  private draining = false;
  private asking: string | undefined;

  constructor(private readonly deps: UpdatesDeps) {}

  take(event: LiveEvent): void {
    const { type, name, parent } = event;
    if (this.deps.isEcho(event)) return;
    switch (type) {
      case "memo.deleted":
        this.wanted.delete(name);
        if (this.asking === name) this.asking = undefined;
        this.deps.drop(name);
        break;
      case "memo.comment.created":
        this.deps.commented(name);
        if (this.deps.knows(name)) this.want(name, false);
        break;
      case "memo.created":
        this.want(name, true);
        break;
      case "memo.updated":
        // A memo not shown so far may have become visible or been restored; a comment is shown only under its memo.
        if (!parent || this.deps.knows(name)) this.want(name, false);
        break;
      default:
        if (this.deps.knows(name)) this.want(name, false);
    }
  }

  /** Events may have been missed until `since`. */
  lost(since: number): void {
    this.wanted.clear();
    this.behindSince = since;
    this.wake();
  }

  /** To be called when `awake` has become true. */
  wake(): void {
    if (this.behindSince !== undefined && this.deps.awake()) {
      this.deps.resync(this.behindSince);
      this.behindSince = undefined;
    }
    void this.drain();
  }

  private want(name: string, isNew: boolean): void {
    if (this.behindSince !== undefined) {
      this.behindSince = Date.now();
      return;
    }
    this.wanted.set(name, isNew || this.wanted.get(name) === true);
    if (this.wanted.size > mostWaiting) this.lost(Date.now());
    else this.wake();
  }

  private async drain(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    for (const [name, isNew] of this.wanted) {
      if (!this.deps.awake()) break;
      this.wanted.delete(name);
      this.asking = name;
      // Without an answer, what is shown stays; the next event or reconnection tries again.
      const memo = await this.deps.fetch(name).catch(() => undefined);
      const deleted = this.asking !== name;
      this.asking = undefined;
      if (this.wanted.has(name)) this.wanted.set(name, isNew || this.wanted.get(name)!);
      else if (!deleted && memo !== undefined) this.place(name, memo, isNew);
    }
    this.draining = false;
  }

  private place(name: string, memo: Memo | null, isNew: boolean): void {
    const known = this.deps.knows(name);
    if (!memo) {
      if (known) this.deps.drop(name);
    } else if (known || memo.creator === this.deps.me()) this.deps.put(memo, isNew);
    else this.deps.offer(memo);
  }
}
