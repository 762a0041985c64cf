/**
 * Changes to the text under the caret, as pure functions: each gets the text with the selection and answers what to
 * replace and where the selection goes, or undefined when the key should do what it always does.
 */
export interface Selection {
  text: string;
  start: number;
  end: number;
}

export interface Edit {
  from: number;
  to: number;
  insert: string;
  start: number;
  end: number;
}

const indentBy = "  ";
const linePrefix = /^(\s*)((?:>\s?)+|[-*+]\s+\[[ xX]\]\s+|[-*+]\s+|(\d{1,9})([.)])\s+(?:\[[ xX]\]\s+)?)/;

const lineStart = (text: string, at: number) => text.lastIndexOf("\n", at - 1) + 1;

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Whether the character at `at` stands in a block of code. */
export function insideFence(text: string, at: number): boolean {
  return (text.slice(0, at).match(/^\s{0,3}(```|~~~)/gm)?.length ?? 0) % 2 === 1;
}

/** Enter within a list, task, numbered line or quote: starts the next one; on an empty one it ends the list. */
export function continueList({ text, start, end }: Selection): Edit | undefined {
  if (start !== end || insideFence(text, start)) return undefined;
  const from = lineStart(text, start);
  const line = text.slice(from, lineEnd(text, start));
  const match = linePrefix.exec(line);
  if (!match || start - from < match[0].length) return undefined;
  const [prefix, indent = "", , number, dot] = match;
  if (!line.slice(prefix.length).trim()) {
    const shorter = indent.slice(indentBy.length);
    const insert = indent ? shorter + prefix.trimStart() : "";
    return { from, to: from + line.length, insert, start: from + insert.length, end: from + insert.length };
  }
  let next = prefix.replace(/\[[xX]\]/, "[ ]");
  if (number) next = next.replace(number + dot, `${Number(number) + 1}${dot}`);
  const insert = `\n${next}`;
  return { from: start, to: start, insert, start: start + insert.length, end: start + insert.length };
}

/** Tab and Shift+Tab on list lines nest and lift them; elsewhere Tab is left alone, so that it is no trap. */
export function indent(selection: Selection, outward: boolean): Edit | undefined {
  const { text, start, end } = selection;
  const from = lineStart(text, start);
  const to = lineEnd(text, end > start && text[end - 1] === "\n" ? end - 1 : end);
  const lines = text.slice(from, to).split("\n");
  if (!lines.some((line) => linePrefix.test(line))) return undefined;
  const changed = lines.map((line) => (outward ? line.replace(/^ {1,2}|^\t/, "") : line && indentBy + line));
  const insert = changed.join("\n");
  if (insert === lines.join("\n")) return outward ? { from, to: from, insert: "", start, end } : undefined;
  const shift = changed[0]!.length - lines[0]!.length;
  return { from, to, insert, start: Math.max(from, start + shift), end: Math.max(from, end + insert.length - (to - from)) };
}

/** Puts marks such as `**` around the selection, or takes them away when they are there. */
export function toggleMark({ text, start, end }: Selection, mark: string): Edit {
  const size = mark.length;
  const around = text.slice(start - size, start) === mark && text.slice(end, end + size) === mark;
  // `*` inside `**` is no mark of its own.
  const partOfLonger = size === 1 && text[start - 2] === mark && text[start - 3] !== mark;
  if (start >= size && around && !partOfLonger) {
    return { from: start - size, to: end + size, insert: text.slice(start, end), start: start - size, end: end - size };
  }
  const inner = text.slice(start, end);
  if (inner.length > 2 * size && inner.startsWith(mark) && inner.endsWith(mark)) {
    const bare = inner.slice(size, -size);
    return { from: start, to: end, insert: bare, start, end: start + bare.length };
  }
  return { from: start, to: end, insert: mark + inner + mark, start: start + size, end: end + size };
}

const address = /^(https?:\/\/|mailto:|www\.)\S+$/i;

/** Ctrl+K: a link around the selection, with the caret where the missing part goes. */
export function insertLink({ text, start, end }: Selection): Edit {
  const inner = text.slice(start, end);
  if (address.test(inner)) return { from: start, to: end, insert: `[](${inner})`, start: start + 1, end: start + 1 };
  const caret = start + inner.length + 3;
  return { from: start, to: end, insert: `[${inner}]()`, start: caret, end: caret };
}

/** An address pasted onto selected words makes them a link. */
export function pasteLink({ text, start, end }: Selection, pasted: string): Edit | undefined {
  const inner = text.slice(start, end);
  if (!inner || inner.includes("\n") || !address.test(pasted.trim()) || address.test(inner)) return undefined;
  const insert = `[${inner}](${pasted.trim()})`;
  return { from: start, to: end, insert, start: start + insert.length, end: start + insert.length };
}

export type LineKind = "bullet" | "number" | "task";

const kindPatterns: Record<LineKind, RegExp> = {
  task: /^(\s*)[-*+]\s+\[[ xX]\]\s+/,
  bullet: /^(\s*)[-*+]\s+(?!\[[ xX]\]\s)/,
  number: /^(\s*)\d{1,9}[.)]\s+/,
};

/** Makes the selected lines items of a list, or plain again when all of them are. */
export function toggleLines({ text, start, end }: Selection, kind: LineKind): Edit {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  const lines = text.slice(from, to).split("\n");
  const all = lines.every((line) => kindPatterns[kind].test(line));
  let number = 0;
  const changed = lines.map((line) => {
    if (all) return line.replace(kindPatterns[kind], "$1");
    if (lines.length > 1 && !line.trim()) return line;
    const bare = Object.values(kindPatterns).reduce((rest, pattern) => rest.replace(pattern, "$1"), line);
    const space = /^\s*/.exec(bare)![0];
    const marker = kind === "task" ? "- [ ] " : kind === "bullet" ? "- " : `${(number += 1)}. `;
    return space + marker + bare.slice(space.length);
  });
  const insert = changed.join("\n");
  const firstShift = changed[0]!.length - lines[0]!.length;
  const total = insert.length - (to - from);
  return { from, to, insert, start: Math.max(from, start + firstShift), end: Math.max(from, end + total) };
}

/** Alt+Up and Alt+Down: the selected lines change places with the line before or after. */
export function moveLines({ text, start, end }: Selection, down: boolean): Edit | undefined {
  const from = lineStart(text, start);
  const to = lineEnd(text, end);
  if (down ? to === text.length : from === 0) return undefined;
  const lines = text.slice(from, to);
  if (down) {
    const other = text.slice(to + 1, lineEnd(text, to + 1));
    const shift = other.length + 1;
    return { from, to: to + 1 + other.length, insert: `${other}\n${lines}`, start: start + shift, end: end + shift };
  }
  const before = lineStart(text, from - 1);
  const other = text.slice(before, from - 1);
  const shift = -(other.length + 1);
  return { from: before, to, insert: `${lines}\n${other}`, start: start + shift, end: end + shift };
}

/** The tag or mention being typed before the caret: where its word begins and what is there so far. */
export function wordBefore(text: string, caret: number, sign: "#" | "@", allowed: RegExp): { from: number; word: string } | undefined {
  let at = caret;
  while (at > 0 && allowed.test(text[at - 1]!)) at -= 1;
  if (text[at - 1] !== sign || at === caret) return undefined;
  if (sign === "@" && at >= 2 && !/\s|[\p{P}\p{S}]/u.test(text[at - 2]!)) return undefined;
  if (insideFence(text, at)) return undefined;
  return { from: at, word: text.slice(at, caret) };
}

/** Best first: beginning of the whole, beginning of a part, anywhere; then by use. */
export function suggest(word: string, counts: Map<string, number>, max: number): string[] {
  const wanted = word.toLocaleLowerCase();
  const rank = (tag: string) => {
    const low = tag.toLocaleLowerCase();
    if (low.startsWith(wanted)) return 0;
    return low.split("/").some((part) => part.startsWith(wanted)) ? 1 : 2;
  };
  return [...counts]
    .filter(([tag]) => tag.toLocaleLowerCase().includes(wanted) && tag !== word)
    .sort(([a, x], [b, y]) => rank(a) - rank(b) || y - x || a.localeCompare(b))
    .slice(0, max)
    .map(([tag]) => tag);
}
