import { Link } from "@/app/Link";
import { useShortcuts } from "@/data/personal";
import { useSearch } from "@/search/useSearch";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { BookmarkIcon, PlusIcon } from "@/ui/icons";
import { ErrorState } from "@/ui/State";
import { shortcutId } from "./shortcutId";

const emoji = /^(\p{Emoji_Presentation}|\p{Emoji}\ufe0f)\s*/u;

export function ShortcutList({ onPicked }: { onPicked?: (() => void) | undefined }) {
  const { data, error, refetch } = useShortcuts();
  const { shortcut, setShortcut } = useSearch();
  return (
    <section aria-labelledby="shortcuts-title">
      <div className="mb-1 flex items-center justify-between">
        <h2 id="shortcuts-title" className="font-serif text-[1.05rem]">
          {t("nav.shortcuts")}
        </h2>
        <Link to="/shortcuts" aria-label={t("shortcuts.manage")} title={t("shortcuts.manage")} onClick={onPicked} className="grid size-8 place-items-center rounded-full text-muted hover:bg-sunken hover:text-ink pointer-coarse:size-11">
          <PlusIcon className="size-4" aria-hidden />
        </Link>
      </div>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} compact />
      ) : data?.length ? (
        <ul>
          {data.map((one) => {
            const id = shortcutId(one.name);
            const sign = emoji.exec(one.title)?.[0];
            const picked = shortcut === id;
            return (
              <li key={one.name}>
                <button
                  type="button"
                  aria-pressed={picked}
                  onClick={() => {
                    setShortcut(picked ? null : id);
                    onPicked?.();
                  }}
                  className={cx("flex min-h-9 w-full items-center gap-2 rounded-xl px-2 text-start text-sm pointer-coarse:min-h-11", picked ? "bg-accent-soft text-accent-strong" : "hover:bg-sunken")}
                >
                  {sign ? <span aria-hidden className="w-4 text-center">{sign}</span> : <BookmarkIcon className="size-4 shrink-0 text-muted" aria-hidden />}
                  <span className="truncate">{sign ? one.title.slice(sign.length) || one.title : one.title}</span>
                </button>
              </li>
            );
          })}
        </ul>
      ) : (
        data && <p className="text-sm text-muted">{t("shortcuts.empty")}</p>
      )}
    </section>
  );
}
