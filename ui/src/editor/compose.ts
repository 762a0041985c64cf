import { navigate } from "@/app/router";
import { createStore } from "@/lib/store";

/** Counts the wishes to write: the composer on the home page takes the focus each time it grows. */
export const composeWish = createStore(0);

let granted = 0;

/** Wishes not yet granted, also those made before the composer was there. */
export const openWishes = (wish: number) => wish - granted;

export function grantWish(wish: number): void {
  granted = wish;
}

export function startComposing(): void {
  if (location.pathname !== "/") navigate("/");
  window.scrollTo({ top: 0 });
  composeWish.set((count) => count + 1);
}
