import { readLocal, writeLocal } from "@/lib/local";
import { createStore } from "@/lib/store";

export const themes = ["system", "light", "dark", "paper"] as const;
export type Theme = (typeof themes)[number];

export const asTheme = (text: string | null | undefined): Theme => (themes.includes(text as Theme) ? (text as Theme) : "system");

export const theme = createStore<Theme>(asTheme(readLocal("theme")));

const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const chosen = theme.get();
  document.documentElement.dataset.theme = chosen;
  const background = getComputedStyle(document.documentElement).backgroundColor;
  document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')?.setAttribute("content", background);
}

export function setTheme(next: Theme): void {
  writeLocal("theme", next === "system" ? null : next);
  theme.set(next);
  apply();
}

darkSystem.addEventListener("change", apply);
