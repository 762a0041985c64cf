import { createStore } from "@/lib/store";

/** Is the sheet with search, calendar and tags open? Only where there is no column for them. */
export const browseOpen = createStore(false);

export const searchFieldId = "memo-search";

/** Puts the focus into the search box, opening the sheet where the column isn't there. */
export function openBrowse(): void {
  const field = document.getElementById(searchFieldId) as HTMLInputElement | null;
  if (field) {
    field.focus();
    field.select();
  } else browseOpen.set(true);
}
