import { en } from "./en";
import type { late } from "./en.late";

export type TextKey = keyof typeof en | keyof typeof late;

type Values = Record<string, string | number>;

const texts: Partial<Record<TextKey, string>> = { ...en };
const plurals = new Intl.PluralRules("en");

/** Texts of pages that load later come with them. */
export function addTexts(more: typeof late): void {
  Object.assign(texts, more);
}

/**
 * The text of a key in the page's language. `{name}` is replaced by a value;
 * `{n|one memo|# memos}` chooses by the plural rules, `#` standing for the number.
 */
export function t(key: TextKey, values: Values = {}): string {
  return (texts[key] ?? key).replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined || other === undefined) return String(value);
    return (plurals.select(Number(value)) === "one" ? one : other).replace("#", Number(value).toLocaleString("en"));
  });
}
