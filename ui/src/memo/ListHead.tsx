import { useQueryClient } from "@tanstack/react-query";
import { shortcutApi } from "@/api/client";
import { describeError } from "@/api/errors";
import { useMemoList } from "@/data/memos";
import { flatten, type ListSpec } from "@/data/memoLists";
import { personalKeys, useShortcuts } from "@/data/personal";
import { useMe } from "@/data/users";
import { t } from "@/i18n";
import { useStore } from "@/lib/store";
import { toFilter } from "@/search/filter";
import { formatQuery, formatTerm, type Term } from "@/search/query";
import { useSearch } from "@/search/useSearch";
import { shortcutId } from "@/side/shortcutId";
import { IconButton, type Icon } from "@/ui/Button";
import { BookmarkIcon, CloseIcon, HashIcon, SearchIcon, ViewIcon } from "@/ui/icons";
import { Menu, MenuDivider, MenuHeading, MenuItem } from "@/ui/Menu";
import { showError, showToast } from "@/ui/toast";
import { setView, view } from "./view";

/** Above a list: what narrows it, each removable, how much was found, and how the list is drawn. */
export function ListHead({ spec }: { spec: ListSpec }) {
  const { terms, shortcut, remove, setShortcut, clear } = useSearch();
  const narrowed = terms.length > 0 || shortcut !== null;
  if (!narrowed) {
    // Level with the first heading of the list, taking no room of its own.
    return (
      <div className="relative z-11 -mb-4 h-0 self-end">
        <div className="absolute end-0 -top-1.5">
          <ViewMenu />
        </div>
      </div>
    );
  }
  return (
    <div className="flex min-h-10 flex-wrap items-center gap-2">
      {shortcut && <ShortcutChip id={shortcut} onRemove={() => setShortcut(null)} />}
      {terms.map((term) => (
        <Chip key={formatTerm(term)} icon={term.kind === "tag" ? HashIcon : SearchIcon} text={chipText(term)} onRemove={() => remove(term)} />
      ))}
      <Count spec={spec} />
      <button type="button" onClick={clear} className="min-h-9 rounded-full px-2 text-sm text-accent underline-offset-4 hover:underline">
        {t("search.clearAll")}
      </button>
      <div className="ms-auto flex items-center">
        {terms.length > 0 && <SaveSearch terms={terms} />}
        <ViewMenu />
      </div>
    </div>
  );
}

function chipText(term: Term): string {
  if (term.kind === "text") return formatTerm(term);
  return term.kind === "tag" ? `${term.not ? "-" : ""}${term.value}` : formatTerm(term);
}

function Chip({ icon: Glyph, text, onRemove }: { icon: Icon; text: string; onRemove(): void }) {
  return (
    <span className="inline-flex min-h-9 items-center gap-1.5 rounded-full border border-line bg-surface ps-3 text-sm">
      <Glyph className="size-3.5 text-muted" aria-hidden />
      <span className="max-w-40 truncate">{text}</span>
      <button type="button" aria-label={t("search.remove", { term: text })} onClick={onRemove} className="grid size-9 place-items-center rounded-full text-muted hover:text-ink">
        <CloseIcon className="size-3.5" aria-hidden />
      </button>
    </span>
  );
}

function ShortcutChip({ id, onRemove }: { id: string; onRemove(): void }) {
  const title = useShortcuts().data?.find((one) => shortcutId(one.name) === id)?.title;
  return <Chip icon={BookmarkIcon} text={title ?? t("nav.shortcuts")} onRemove={onRemove} />;
}

function Count({ spec }: { spec: ListSpec }) {
  const list = useMemoList(spec, false);
  if (!list.data || list.isPlaceholderData) return null;
  const count = flatten(list.data.pages).length;
  return (
    <span role="status" className="px-1 text-sm text-muted">
      {list.hasNextPage ? t("search.atLeast", { n: count }) : t("search.found", { n: count })}
    </span>
  );
}

function SaveSearch({ terms }: { terms: Term[] }) {
  const me = useMe();
  const client = useQueryClient();
  const filter = toFilter(terms);
  if (!me || !filter) return null;
  async function save() {
    try {
      await shortcutApi.createShortcut({ parent: me!.name, shortcut: { title: formatQuery(terms), filter } });
      await client.invalidateQueries({ queryKey: personalKeys.shortcuts(me!.name) });
      showToast({ text: t("shortcuts.saved") });
    } catch (error) {
      showError(describeError(error));
    }
  }
  return <IconButton icon={BookmarkIcon} label={t("search.save")} onClick={() => void save()} />;
}

function ViewMenu() {
  const { by, newestFirst, compact, previews } = useStore(view);
  return (
    <Menu label={t("view.label")} trigger={(props) => <IconButton icon={ViewIcon} label={t("view.label")} {...props} />}>
      {(close) => {
        const choose = (change: Parameters<typeof setView>[0]) => () => {
          setView(change);
          close();
        };
        return (
          <>
            <MenuHeading>{t("view.order")}</MenuHeading>
            <MenuItem checked={newestFirst} onSelect={choose({ newestFirst: true })}>{t("view.newest")}</MenuItem>
            <MenuItem checked={!newestFirst} onSelect={choose({ newestFirst: false })}>{t("view.oldest")}</MenuItem>
            <MenuDivider />
            <MenuHeading>{t("view.by")}</MenuHeading>
            <MenuItem checked={by === "create_time"} onSelect={choose({ by: "create_time" })}>{t("view.created")}</MenuItem>
            <MenuItem checked={by === "update_time"} onSelect={choose({ by: "update_time" })}>{t("view.updated")}</MenuItem>
            <MenuDivider />
            <MenuHeading>{t("view.cards")}</MenuHeading>
            <MenuItem checked={!compact} onSelect={choose({ compact: false })}>{t("view.full")}</MenuItem>
            <MenuItem checked={compact} onSelect={choose({ compact: true })}>{t("view.compact")}</MenuItem>
            <MenuDivider />
            <MenuHeading>{t("view.links")}</MenuHeading>
            <MenuItem checked={previews} onSelect={choose({ previews: true })}>{t("view.preview")}</MenuItem>
            <MenuItem checked={!previews} onSelect={choose({ previews: false })}>{t("view.plain")}</MenuItem>
          </>
        );
      }}
    </Menu>
  );
}
