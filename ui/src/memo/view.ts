import { readLocalJson, writeLocalJson } from "@/lib/local";
import { createStore } from "@/lib/store";

/** How the reader wants lists drawn; kept in this browser. */
export interface View {
  by: "create_time" | "update_time";
  newestFirst: boolean;
  compact: boolean;
  previews: boolean;
}

const initial: View = { by: "create_time", newestFirst: true, compact: false, previews: true };

export const view = createStore<View>({ ...initial, ...readLocalJson<Partial<View>>("view", {}) });

export function setView(change: Partial<View>): void {
  view.set((now) => ({ ...now, ...change }));
  writeLocalJson("view", view.get());
}
