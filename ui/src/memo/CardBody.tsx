import { useLayoutEffect, useRef, useState } from "react";
import { cachedMemo } from "@/data/memoCache";
import { changeMemo, memoUid } from "@/data/memos";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { Markdown } from "@/markdown/Markdown";
import { setTask } from "@/markdown/tasks";
import { toggleTerm } from "@/search/query";
import { useSearch } from "@/search/useSearch";

interface Props {
  memo: Memo;
  mayEdit: boolean;
  fold: boolean;
  compact: boolean;
  anchors: boolean;
}

const heights = { full: { from: 760, to: 560 }, compact: { from: 420, to: 360 } };
const unfolded = new Set<string>();

/** The text. Long ones are folded in lists; what was unfolded stays so. */
export function CardBody({ memo, mayEdit, fold, compact, anchors }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [tall, setTall] = useState(false);
  const [open, setOpen] = useState(() => unfolded.has(memo.name));
  const { query, setQuery } = useSearch();
  const { from, to } = heights[compact ? "compact" : "full"];

  useLayoutEffect(() => {
    const own = frame.current?.firstElementChild;
    if (!fold || !own) return;
    const measure = () => setTall(own.scrollHeight > from);
    const observer = new ResizeObserver(measure);
    observer.observe(own);
    return () => observer.disconnect();
  }, [fold, from]);

  if (!memo.content) return null;
  const folded = tall && !open;

  function tick(index: number, done: boolean) {
    // The newest text counts: another box may have been ticked a moment ago.
    const now = cachedMemo(memo.name) ?? memo;
    void changeMemo(now, { content: setTask(now.content, index, done) });
  }

  return (
    <>
      <div
        ref={frame}
        style={folded ? { maxHeight: to } : undefined}
        className={cx("relative", folded && "overflow-hidden [mask-image:linear-gradient(black_calc(100%-5rem),transparent)]")}
        onFocus={(event) => folded && event.target !== event.currentTarget && setOpen(true)}
      >
        <Markdown
          content={memo.content}
          scope={memoUid(memo.name)}
          anchors={anchors}
          onTag={(tag) => setQuery(toggleTerm(query, { kind: "tag", value: tag, not: false }))}
          onTask={mayEdit ? tick : undefined}
        />
      </div>
      {tall && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => {
            if (open) unfolded.delete(memo.name);
            else unfolded.add(memo.name);
            setOpen(!open);
          }}
          className="mt-1 min-h-9 text-sm font-medium text-accent underline-offset-4 hover:underline"
        >
          {open ? t("memo.showLess") : t("memo.showMore")}
        </button>
      )}
    </>
  );
}
