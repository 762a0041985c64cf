import type { Timestamp } from "@bufbuild/protobuf/wkt";

const locale = () => document.documentElement.lang || "en";

export function toDate(time: Timestamp | undefined): Date | undefined {
  return time && new Date(Number(time.seconds) * 1000 + Math.floor(time.nanos / 1e6));
}

export function toTimestamp(date: Date): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(date.getTime() / 1000)), nanos: 0 };
}

const pad = (value: number) => String(value).padStart(2, "0");

/** The local calendar day as `YYYY-MM-DD`. */
export function dayKey(date: Date): string {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

export function parseDay(key: string): Date | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(key);
  if (!match) return undefined;
  const date = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return date.getMonth() === Number(match[2]) - 1 ? date : undefined;
}

export function addDays(date: Date, days: number): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  const key = locale() + JSON.stringify(options);
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale(), options);
    formatters.set(key, formatter);
  }
  return formatter.format(date);
}

export const formatFull = (date: Date) => format(date, { dateStyle: "full", timeStyle: "short" });
export const formatDate = (date: Date) => format(date, { dateStyle: "medium" });
/** With the year only when it isn't this one. */
export const formatShortDate = (date: Date, now = new Date()) =>
  date.getFullYear() === now.getFullYear() ? format(date, { day: "numeric", month: "short" }) : formatDate(date);
export const formatClock = (date: Date) => format(date, { timeStyle: "short" });
export const formatMonth = (date: Date) => format(date, { month: "long", year: "numeric" });
export const formatLongDay = (date: Date) => format(date, { weekday: "long", day: "numeric", month: "long" });
export const formatWeekday = (date: Date) => format(date, { weekday: "narrow" });

/** Heading of a day in a list: near days by name, others by date, with the year only when it isn't this one. */
export function formatDayHeading(date: Date, now = new Date()): string {
  const days = Math.round((addDays(now, 0).getTime() - addDays(date, 0).getTime()) / 86_400_000);
  if (days === 0 || days === 1) {
    const text = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-days, "day");
    return text.charAt(0).toLocaleUpperCase(locale()) + text.slice(1);
  }
  const sameYear = date.getFullYear() === now.getFullYear();
  return format(date, sameYear ? { weekday: "long", day: "numeric", month: "long" } : { day: "numeric", month: "long", year: "numeric" });
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["minute", 60],
  ["hour", 3600],
  ["day", 86_400],
];

/** "5 minutes ago" within a week, the date beyond it. */
export function formatRelative(date: Date, now = new Date()): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  if (Math.abs(seconds) < 45) return relative.format(0, "second");
  if (Math.abs(seconds) > 7 * 86_400) return formatDate(date);
  let [unit, size] = steps[0]!;
  for (const step of steps) if (Math.abs(seconds) >= step[1] * 0.95) [unit, size] = step;
  return relative.format(Math.round(seconds / size), unit);
}

export function formatBytes(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return new Intl.NumberFormat(locale(), {
    style: "unit",
    unit: units[unit]!,
    unitDisplay: unit ? "short" : "long",
    maximumFractionDigits: value < 10 && unit ? 1 : 0,
  }).format(value);
}
