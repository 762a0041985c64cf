import { useMemo } from "react";
import { useInstanceTitle } from "@/data/instance";
import { exploreSpec, type ListSpec } from "@/data/memoLists";
import { useShortcuts } from "@/data/personal";
import { useMe } from "@/data/users";
import { Composer } from "@/editor/Composer";
import { State } from "@/gen/memos/api/v1/common_pb";
import { t } from "@/i18n";
import { useDocumentTitle } from "@/lib/hooks";
import { useStore } from "@/lib/store";
import { MemoList } from "@/memo/MemoList";
import { ListHead } from "@/memo/ListHead";
import { view } from "@/memo/view";
import { useSearch } from "@/search/useSearch";
import { shortcutId } from "@/side/shortcutId";

export type Scope = "home" | "explore" | "archived";

/** The list a page shows, from its own rules, what is searched for, and how the reader wants lists. */
export function useListSpec(scope: Scope | "profile", creator?: string): { spec: ListSpec; ready: boolean } {
  const { terms, shortcut } = useSearch();
  const { by, newestFirst } = useStore(view);
  const shortcuts = useShortcuts();
  const saved = shortcut ? shortcuts.data?.find((one) => shortcutId(one.name) === shortcut)?.filter : undefined;
  const archived = scope === "archived" || terms.some((term) => term.kind === "in");
  const own = scope !== "explore" || archived;
  const spec = useMemo<ListSpec>(() => {
    const order = { by, newestFirst };
    const base = own
      ? { state: archived ? State.ARCHIVED : State.NORMAL, ...(creator ? { creator } : {}), terms, pinnedFirst: scope === "home" || scope === "profile", ...order }
      : exploreSpec(order, terms);
    return saved ? { ...base, shortcut: saved } : base;
  }, [archived, own, creator, terms, saved, scope, by, newestFirst]);
  return { spec, ready: (!own || Boolean(creator)) && (!shortcut || shortcuts.isFetched) };
}

const titles = { home: "nav.home", explore: "nav.explore", archived: "nav.archived" } as const;

export function TimelinePage({ scope }: { scope: Scope }) {
  const me = useMe();
  const { spec, ready } = useListSpec(scope, me?.name);
  const plain = !spec.terms.length && !spec.shortcut;
  const instance = useInstanceTitle();
  useDocumentTitle(plain ? t(titles[scope]) : t("search.titled", { page: t(titles[scope]) }), instance);
  return (
    <div className="mx-auto flex max-w-[42rem] flex-col gap-4 py-4 md:py-5">
      <h1 className={scope === "home" ? "sr-only" : "font-serif text-3xl tracking-tight"}>{t(titles[scope])}</h1>
      {scope === "home" && <Composer />}
      <ListHead spec={spec} />
      <MemoList spec={spec} ready={ready} authors={scope === "explore"} empty={scope} />
    </div>
  );
}
