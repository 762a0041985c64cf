import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useSearch } from "@/search/useSearch";
import { suggest } from "@/editor/textOps";
import { hasValues, isValues } from "@/search/query";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { CloseIcon, SearchIcon } from "@/ui/icons";
import { searchFieldId } from "./browse";

interface Props {
  autoFocus: boolean;
  tags: Map<string, number>;
  onDone?: (() => void) | undefined;
}

const settleMs = 150;
const maxOffered = 6;

const operators = ["tag:", "is:", "has:", "on:", "before:", "after:", "by:", "in:archived"];

/** Completions of the word before the caret: an operator's name, then its values. */
function offers(text: string, tags: Map<string, number>): string[] {
  const word = /\S*$/.exec(text)![0].replace(/^-/, "");
  if (!word) return [];
  const [, name, value = ""] = /^(\w+):(.*)$/.exec(word) ?? [];
  if (word.startsWith("#")) return suggest(word.slice(1), tags, maxOffered).map((tag) => `tag:${tag}`);
  if (name === "tag") return suggest(value, tags, maxOffered).map((tag) => `tag:${tag}`);
  if (name === "is") return isValues.filter((one) => one.startsWith(value) && one !== value).map((one) => `is:${one}`);
  if (name === "has") return hasValues.filter((one) => one.startsWith(value) && one !== value).map((one) => `has:${one}`);
  if (name) return [];
  const names = operators.filter((one) => word.length > 1 && one.startsWith(word) && one !== word);
  const found = word.length > 1 ? suggest(word, tags, 3).filter((tag) => tag.toLowerCase().startsWith(word.toLowerCase())).map((tag) => `tag:${tag}`) : [];
  return [...names, ...found].slice(0, maxOffered);
}

/** Searches while one types. Enter settles it; arrows choose among what is offered. */
export function SearchBox({ autoFocus, tags, onDone }: Props) {
  const { query, setQuery } = useSearch();
  const [text, setText] = useState(query);
  const [offered, setOffered] = useState<string[]>([]);
  const [chosen, setChosen] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const sent = useRef(query);
  const listId = useId();

  // The address changed by other means: a chip, a tag, Back.
  useEffect(() => {
    if (query !== sent.current) {
      sent.current = query;
      setText(query);
    }
  }, [query]);

  useEffect(() => {
    if (text === sent.current) return;
    const timer = setTimeout(() => {
      // The first letter makes an entry in the history, the following ones replace it.
      const replace = sent.current !== "";
      sent.current = text;
      setQuery(text, replace);
    }, settleMs);
    return () => clearTimeout(timer);
  }, [text, setQuery]);

  function offer(next: string) {
    setText(next);
    setOffered(offers(next, tags));
    setChosen(-1);
  }

  function take(value: string) {
    const quoted = /\s/.test(value) ? value.replace(/:(.*)$/, ':"$1"') : value;
    const next = text.replace(/(-?)\S*$/, (_, minus: string) => minus + quoted) + (quoted.endsWith(":") ? "" : " ");
    offer(next);
    field.current?.focus();
  }

  function settle() {
    setOffered([]);
    if (text !== sent.current) {
      sent.current = text;
      setQuery(text.trim());
    }
    onDone?.();
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>) {
    const count = offered.length;
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      if (chosen >= 0) take(offered[chosen]!);
      else settle();
    } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + count + (chosen < 0 && step < 0 ? 1 : 0)) % count);
    } else if (event.key === "Tab" && count && !event.shiftKey && chosen >= 0) {
      event.preventDefault();
      take(offered[chosen]!);
    } else if (event.key === "Escape" && (count || text)) {
      event.preventDefault();
      event.stopPropagation();
      if (count) setOffered([]);
      else offer("");
    }
  }

  return (
    <search className="relative block">
      <SearchIcon className="pointer-events-none absolute start-3.5 top-1/2 size-4.5 -translate-y-1/2 text-muted" aria-hidden />
      <input
        id={searchFieldId}
        ref={field}
        data-autofocus={autoFocus || undefined}
        type="search"
        role="combobox"
        aria-expanded={offered.length > 0}
        aria-label={t("search.label")}
        aria-controls={offered.length ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `${listId}-${chosen}` : undefined}
        placeholder={t("search.placeholder")}
        value={text}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        onChange={(event) => offer(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => setTimeout(() => setOffered([]), 150)}
        className="field rounded-full ps-10.5 pe-10 [&::-webkit-search-cancel-button]:hidden"
      />
      {text ? (
        <button type="button" aria-label={t("search.clear")} onClick={() => offer("")} className="absolute end-1 top-1/2 grid size-9 -translate-y-1/2 place-items-center rounded-full text-muted hover:text-ink">
          <CloseIcon className="size-4" aria-hidden />
        </button>
      ) : (
        <kbd aria-hidden className="pointer-events-none absolute end-3.5 top-1/2 -translate-y-1/2 rounded-md border border-line-strong px-1.5 text-xs text-muted pointer-coarse:hidden">
          /
        </kbd>
      )}
      {offered.length > 0 && (
        <ul id={listId} role="listbox" aria-label={t("search.offers")} className="pop absolute inset-x-0 top-full z-20 mt-1.5 rounded-2xl border border-line bg-surface p-1.5 shadow-lift">
          {offered.map((value, index) => (
            <li
              key={value}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === chosen}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(value)}
              className={cx("cursor-pointer rounded-xl px-3 py-2 text-sm", index === chosen ? "bg-sunken" : "hover:bg-sunken")}
            >
              <span className="text-muted">{value.slice(0, value.indexOf(":") + 1)}</span>
              {value.slice(value.indexOf(":") + 1)}
              {value.endsWith(":") && <span className="text-muted">…</span>}
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}
