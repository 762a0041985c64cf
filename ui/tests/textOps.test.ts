import { describe, expect, it } from "vitest";
import { continueList, type Edit, indent, insertLink, moveLines, pasteLink, suggest, toggleLines, toggleMark, wordBefore } from "@/editor/textOps";

/** `|` is the caret, `[` and `]` bound a selection (written as ‹ and › so that Markdown's own brackets stay free). */
function read(marked: string) {
  const caret = marked.indexOf("|");
  if (caret >= 0) return { text: marked.replace("|", ""), start: caret, end: caret };
  const start = marked.indexOf("‹");
  const end = marked.indexOf("›") - 1;
  return { text: marked.replace(/[‹›]/g, ""), start, end };
}

function write(marked: string, edit: Edit | undefined): string | undefined {
  if (!edit) return undefined;
  const { text } = read(marked);
  const result = text.slice(0, edit.from) + edit.insert + text.slice(edit.to);
  if (edit.start === edit.end) return `${result.slice(0, edit.start)}|${result.slice(edit.start)}`;
  return `${result.slice(0, edit.start)}‹${result.slice(edit.start, edit.end)}›${result.slice(edit.end)}`;
}

describe("continueList", () => {
  it.each([
    ["- one|", "- one\n- |"],
    ["  * one|", "  * one\n  * |"],
    ["3. one|", "3. one\n4. |"],
    ["9) one|", "9) one\n10) |"],
    ["- [x] done|", "- [x] done\n- [ ] |"],
    ["> said|", "> said\n> |"],
    ["- on|e", "- on\n- |e"],
    ["- one\n- |", "- one\n|"],
    ["- one\n  - |", "- one\n- |"],
    ["1. one\n2. |", "1. one\n|"],
    ["- [ ] |", "|"],
  ])("%j becomes %j", (before, after) => {
    expect(write(before, continueList(read(before)))).toBe(after);
  });

  it.each(["plain|", "|- one", "-|- one", "```\n- code|", "‹- one›"])("leaves %j alone", (before) => {
    expect(continueList(read(before))).toBeUndefined();
  });
});

describe("indent", () => {
  it("nests and lifts list lines", () => {
    expect(write("- a\n- b|", indent(read("- a\n- b|"), false))).toBe("- a\n  - b|");
    expect(write("- a\n  - b|", indent(read("- a\n  - b|"), true))).toBe("- a\n- b|");
  });

  it("takes all selected lines", () => {
    expect(write("‹- a\n- b›", indent(read("‹- a\n- b›"), false))).toBe("  ‹- a\n  - b›");
  });

  it("leaves Tab to the browser in plain text", () => {
    expect(indent(read("text|"), false)).toBeUndefined();
  });
});

describe("toggleMark", () => {
  it("adds, and removes again", () => {
    expect(write("a ‹word› b", toggleMark(read("a ‹word› b"), "**"))).toBe("a **‹word›** b");
    expect(write("a **‹word›** b", toggleMark(read("a **‹word›** b"), "**"))).toBe("a ‹word› b");
    expect(write("‹**word**›", toggleMark(read("‹**word**›"), "**"))).toBe("‹word›");
  });

  it("puts the caret between empty marks", () => {
    expect(write("|", toggleMark(read("|"), "**"))).toBe("**|**");
  });

  it("makes bold text also italic", () => {
    expect(write("**‹word›**", toggleMark(read("**‹word›**"), "*"))).toBe("***‹word›***");
  });
});

describe("links", () => {
  it("waits for the missing half", () => {
    expect(write("‹words›", insertLink(read("‹words›")))).toBe("[words](|)");
    expect(write("‹https://x.org›", insertLink(read("‹https://x.org›")))).toBe("[|](https://x.org)");
  });

  it("takes a pasted address for the selected words", () => {
    expect(write("see ‹this› now", pasteLink(read("see ‹this› now"), "https://x.org/a"))).toBe("see [this](https://x.org/a)| now");
    expect(pasteLink(read("see ‹this›"), "no address")).toBeUndefined();
    expect(pasteLink(read("see |"), "https://x.org")).toBeUndefined();
  });
});

describe("toggleLines", () => {
  it("makes and unmakes lists", () => {
    expect(write("‹a\nb›", toggleLines(read("‹a\nb›"), "number"))).toBe("1. ‹a\n2. b›");
    expect(write("- ‹a\n- b›", toggleLines(read("- ‹a\n- b›"), "bullet"))).toBe("‹a\nb›");
    expect(write("- a|", toggleLines(read("- a|"), "task"))).toBe("- [ ] a|");
    expect(write("- [ ] a|", toggleLines(read("- [ ] a|"), "bullet"))).toBe("- a|");
    expect(write("|", toggleLines(read("|"), "task"))).toBe("- [ ] |");
  });
});

describe("moveLines", () => {
  it("moves up and down and stops at the ends", () => {
    expect(write("a\nb|\nc", moveLines(read("a\nb|\nc"), true))).toBe("a\nc\nb|");
    expect(write("a\nb|\nc", moveLines(read("a\nb|\nc"), false))).toBe("b|\na\nc");
    expect(moveLines(read("a|\nb"), false)).toBeUndefined();
    expect(moveLines(read("a\nb|"), true)).toBeUndefined();
  });
});

describe("completion", () => {
  const allowed = /[\p{L}\p{N}_\-/]/u;

  it("finds the tag before the caret", () => {
    expect(wordBefore("see #wor", 8, "#", allowed)).toEqual({ from: 5, word: "wor" });
    expect(wordBefore("see #", 5, "#", allowed)).toBeUndefined();
    expect(wordBefore("```\n#inc", 8, "#", allowed)).toBeUndefined();
  });

  it("takes no address for a mention", () => {
    expect(wordBefore("me@exa", 6, "@", allowed)).toBeUndefined();
    expect(wordBefore("hi @exa", 7, "@", allowed)).toEqual({ from: 4, word: "exa" });
  });

  it("ranks by place of the match, then by use", () => {
    const counts = new Map([["work", 2], ["homework", 9], ["area/work", 5], ["wolf", 1], ["world", 7]]);
    expect(suggest("wor", counts, 5)).toEqual(["world", "work", "area/work", "homework"]);
    expect(suggest("work", counts, 5)).toEqual(["area/work", "homework"]);
  });
});
