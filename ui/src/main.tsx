import "./styles/index.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { session, sessionAsked, startSession, watchFocus } from "./api/session";
import { App } from "./app/App";
import { startRouter } from "./app/router";
import { reloadOnLostChunk } from "./app/lostChunk";
import { fetchProfile, fetchStartSettings, profileKey, startKey } from "./data/instance";
import { commitLeftovers } from "./data/pendingDeletes";
import { queryClient } from "./data/queryClient";
import { takeStartData } from "./data/start";
import { watchSignIn } from "./data/users";
import { readLocal } from "./lib/local";
import { preloadMarkdown } from "./markdown/LazyMarkdown";

/** A returning user saves a round trip by asking for everything at once; a new visitor may be facing an empty instance. */
async function start({ given, session: worthTrying }: ReturnType<typeof takeStartData>): Promise<void> {
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

function draw(): void {
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
}

/** How long the first drawing may be held up by what is worth waiting for. */
const patienceMs = 500;

const markdown = preloadMarkdown();
const startData = takeStartData();
startRouter();
watchFocus();
watchSignIn();
reloadOnLostChunk();
followEvents();
void start(startData);
// Drawing keeps a slow processor busy. What the network is to bring goes out before it; and memos that are there
// already are drawn once, with what draws Markdown, and not twice.
const wait = startData.list ? markdown : readLocal("session") === "1" ? sessionAsked() : undefined;
if (wait) void Promise.race([wait, new Promise((resolve) => setTimeout(resolve, patienceMs))]).then(draw);
else draw();
