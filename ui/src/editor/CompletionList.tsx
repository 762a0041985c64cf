import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { HashIcon, UserIcon } from "@/ui/icons";
import type { Command, Offer, OfferSign } from "./offers";
import type { Completion } from "./useCompletion";

const labels = { "#": "editor.tagOffers", "@": "editor.peopleOffers", "/": "editor.commandOffers" } as const;
const icons = { "#": HashIcon, "@": UserIcon };

export const commandName = (command: Command) => t(`command.${command}`);

function Shown({ sign, offer }: { sign: OfferSign; offer: Offer }) {
  if (sign === "/") {
    return (
      <>
        <span className="truncate">{commandName(offer.key as Command)}</span>
        <code className="ms-auto text-xs opacity-70" aria-hidden>
          {offer.insert.split("\n")[0]}
        </code>
      </>
    );
  }
  const Icon = icons[sign];
  return (
    <>
      <Icon className="size-3.5 shrink-0 opacity-70" aria-hidden />
      <span className="truncate">{offer.key}</span>
    </>
  );
}

export function CompletionList({ id, completion, onTake }: { id: string; completion: Completion; onTake(offer: Offer): void }) {
  return (
    <ul
      id={id}
      role="listbox"
      aria-label={t(labels[completion.sign])}
      style={{ left: `min(${completion.left}px, calc(100% - 13rem))`, top: completion.top + 22 }}
      className="pop absolute z-20 w-52 rounded-2xl border border-line bg-surface p-1.5 shadow-lift"
    >
      {completion.offers.map((offer, index) => (
        <li
          key={offer.key}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === completion.chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onTake(offer)}
          className={cx("flex min-h-9 cursor-pointer items-center gap-2 rounded-xl px-2.5 text-sm pointer-coarse:min-h-11", index === completion.chosen ? "bg-accent-soft text-accent-strong" : "hover:bg-sunken")}
        >
          <Shown sign={completion.sign} offer={offer} />
        </li>
      ))}
    </ul>
  );
}
