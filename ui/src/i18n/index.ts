import { en } from "./en";

export type TextKey = keyof typeof en;

type Values = Record<string, string | number>;

const plurals = new Intl.PluralRules("en");

/**
 * The text of a key in the page's language. `{name}` is replaced by a value;
 * `{n|one memo|# memos}` chooses by the plural rules, `#` standing for the number.
 */
export function t(key: TextKey, values: Values = {}): string {
  return en[key].replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, other?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined || other === undefined) return String(value);
    return (plurals.select(Number(value)) === "one" ? one : other).replace("#", Number(value).toLocaleString("en"));
  });
}
