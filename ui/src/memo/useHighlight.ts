import { type RefObject, useEffect } from "react";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import type { Term } from "@/search/query";

const name = "search";

/** Marks the searched words in the cards, without changing the document (the browser's own highlights). */
export function useHighlight(root: RefObject<HTMLElement | null>, terms: Term[], memos: Memo[]): void {
  const words = terms.filter((term) => term.kind === "text" && !term.not).map((term) => term.value.toLocaleLowerCase());
  const key = words.join("\n");
  useEffect(() => {
    if (typeof CSS === "undefined" || !("highlights" in CSS)) return;
    CSS.highlights.delete(name);
    if (!key || !root.current) return;
    const own = root.current;
    const mark = () => CSS.highlights.set(name, new Highlight(...findRanges(own, key.split("\n"))));
    // Cards come into the document while one scrolls.
    const observer = new MutationObserver(mark);
    observer.observe(own, { childList: true, subtree: true });
    mark();
    return () => {
      observer.disconnect();
      CSS.highlights.delete(name);
    };
  }, [root, key, memos]);
}

function findRanges(root: HTMLElement, words: string[]): Range[] {
  const ranges: Range[] = [];
  for (const area of root.querySelectorAll(".md")) {
    const walker = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent!.toLocaleLowerCase();
      if (text.length !== node.textContent!.length) continue;
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          ranges.push(range);
        }
      }
    }
  }
  return ranges;
}
