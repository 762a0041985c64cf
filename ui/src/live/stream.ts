/** The event stream as text, taken apart. What an event says: that something happened to the memo `name`. */
export const kinds = ["memo.created", "memo.updated", "memo.deleted", "memo.comment.created", "reaction.upserted", "reaction.deleted"] as const;

export type LiveKind = (typeof kinds)[number];

export interface LiveEvent {
  type: LiveKind;
  /** The memo; of a new comment, the memo it is about. */
  name: string;
  /** The memo that `name` comments on. */
  parent?: string;
}

const isMemoName = (value: unknown): value is string => typeof value === "string" && /^memos\/[^/]+$/.test(value);

/** The event in a `data:` line; undefined for anything this page doesn't know. */
export function readEvent(json: string): LiveEvent | undefined {
  try {
    const { type, name, parent } = JSON.parse(json) as Record<string, unknown>;
    if (!kinds.includes(type as LiveKind) || !isMemoName(name)) return undefined;
    return { type: type as LiveKind, name, ...(isMemoName(parent) && { parent }) };
  } catch {
    return undefined;
  }
}

/** No event of ours comes near this length; a stream that does isn't one. */
const longestBlock = 64 * 1024;

/** Collects pieces of the stream, cut anywhere, and hands out whole events. Lines end as our server ends them, or with CR LF. */
export class EventReader {
  private rest = "";

  push(piece: string): LiveEvent[] {
    const blocks = (this.rest + piece).split(/\r?\n\r?\n/);
    this.rest = blocks.pop()!;
    if (this.rest.length > longestBlock) throw new Error("not an event stream");
    return blocks.flatMap((block) => readBlock(block) ?? []);
  }
}

function readBlock(block: string): LiveEvent | undefined {
  const data = block
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).replace(/^ /, ""));
  return data.length ? readEvent(data.join("\n")) : undefined;
}
