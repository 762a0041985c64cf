import { navigate } from "@/app/router";
import { createStore } from "@/lib/store";

/** Counts the wishes to write: the composer on the home page takes the focus each time it grows. */
export const composeWish = createStore(0);

export function startComposing(): void {
  if (location.pathname !== "/") navigate("/");
  window.scrollTo({ top: 0 });
  composeWish.set((count) => count + 1);
}
