import "./styles/index.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startSession, session, watchFocus } from "./api/session";
import { App } from "./app/App";
import { startRouter } from "./app/router";
import { reloadOnLostChunk } from "./app/lostChunk";
import { fetchProfile, fetchStartSettings, profileKey, startKey } from "./data/instance";
import { commitLeftovers } from "./data/pendingDeletes";
import { queryClient } from "./data/queryClient";
import { takeStartData } from "./data/start";
import { readLocal } from "./lib/local";
import { preloadMarkdown } from "./markdown/LazyMarkdown";

/** A returning user saves a round trip by asking for everything at once; a new visitor may be facing an empty instance. */
async function start(): Promise<void> {
  const { given, session: worthTrying } = takeStartData();
  const profile = queryClient.fetchQuery({ queryKey: profileKey, queryFn: fetchProfile, staleTime: Infinity });
  if (!given) void queryClient.prefetchQuery({ queryKey: startKey, queryFn: fetchStartSettings, staleTime: Infinity });
  if (readLocal("session") === "1") await startSession();
  else if (!worthTrying || (await profile.catch(() => undefined))?.needsSetup) session.set("guest");
  else await startSession();
  if (session.get() === "member") commitLeftovers();
}

/** News from the server, for members. */
function followEvents(): void {
  const begin = () => {
    if (session.get() !== "member") return;
    stop();
    import("./live").catch(() => undefined);
  };
  const stop = session.subscribe(begin);
}

preloadMarkdown();
startRouter();
watchFocus();
reloadOnLostChunk();
followEvents();
void start();

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
