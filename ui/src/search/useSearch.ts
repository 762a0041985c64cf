import { useMemo } from "react";
import { navigate, type Place, usePlace } from "@/app/router";
import { formatQuery, parseQuery, queryFromFactors, type Term, toggleTerm } from "./query";

const listPath = /^\/(|explore|archived|u\/[^/]+)$/;

function readSearch(place: Place): { query: string; shortcut: string | null } {
  const params = new URLSearchParams(place.search);
  const factors = params.get("filter");
  const query = params.get("q") ?? (factors ? queryFromFactors(factors) : "");
  return { query, shortcut: params.get("shortcut") };
}

function addressOf(path: string, query: string, shortcut: string | null): string {
  const params = new URLSearchParams();
  if (query) params.set("q", query);
  if (shortcut) params.set("shortcut", shortcut);
  const search = params.toString();
  return encodeURI(path) + (search ? `?${search}` : "");
}

/** What is searched for lives in the address, so that Back, links and reloads keep it. */
export function useSearch() {
  const place = usePlace();
  const { query, shortcut } = readSearch(place);
  const path = listPath.test(place.path) ? place.path : "/";
  return useMemo(() => {
    const terms = parseQuery(query);
    return {
      query,
      terms,
      shortcut,
      setQuery: (next: string, replace = false) => navigate(addressOf(path, next, shortcut), { replace }),
      setShortcut: (next: string | null) => navigate(addressOf(path, query, next)),
      toggle: (term: Term) => navigate(addressOf(path, toggleTerm(query, term), shortcut)),
      remove: (term: Term) => navigate(addressOf(path, formatQuery(terms.filter((one) => one !== term)), shortcut)),
      clear: () => navigate(addressOf(path, "", null)),
    };
  }, [query, shortcut, path]);
}
