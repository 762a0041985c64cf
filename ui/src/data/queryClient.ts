import { QueryClient } from "@tanstack/react-query";
import { Code } from "@connectrpc/connect";
import { codeOf } from "@/api/errors";

const final = [Code.Unauthenticated, Code.PermissionDenied, Code.NotFound, Code.InvalidArgument, Code.Unimplemented];

/**
 * Nothing is fetched again by itself when a window gets the focus: lists are brought up to date from their first page
 * and from events (see `memoSync.ts`), never page by page.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 30 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (count, error) => count < 1 && !final.includes(codeOf(error)),
    },
    mutations: { retry: false },
  },
});
