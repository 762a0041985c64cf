import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { navigate } from "@/app/router";
import { isTyping } from "@/app/GlobalKeys";
import { useFreshList } from "@/data/memoSync";
import { flatten, type ListSpec } from "@/data/memoLists";
import { memoUid, useMemoList } from "@/data/memos";
import { showNewcomers, useNewcomers } from "@/data/newcomers";
import type { Memo } from "@/gen/memos/api/v1/memo_service_pb";
import { t, type TextKey } from "@/i18n";
import { cx } from "@/lib/cx";
import { useLatest } from "@/lib/hooks";
import { dayKey, formatDayHeading, toDate } from "@/lib/time";
import { useSearch } from "@/search/useSearch";
import { Button, Spinner } from "@/ui/Button";
import { ArrowUpIcon } from "@/ui/icons";
import { EmptyState, ErrorState } from "@/ui/State";
import { BackToTop } from "./BackToTop";
import { cardAction, type CardAction } from "./cardActions";
import { CardSkeleton } from "./CardSkeleton";
import { MemoCard } from "./MemoCard";
import { useHighlight } from "./useHighlight";
import { Windowed } from "./Windowed";

interface Props {
  spec: ListSpec;
  ready: boolean;
  authors: boolean;
  empty: "home" | "explore" | "archived" | "profile";
}

interface Group {
  key: string;
  heading: string;
  memos: Memo[];
}

const pinnedKey = "pinned";

/** Memos under the day they belong to. Groups are also the pieces that leave the document when far out of sight. */
function group(memos: Memo[], spec: ListSpec): Group[] {
  const groups: Group[] = [];
  const seen = new Map<string, number>();
  for (const memo of memos) {
    const date = toDate(spec.by === "update_time" ? memo.updateTime : memo.createTime) ?? new Date(0);
    const key = spec.pinnedFirst && memo.pinned ? pinnedKey : dayKey(date);
    const last = groups.at(-1);
    if (last && last.key.split("~")[0] === key && last.memos.length < maxInGroup) last.memos.push(memo);
    else {
      const part = seen.get(key) ?? 0;
      seen.set(key, part + 1);
      const heading = key === pinnedKey ? t("list.pinned") : formatDayHeading(date);
      groups.push({ key: part ? `${key}~${part}` : key, heading: part ? "" : heading, memos: [memo] });
    }
  }
  return groups;
}

const maxInGroup = 8;

export function MemoList({ spec, ready, authors, empty }: Props) {
  const list = useMemoList(spec, ready);
  useFreshList(spec);
  const memos = useMemo(() => (list.data ? flatten(list.data.pages) : []), [list.data]);
  const groups = useMemo(() => group(memos, spec), [memos, spec]);
  const root = useRef<HTMLDivElement>(null);
  const fresh = useNewcomers(spec, list.isPlaceholderData ? undefined : list.data?.pages);
  useHighlight(root, spec.terms, memos);
  useListKeys(memos);

  if (list.isPending) return <CardSkeleton />;
  if (list.isError && !list.data) return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  if (!memos.length && !list.hasNextPage && !fresh.length) return <Nothing spec={spec} empty={empty} />;
  return (
    <div ref={root} className={cx("flex flex-col", list.isPlaceholderData && "opacity-60 transition-opacity delay-150")} aria-busy={list.isPlaceholderData}>
      <FreshPill memos={fresh} />
      {groups.map((one, index) => (
        <section key={one.key} aria-label={one.heading || undefined} className={one.heading && index ? "mt-5" : index ? "mt-3" : undefined}>
          {one.heading && <DayHeading text={one.heading} />}
          <Windowed estimate={one.memos.length * 170}>
            <div className="flex flex-col gap-3">
              {one.memos.map((memo) => (
                <MemoCard key={memo.name} memo={memo} author={authors} by={spec.by} />
              ))}
            </div>
          </Windowed>
        </section>
      ))}
      <MoreSentinel
        more={list.hasNextPage && !list.isPlaceholderData}
        loading={list.isFetchingNextPage}
        error={list.isFetchNextPageError ? list.error : null}
        load={() => void list.fetchNextPage()}
      />
      <BackToTop />
    </div>
  );
}

