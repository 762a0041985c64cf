import "@/i18n/late";
import { type ComponentType, lazy, Suspense, useEffect, useRef } from "react";
import { Link } from "@/app/Link";
import { usePlace } from "@/app/router";
import { useInstanceTitle } from "@/data/instance";
import { useMe } from "@/data/users";
import { User_Role } from "@/gen/memos/api/v1/user_service_pb";
import { t, type TextKey } from "@/i18n";
import { cx } from "@/lib/cx";
import { useDocumentTitle } from "@/lib/hooks";
import { Boundary, Loading } from "@/ui/State";

interface Entry {
  key: string;
  text: TextKey;
  view: ComponentType;
}

const section = (key: string, text: TextKey, load: () => Promise<{ default: ComponentType }>): Entry => ({ key, text, view: lazy(load) });

const personal: Entry[] = [
  section("my-account", "settings.account", () => import("./MyAccount")),
  section("preference", "settings.preferences", () => import("./Preferences")),
  section("access-token", "settings.tokens", () => import("./AccessTokens")),
  section("webhook", "settings.webhooks", () => import("./Webhooks")),
  section("tags", "settings.tags", () => import("./TagRules")),
];

const administration: Entry[] = [
  section("member", "settings.members", () => import("./Members")),
  section("system", "settings.system", () => import("./System")),
  section("memo", "settings.memo", () => import("./MemoSettings")),
  section("storage", "settings.storage", () => import("./Storage")),
  section("notification", "settings.notification", () => import("./Notification")),
  section("sso", "settings.sso", () => import("./Sso")),
  section("ai", "settings.ai", () => import("./Ai")),
  section("resource-stats", "settings.stats", () => import("./Statistics")),
];

export default function SettingsPage() {
  const { hash } = usePlace();
  const admin = useMe()?.role === User_Role.ADMIN;
  const all = admin ? [...personal, ...administration] : personal;
  const current = all.find((one) => one.key === hash.slice(1)) ?? personal[0]!;
  useDocumentTitle(`${t(current.text)} · ${t("nav.settings")}`, useInstanceTitle());
  const View = current.view;
  const list = useRef<HTMLElement>(null);
  // On a phone the sections are a row that scrolls sideways.
  useEffect(() => {
    // Browsers that answer this with a promise would have it taken for the effect's end.
    void list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current.key]);
  return (
    <div className="mx-auto grid max-w-5xl gap-x-8 gap-y-4 py-4 md:py-6 lg:grid-cols-[12rem_minmax(0,1fr)]">
      <h1 className="font-serif text-3xl tracking-tight lg:col-span-2">{t("nav.settings")}</h1>
      <nav ref={list} aria-label={t("nav.settings")} className="flex min-w-0 gap-1 overflow-x-auto pb-1 [scrollbar-width:none] lg:sticky lg:top-6 lg:flex-col lg:self-start">
        {personal.map((one) => (
          <SectionLink key={one.key} entry={one} here={one === current} />
        ))}
        {admin && <p className="hidden px-3.5 pt-4 pb-1 text-xs font-medium text-muted lg:block">{t("settings.admin")}</p>}
        {admin && administration.map((one) => <SectionLink key={one.key} entry={one} here={one === current} />)}
      </nav>
      <div className="flex min-w-0 flex-col gap-4">
        <Boundary key={current.key}>
          <Suspense fallback={<Loading />}>
            <View />
          </Suspense>
        </Boundary>
      </div>
    </div>
  );
}

function SectionLink({ entry, here }: { entry: Entry; here: boolean }) {
  return (
    <Link
      to={`/setting#${entry.key}`}
      aria-current={here ? "page" : undefined}
      className={cx("flex min-h-10 shrink-0 items-center rounded-full px-3.5 text-sm whitespace-nowrap pointer-coarse:min-h-11", here ? "bg-surface font-medium shadow-card" : "text-muted hover:bg-sunken hover:text-ink")}
    >
      {t(entry.text)}
    </Link>
  );
}
