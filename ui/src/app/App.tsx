import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useState } from "react";
import { session } from "@/api/session";
import { fetchProfile, profileKey, useGeneralSetting } from "@/data/instance";
import { t } from "@/i18n";
import { useStore } from "@/lib/store";
import { Logo } from "@/ui/Logo";
import { Boundary, ErrorState } from "@/ui/State";
import { Toasts } from "@/ui/toast";
import { navigate, usePlace } from "./router";
import { findRoute, guestTarget } from "./routes";
import { Shell } from "./Shell";
import { useScroll } from "./useScroll";

const ExpiredDialog = lazy(() => import("@/pages/auth/ExpiredDialog"));

export function App() {
  const status = useStore(session);
  const profile = useQuery({ queryKey: profileKey, queryFn: fetchProfile, staleTime: Infinity });
  useInstanceStyle();

  if (profile.isError && !profile.data) {
    return (
      <div className="mx-auto max-w-md px-4 py-24">
        <ErrorState error={profile.error} onRetry={() => location.reload()} />
      </div>
    );
  }
  if (status === "starting" || !profile.data) return <Splash />;
  return (
    <>
      <Page needsSetup={profile.data.needsSetup} open={Boolean(profile.data.instanceUrl)} />
      {status === "expired" && (
        <Suspense>
          <ExpiredDialog />
        </Suspense>
      )}
      <Toasts />
    </>
  );
}

function Page({ needsSetup, open }: { needsSetup: boolean; open: boolean }) {
  const place = usePlace();
  const status = useStore(session);
  const guest = status === "guest";
  const { route, params } = findRoute(place.path);
  const redirect = guestTarget({ place, route, guest, needsSetup, open });
  useScroll(place);

  useEffect(() => {
    if (redirect) navigate(redirect, { replace: true });
  }, [redirect]);

  if (redirect) return <Splash />;
  const View = route.page;
  const content = (
    <Boundary key={place.path}>
      <Suspense fallback={<div className="min-h-dvh" />}>
        <View {...params} />
      </Suspense>
    </Boundary>
  );
  return route.bare ? content : <Shell>{content}</Shell>;
}

const flashMs = 400;

/** Only after a moment: on a quick start nothing should flash. On a slow one the mark of index.html stands there already. */
function Splash() {
  const [late, setLate] = useState(() => performance.now() > flashMs);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), flashMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="grid min-h-dvh place-items-center" role="status">
      <span className="sr-only">{t("state.loading")}</span>
      {late && <Logo className="size-14" />}
    </div>
  );
}

/** The administrator's own icon and style, the latter as a constructed sheet: the page's policy forbids inline ones. Its script isn't run. */
function useInstanceStyle(): void {
  const general = useGeneralSetting();
  const css = general?.additionalStyle;
  const icon = general?.customProfile?.logoUrl;
  useEffect(() => {
    if (icon) document.querySelector<HTMLLinkElement>('link[rel="icon"]')!.href = icon;
  }, [icon]);
  useEffect(() => {
    if (!css) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    };
  }, [css]);
}