/** Says that others have written, over the list and without moving it. */
function FreshPill({ memos }: { memos: Memo[] }) {
  function show() {
    showNewcomers(memos);
    window.scrollTo({ top: 0 });
    document.getElementById("main")?.focus({ preventScroll: true });
  }
  return (
    <div role="status" className="sticky top-[calc(4rem+env(safe-area-inset-top))] z-20 h-0 self-center md:top-3">
      {memos.length > 0 && (
        <button type="button" onClick={show} className="rise inline-flex min-h-10 items-center gap-1.5 rounded-full bg-accent px-4 text-sm font-medium text-on-accent shadow-lift">
          <ArrowUpIcon className="size-4" aria-hidden />
          {t("list.fresh", { n: memos.length })}
        </button>
      )}
    </div>
  );
}

function DayHeading({ text }: { text: string }) {
  return (
    <h2 className="sticky top-[calc(3.5rem+env(safe-area-inset-top))] z-10 -mx-2 mb-1.5 w-fit rounded-full bg-bg/85 px-3 py-1 font-serif text-[0.95rem] text-muted backdrop-blur-md md:top-2">
      {text}
    </h2>
  );
}

const emptyTexts: Record<Props["empty"], [TextKey, TextKey]> = {
  home: ["empty.home", "empty.homeText"],
  explore: ["empty.explore", "empty.exploreText"],
  archived: ["empty.archived", "empty.archivedText"],
  profile: ["empty.profile", "empty.profileText"],
};

function Nothing({ spec, empty }: { spec: ListSpec; empty: Props["empty"] }) {
  const { clear } = useSearch();
  if (spec.terms.length || spec.shortcut) {
    return (
      <EmptyState title={t("empty.search")} text={t("empty.searchText")}>
        <Button onClick={clear}>{t("search.clearAll")}</Button>
      </EmptyState>
    );
  }
  const [title, text] = emptyTexts[empty];
  return <EmptyState title={t(title)} text={t(text)} />;
}

interface SentinelProps {
  more: boolean;
  loading: boolean;
  error: unknown;
  load(): void;
}

/** Asks for the next page well before the reader gets there. */
function MoreSentinel({ more, loading, error, load }: SentinelProps) {
  const mark = useRef<HTMLDivElement>(null);
  const latest = useLatest({ loading, load });
  const waiting = more && !error;

  useEffect(() => {
    if (!waiting || loading) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting) && !latest.current.loading) latest.current.load();
      },
      { rootMargin: "900px 0px" },
    );
    observer.observe(mark.current!);
    return () => observer.disconnect();
  }, [waiting, loading, latest]);

  return (
    <div ref={mark} className="flex min-h-16 items-center justify-center py-6 text-muted">
      {error ? <ErrorState error={error} onRetry={load} compact /> : loading ? <Spinner label={t("state.loading")} /> : null}
    </div>
  );
}

const actions: Record<string, CardAction> = { e: "edit", p: "pin", "#": "archive", Delete: "delete" };

/** `j` and `k` walk through the cards; other keys act on the one that has the focus. */
function useListKeys(memos: Memo[]): void {
  const latest = useLatest(memos);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent | KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const cards = [...document.querySelectorAll<HTMLElement>("article[data-memo]")];
      const current = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("article[data-memo]");
      if (event.key === "j" || event.key === "k") {
        const firstSeen = cards.findIndex((card) => card.getBoundingClientRect().bottom > 80);
        const at = current ? cards.indexOf(current) + (event.key === "j" ? 1 : -1) : firstSeen;
        const next = cards[Math.min(Math.max(at, 0), cards.length - 1)];
        next?.focus({ preventScroll: true });
        next?.scrollIntoView({ block: "nearest" });
        return;
      }
      const memo = latest.current.find((one) => one.name === current?.dataset.memo);
      if (!memo || document.activeElement !== current) return;
      if (event.key === "Enter") navigate(`/memos/${memoUid(memo.name)}`);
      else if (actions[event.key]) {
        event.preventDefault();
        cardAction(memo, actions[event.key]!);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [latest]);
}
