import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { HashIcon } from "@/ui/icons";
import type { Completion } from "./useCompletion";

export function CompletionList({ id, completion, onTake }: { id: string; completion: Completion; onTake(option: string): void }) {
  return (
    <ul
      id={id}
      role="listbox"
      aria-label={t("editor.tagOffers")}
      style={{ left: `min(${completion.left}px, calc(100% - 13rem))`, top: completion.top + 22 }}
      className="pop absolute z-20 w-52 rounded-2xl border border-line bg-surface p-1.5 shadow-lift"
    >
      {completion.options.map((option, index) => (
        <li
          key={option}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === completion.chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(option)}
          className={cx("flex min-h-9 cursor-pointer items-center gap-2 rounded-xl px-2.5 text-sm pointer-coarse:min-h-11", index === completion.chosen ? "bg-accent-soft text-accent-strong" : "hover:bg-sunken")}
        >
          <HashIcon className="size-3.5 shrink-0 opacity-70" aria-hidden />
          <span className="truncate">{option}</span>
        </li>
      ))}
    </ul>
  );
}
