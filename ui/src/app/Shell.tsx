import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { session } from "@/api/session";
import { useInstanceTitle, useProfile } from "@/data/instance";
import { generalOf, useUserSettings } from "@/data/personal";
import { t } from "@/i18n";
import { useNarrow, useWide } from "@/lib/hooks";
import { useStore } from "@/lib/store";
import { browseOpen } from "@/side/browse";
import { InstanceLogo } from "@/ui/InstanceLogo";
import { GlobalKeys } from "./GlobalKeys";
import { Link } from "./Link";
import { BottomBar, Rail } from "./Nav";
import { usePlace } from "./router";
import { adoptTheme } from "./theme";
import { UserMenu } from "./UserMenu";

// The memos come first; what helps to find them follows.
const BrowsePanel = lazy(() => import("@/side/BrowsePanel"));
const BrowseSheet = lazy(() => import("@/side/BrowseSheet"));

const withoutSide = /^\/(setting|attachments|inbox|shortcuts|about|memos\/.*)$/;

/** The frame of every page: who we are, where one can go, the page itself, and the column to search and browse by. */
export function Shell({ children }: { children: ReactNode }) {
  const place = usePlace();
  const narrow = useNarrow();
  const wide = useWide();
  const sheet = useStore(browseOpen);
  const hasSide = wide && !withoutSide.test(place.path);
  const stored = generalOf(useUserSettings().data)?.theme;
  useEffect(() => adoptTheme(stored ?? ""), [stored]);
  return (
    <div className="shell mx-auto flex min-h-dvh w-full max-w-[80rem] max-md:flex-col">
      <a href="#main" className="sr-only z-70 rounded-full bg-accent px-5 py-3 text-on-accent focus:not-sr-only focus:fixed focus:start-4 focus:top-4">
        {t("nav.skip")}
      </a>
      {narrow ? <TopBar /> : <Rail />}
      <Main hasSide={hasSide}>{children}</Main>
      {hasSide && (
        <aside aria-label={t("side.label")} className="sticky top-0 h-dvh w-[19.5rem] shrink-0 overflow-y-auto px-3 py-5 [scrollbar-width:thin]">
          <Suspense>
            <BrowsePanel />
          </Suspense>
        </aside>
      )}
      {narrow && <BottomBar />}
      {sheet && !hasSide && (
        <Suspense>
          <BrowseSheet />
        </Suspense>
      )}
      <GlobalKeys />
    </div>
  );
}

function Main({ hasSide, children }: { hasSide: boolean; children: ReactNode }) {
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const [announced, setAnnounced] = useState("");

  // A new page takes the focus, so that keyboard and screen reader start at its beginning and hear its name.
  useEffect(() => {
    if (place.how !== "push" || place.hash) return;
    main.current?.focus({ preventScroll: true });
    const timer = setTimeout(() => setAnnounced(document.title), 300);
    return () => clearTimeout(timer);
  }, [place.path, place.how, place.hash]);

  return (
    <main id="main" ref={main} tabIndex={-1} className={`min-w-0 grow px-3 pb-32 sm:px-6 md:pb-16 ${hasSide ? "" : "lg:pe-8"}`}>
      <p aria-live="polite" className="sr-only">
        {announced}
      </p>
      <DemoNotice />
      {children}
    </main>
  );
}

function DemoNotice() {
  const demo = useProfile().data?.demo;
  return demo ? <p className="mt-3 rounded-xl bg-accent-soft px-4 py-2 text-sm">{t("nav.demo")}</p> : null;
}

function TopBar() {
  const title = useInstanceTitle();
  const signedIn = useStore(session) !== "guest";
  return (
    <header className="sticky top-0 z-30 flex items-center justify-between border-b border-line/70 bg-bg/85 px-4 pt-[env(safe-area-inset-top)] backdrop-blur-lg">
      <Link to={signedIn ? "/" : "/explore"} className="flex min-h-14 items-center gap-2.5" aria-label={title}>
        <InstanceLogo className="size-8" />
        <span className="font-serif text-xl tracking-tight">{title}</span>
      </Link>
      <UserMenu />
    </header>
  );
}
