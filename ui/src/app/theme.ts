import { readLocal, writeLocal } from "@/lib/local";
import { createStore } from "@/lib/store";

export const themes = ["system", "light", "dark", "paper"] as const;
export type Theme = (typeof themes)[number];

// Older accounts have `default-dark` and the like.
export function asTheme(text: string | null | undefined): Theme {
  const bare = text?.replace(/^default-/, "");
  return themes.includes(bare as Theme) ? (bare as Theme) : "system";
}

/** The account's theme, on a device where none has been chosen yet. */
export function adoptTheme(stored: string): void {
  if (stored && readLocal("theme") === null) setTheme(asTheme(stored));
}

export const theme = createStore<Theme>(asTheme(readLocal("theme")));

const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const chosen = theme.get();
  document.documentElement.dataset.theme = chosen;
  const background = getComputedStyle(document.documentElement).backgroundColor;
  document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')?.setAttribute("content", background);
}

export function setTheme(next: Theme): void {
  writeLocal("theme", next);
  theme.set(next);
  apply();
}

darkSystem.addEventListener("change", apply);
