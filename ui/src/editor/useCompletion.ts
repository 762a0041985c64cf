import { useCallback, useEffect, useRef, useState } from "react";
import { applyEdit, caretPoint } from "./applyEdit";
import { type Found, type Known, type Offer, offersAt } from "./offers";

export interface Completion extends Found {
  chosen: number;
  left: number;
  top: number;
}

/** Offers what may be meant by the word at the caret. The text area keeps the focus all the while. */
export function useCompletion(known: Known) {
  const [open, setOpen] = useState<Completion>();
  const area = useRef<HTMLTextAreaElement>(null);

  const update = useCallback(() => {
    const own = area.current;
    if (!own || own.selectionStart !== own.selectionEnd || document.activeElement !== own) return setOpen(undefined);
    const found = offersAt(own.value, own.selectionStart, known);
    if (!found) return setOpen(undefined);
    const point = caretPoint(own, found.from);
    setOpen((was) => ({ ...found, chosen: was?.from === found.from ? Math.min(was.chosen, found.offers.length - 1) : 0, left: point.left, top: point.top + point.line }));
  }, [known]);

  // What is known may come while the word stands there.
  useEffect(update, [update]);

  const take = useCallback(
    ({ insert, back }: Offer) => {
      if (!area.current || !open) return;
      const end = open.from + insert.length - back;
      applyEdit(area.current, { from: open.from, to: open.from + 1 + open.word.length, insert, start: end, end });
      setOpen(undefined);
    },
    [open],
  );

  /** True when the key belonged to the list. */
  const onKey = useCallback(
    (key: string): boolean => {
      if (!open) return false;
      const count = open.offers.length;
      if (key === "ArrowDown" || key === "ArrowUp") {
        setOpen({ ...open, chosen: (open.chosen + (key === "ArrowDown" ? 1 : count - 1)) % count });
        return true;
      }
      if (key === "Enter" || key === "Tab") {
        take(open.offers[open.chosen]!);
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
