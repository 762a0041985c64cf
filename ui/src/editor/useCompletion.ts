import { useCallback, useRef, useState } from "react";
import { isTagCharacter } from "@/markdown/tagSyntax";
import { applyEdit, caretPoint } from "./applyEdit";
import { suggest, wordBefore } from "./textOps";

export interface Completion {
  from: number;
  word: string;
  options: string[];
  chosen: number;
  left: number;
  top: number;
}

const tagCharacter = { test: isTagCharacter } as RegExp;
const maxOptions = 8;

/** Offers known tags after `#` and a letter. The text area keeps the focus all the while. */
export function useCompletion(tags: Map<string, number>) {
  const [open, setOpen] = useState<Completion>();
  const area = useRef<HTMLTextAreaElement>(null);

  const update = useCallback(() => {
    const own = area.current;
    if (!own || own.selectionStart !== own.selectionEnd || document.activeElement !== own) return setOpen(undefined);
    const found = wordBefore(own.value, own.selectionStart, "#", tagCharacter);
    const options = found ? suggest(found.word, tags, maxOptions) : [];
    if (!found || !options.length) return setOpen(undefined);
    const point = caretPoint(own, found.from - 1);
    setOpen((was) => ({ ...found, options, chosen: was?.from === found.from ? Math.min(was.chosen, options.length - 1) : 0, left: point.left, top: point.top + point.line }));
  }, [tags]);

  const take = useCallback(
    (option: string) => {
      if (!area.current || !open) return;
      const insert = `${option} `;
      const end = open.from + insert.length;
      applyEdit(area.current, { from: open.from, to: open.from + open.word.length, insert, start: end, end });
      setOpen(undefined);
    },
    [open],
  );

  /** True when the key belonged to the list. */
  const onKey = useCallback(
    (key: string): boolean => {
      if (!open) return false;
      const count = open.options.length;
      if (key === "ArrowDown" || key === "ArrowUp") {
        setOpen({ ...open, chosen: (open.chosen + (key === "ArrowDown" ? 1 : count - 1)) % count });
        return true;
      }
      if (key === "Enter" || key === "Tab") {
        take(open.options[open.chosen]!);
        return true;
      }
      if (key === "Escape") {
        setOpen(undefined);
        return true;
      }
      return false;
    },
    [open, take],
  );

  return { area, completion: open, update, take, onKey, close: () => setOpen(undefined) };
}
