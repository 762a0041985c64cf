import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { cachedMemo } from "@/data/memoCache";
import { changeMemo, memoUid } from "@/data/memos";
import { useTagRules } from "@/data/tagRules";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useStable } from "@/lib/hooks";
import { Markdown } from "@/markdown/LazyMarkdown";
import { toggleTerm } from "@/search/query";
import { useSearch } from "@/search/useSearch";
import { Button } from "@/ui/Button";
import { EyeIcon, PlaceIcon } from "@/ui/icons";

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
  const rule = useTagRules();
  const sensitive = memo.tags.some((tag) => rule(tag)?.blur);
  const [revealed, setRevealed] = useState(false);
  const hidden = sensitive && !revealed;
  const { from, to } = heights[compact ? "compact" : "full"];

  useLayoutEffect(() => {
    const own = frame.current?.firstElementChild;
    if (!fold || !own) return;
    const measure = () => setTall(own.scrollHeight > from);
    const observer = new ResizeObserver(measure);
    observer.observe(own);
    return () => observer.disconnect();
  }, [fold, from]);

  const tick = useStable(async (index: number, done: boolean) => {
    const { setTask } = await import("@/markdown/tasks");
    // The newest text counts: another box may have been ticked a moment ago.
    const now = cachedMemo(memo.name) ?? memo;
    await changeMemo(now, { content: setTask(now.content, index, done) });
  });
  const searchTag = useStable((tag: string) => setQuery(toggleTerm(query, { kind: "tag", value: tag, not: false })));
  const tagColor = useCallback((tag: string) => rule(tag)?.color, [rule]);

  if (!memo.content) return <Place memo={memo} />;
  const folded = tall && !open;

  return (
    <div className="relative">
      {hidden && (
        <div className="absolute inset-0 z-1 grid min-h-16 place-items-center">
          <Button icon={EyeIcon} onClick={() => setRevealed(true)}>
            {t("memo.reveal")}
          </Button>
        </div>
      )}
      <div
        ref={frame}
        inert={hidden}
        style={folded ? { maxHeight: to } : undefined}
        className={cx("relative", hidden && "min-h-16 blur-md select-none", folded && "overflow-hidden [mask-image:linear-gradient(black_calc(100%-5rem),transparent)]")}
        onFocus={(event) => folded && event.target !== event.currentTarget && setOpen(true)}
      >
        <Markdown
          content={memo.content}
          scope={memoUid(memo.name)}
          anchors={anchors}
          onTag={searchTag}
          onTask={mayEdit ? tick : undefined}
          tagColor={tagColor}
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
      <Place memo={memo} />
    </div>
  );
}

/** The place as the author named it. No map: that would tell a third party who reads what. */
function Place({ memo }: { memo: Memo }) {
  const place = memo.optionalLocation.value;
  if (!place) return null;
  const { latitude, longitude, placeholder } = place;
  const numbers = t("memo.place", { latitude: latitude.toFixed(4), longitude: longitude.toFixed(4) });
  return (
    <p className="mt-2 flex items-center gap-1.5 text-sm text-muted" title={numbers}>
      <PlaceIcon className="size-4" aria-hidden />
      {placeholder || numbers}
    </p>
  );
}
