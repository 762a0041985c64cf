import { addDays, dayKey, parseDay } from "@/lib/time";

/**
 * The search language: words, "exact words", -word, and operators `name:value`. A query is kept as its text (in the
 * address), read into terms here, and turned into the server's filter language in `filter.ts`.
 */
export type Term =
  | { kind: "text"; value: string; not: boolean }
  | { kind: "tag"; value: string; not: boolean }
  | { kind: "by"; value: string; not: boolean }
  | { kind: "is"; value: IsValue; not: boolean }
  | { kind: "has"; value: HasValue; not: boolean }
  | { kind: "before" | "after" | "on"; value: string; not: boolean }
  | { kind: "in"; value: "archived"; not: boolean };

export const isValues = ["pinned", "private", "protected", "public"] as const;
export const hasValues = ["link", "task", "open", "code", "tag"] as const;
export type IsValue = (typeof isValues)[number];
export type HasValue = (typeof hasValues)[number];

const token = /(-?)(?:(\w+):)?(?:"([^"]*)"?|(\S+))/g;

function toTerm(name: string | undefined, value: string, not: boolean): Term | undefined {
  switch (name?.toLowerCase()) {
    case "tag":
      return { kind: "tag", value: value.replace(/^#/, ""), not };
    case "by":
      return { kind: "by", value: value.replace(/^@/, ""), not };
    case "is":
      return isValues.includes(value as IsValue) ? { kind: "is", value: value as IsValue, not } : undefined;
    case "has":
      return hasValues.includes(value as HasValue) ? { kind: "has", value: value as HasValue, not } : undefined;
    case "before":
    case "after":
    case "on":
      return parseDay(value) ? { kind: name.toLowerCase() as "on", value, not } : undefined;
    case "in":
      return value === "archived" ? { kind: "in", value, not: false } : undefined;
    default:
      return undefined;
  }
}

export function parseQuery(query: string): Term[] {
  const terms: Term[] = [];
  for (const [source, minus, name, quoted, bare] of query.matchAll(token)) {
    const value = quoted ?? bare ?? "";
    // An operator still being typed (`tag:`) narrows nothing yet.
    if (!value) continue;
    if (name === undefined && quoted === undefined && /^\w+:$/.test(value) && /^(tag|by|is|has|before|after|on|in):$/i.test(value)) continue;
    const known = name === undefined ? undefined : toTerm(name, value, minus === "-");
    if (known) terms.push(known);
    else if (name === undefined && /^#[^#\s]+$/.test(value) && quoted === undefined) terms.push({ kind: "tag", value: value.slice(1), not: minus === "-" });
    else terms.push({ kind: "text", value: name === undefined ? value : source.replace(/^-/, ""), not: minus === "-" });
  }
  return terms;
}

function quote(value: string): string {
  return /[\s"]|^-|^$/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}

export function formatTerm(term: Term): string {
  const minus = term.not ? "-" : "";
  if (term.kind === "text") return minus + (/^\w+:|^#/.test(term.value) ? `"${term.value.replaceAll('"', "")}"` : quote(term.value));
  return `${minus}${term.kind}:${quote(term.value)}`;
}

export const formatQuery = (terms: Term[]) => terms.map(formatTerm).join(" ");

export const sameTerm = (a: Term, b: Term) => a.kind === b.kind && a.value === b.value && a.not === b.not;

export const hasTerm = (query: string, term: Term) => parseQuery(query).some((one) => sameTerm(one, term));

/** Adds the term, or takes it out when it is there already. A new day replaces the old one. */
export function toggleTerm(query: string, term: Term): string {
  const terms = parseQuery(query);
  if (terms.some((one) => sameTerm(one, term))) return formatQuery(terms.filter((one) => !sameTerm(one, term)));
  const kept = term.kind === "on" ? terms.filter((one) => one.kind !== "on") : terms;
  return formatQuery([...kept, term]);
}

/** From and until (exclusive) of a day term, in the reader's own time zone. */
export function dayRange(term: Extract<Term, { kind: "before" | "after" | "on" }>): { from?: Date; until?: Date } {
  const day = parseDay(term.value)!;
  if (term.kind === "before") return { until: day };
  if (term.kind === "after") return { from: addDays(day, 1) };
  return { from: day, until: addDays(day, 1) };
}

const factors: Record<string, (value: string) => Term | undefined> = {
  contentSearch: (value) => ({ kind: "text", value, not: false }),
  tagSearch: (value) => ({ kind: "tag", value, not: false }),
  displayTime: (value) => {
    const day = parseDay(value) ?? new Date(Number.isNaN(Number(value)) ? value : Number(value));
    return Number.isNaN(day.getTime()) ? undefined : { kind: "on", value: dayKey(day), not: false };
  },
  pinned: () => ({ kind: "is", value: "pinned", not: false }),
  visibility: (value) => {
    const known = value.toLowerCase() as IsValue;
    return isValues.includes(known) ? { kind: "is", value: known, not: false } : undefined;
  },
  "property.hasLink": () => ({ kind: "has", value: "link", not: false }),
  "property.hasTaskList": () => ({ kind: "has", value: "task", not: false }),
  "property.hasCode": () => ({ kind: "has", value: "code", not: false }),
};

/** Reads the older address form `factor:value,factor:value`, which links and bookmarks still have. */
export function queryFromFactors(filter: string): string {
  const terms = filter.split(",").flatMap((part) => {
    const [factor = "", value = ""] = part.split(/:(.*)/s);
    let decoded = value;
    try {
      decoded = decodeURIComponent(value);
    } catch {
      // A stray percent sign stands for itself.
    }
    const term = factors[factor]?.(decoded);
    return term ? [term] : [];
  });
  return formatQuery(terms);
}
