import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import { useGeneralSetting } from "@/data/instance";
import { useSearch } from "@/search/useSearch";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { addDays, dayKey, formatLongDay, formatMonth, formatWeekday, parseDay } from "@/lib/time";
import { IconButton } from "@/ui/Button";
import { ChevronLeftIcon, ChevronRightIcon } from "@/ui/icons";

const heat = ["", "bg-[var(--heat-1)]", "bg-[var(--heat-2)]", "bg-[var(--heat-3)] text-[#06261c]", "bg-[var(--heat-4)] text-on-accent"];

/** First of six weeks that hold the month. */
function gridStart(month: Date, firstWeekday: number): Date {
  return addDays(month, -((month.getDay() - firstWeekday + 7) % 7));
}

interface Props {
  days: Date[];
  onPicked?: (() => void) | undefined;
}

/** A month of days, darker the more was written. A day chosen shows its memos; chosen again, all. */
export function Calendar({ days, onPicked }: Props) {
  const firstWeekday = (((useGeneralSetting()?.weekStartDayOffset ?? 0) % 7) + 7) % 7;
  const { terms, toggle } = useSearch();
  const picked = terms.find((term) => term.kind === "on")?.value;
  const [month, setMonth] = useState(() => monthOf(parseDay(picked ?? "") ?? new Date()));
  const [active, setActive] = useState(() => dayKey(parseDay(picked ?? "") ?? new Date()));
  const table = useRef<HTMLTableElement>(null);

  const counts = useMemo(() => {
    const found = new Map<string, number>();
    for (const day of days) found.set(dayKey(day), (found.get(dayKey(day)) ?? 0) + 1);
    return found;
  }, [days]);

  const first = gridStart(month, firstWeekday);
  const weeks = Array.from({ length: 6 }, (_, week) => Array.from({ length: 7 }, (_, day) => addDays(first, week * 7 + day)))
    .filter((week) => week.some((day) => day.getMonth() === month.getMonth()));
  const busiest = Math.max(1, ...weeks.flat().map((day) => counts.get(dayKey(day)) ?? 0));
  const total = weeks.flat().filter((day) => day.getMonth() === month.getMonth()).reduce((sum, day) => sum + (counts.get(dayKey(day)) ?? 0), 0);
  const tabStop = weeks.flat().some((day) => dayKey(day) === active && day.getMonth() === month.getMonth()) ? active : dayKey(month);

  function move(to: Date) {
    setMonth(monthOf(to));
    setActive(dayKey(to));
    requestAnimationFrame(() => table.current?.querySelector<HTMLElement>(`[data-day="${dayKey(to)}"]`)?.focus());
  }

  function onKeyDown(event: KeyboardEvent, day: Date) {
    const toMonth = (by: number) => new Date(day.getFullYear(), day.getMonth() + by, Math.min(day.getDate(), 28));
    const column = (day.getDay() - firstWeekday + 7) % 7;
    const moves: Record<string, () => Date> = {
      ArrowLeft: () => addDays(day, -1),
      ArrowRight: () => addDays(day, 1),
      ArrowUp: () => addDays(day, -7),
      ArrowDown: () => addDays(day, 7),
      Home: () => addDays(day, -column),
      End: () => addDays(day, 6 - column),
      PageUp: () => toMonth(-1),
      PageDown: () => toMonth(1),
    };
    const target = moves[event.key]?.();
    if (!target) return;
    event.preventDefault();
    move(target);
  }

  return (
    <section aria-labelledby="calendar-title">
      <div className="mb-2 flex items-center justify-between">
        <h2 id="calendar-title" aria-live="polite" className="font-serif text-[1.05rem]">
          {formatMonth(month)}
          <span className="ms-2 font-sans text-xs text-muted">{total > 0 && t("calendar.total", { n: total })}</span>
        </h2>
        <div className="flex">
          <IconButton small icon={ChevronLeftIcon} label={t("calendar.previous")} onClick={() => setMonth(new Date(month.getFullYear(), month.getMonth() - 1))} />
          <IconButton small icon={ChevronRightIcon} label={t("calendar.next")} onClick={() => setMonth(new Date(month.getFullYear(), month.getMonth() + 1))} />
        </div>
      </div>
      <table ref={table} role="grid" aria-labelledby="calendar-title" className="w-full table-fixed border-separate border-spacing-[3px]">
        <thead>
          <tr>
            {weeks[0]!.map((day) => (
              <th key={day.getDay()} scope="col" abbr={formatLongDay(day).split(/[ ,]/)[0]} className="pb-1 text-xs font-normal text-muted">
                {formatWeekday(day)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={dayKey(week[0]!)}>
              {week.map((day) => {
                const key = dayKey(day);
                const count = counts.get(key) ?? 0;
                if (day.getMonth() !== month.getMonth()) return <td key={key} />;
                const shade = count && Math.min(4, Math.ceil((count / busiest) * 4));
                return (
                  <td key={key} aria-selected={picked === key} className="p-0">
                    <button
                      type="button"
                      data-day={key}
                      tabIndex={key === tabStop ? 0 : -1}
                      aria-label={t("calendar.day", { day: formatLongDay(day), n: count })}
                      aria-pressed={picked === key}
                      title={t("calendar.day", { day: formatLongDay(day), n: count })}
                      onFocus={() => setActive(key)}
                      onKeyDown={(event) => onKeyDown(event, day)}
                      onClick={() => {
                        toggle({ kind: "on", value: key, not: false });
                        onPicked?.();
                      }}
                      className={cx(
                        "grid aspect-square w-full place-items-center rounded-lg text-xs tabular-nums transition-transform hover:scale-108",
                        heat[shade],
                        !count && "text-muted hover:bg-sunken",
                        key === dayKey(new Date()) && "font-bold underline decoration-2 underline-offset-3",
                        picked === key && "outline-2 outline-offset-1 outline-ink",
                      )}
                    >
                      {day.getDate()}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function monthOf(day: Date): Date {
  return new Date(day.getFullYear(), day.getMonth(), 1);
}
