import { session } from "@/api/session";
import { useNotifications } from "@/data/personal";
import { useInstanceTitle } from "@/data/instance";
import { UserNotification_Status } from "@/gen/memos/api/v1/user_service_pb";
import { t, type TextKey } from "@/i18n";
import { cx } from "@/lib/cx";
import { useWide } from "@/lib/hooks";
import { useStore } from "@/lib/store";
import { openBrowse } from "@/side/browse";
import type { Icon } from "@/ui/Button";
import { ArchiveIcon, CompassIcon, HouseIcon, InboxIcon, InfoIcon, PaperclipIcon, PencilIcon, SearchIcon, UserIcon } from "@/ui/icons";
import { InstanceLogo } from "@/ui/InstanceLogo";
import { startComposing } from "@/editor/compose";
import { Link } from "./Link";
import { usePlace } from "./router";
import { UserMenu } from "./UserMenu";

interface Entry {
  to: string;
  icon: Icon;
  text: TextKey;
}

const memberEntries: Entry[] = [
  { to: "/", icon: HouseIcon, text: "nav.home" },
  { to: "/explore", icon: CompassIcon, text: "nav.explore" },
  { to: "/attachments", icon: PaperclipIcon, text: "nav.attachments" },
  { to: "/inbox", icon: InboxIcon, text: "nav.inbox" },
  { to: "/archived", icon: ArchiveIcon, text: "nav.archived" },
];

const guestEntries: Entry[] = [
  { to: "/explore", icon: CompassIcon, text: "nav.explore" },
  { to: "/about", icon: InfoIcon, text: "nav.about" },
  { to: "/auth", icon: UserIcon, text: "auth.signIn" },
];

function useUnread(): number {
  const { data } = useNotifications();
  return data?.filter((one) => one.status === UserNotification_Status.UNREAD).length ?? 0;
}

/** At the left: icons on a tablet, icons with their names where there is room. */
export function Rail() {
  const title = useInstanceTitle();
  const signedIn = useStore(session) !== "guest";
  const wide = useWide();
  return (
    <div className="sticky top-0 flex h-dvh shrink-0 flex-col items-stretch gap-1 px-3 py-5 xl:w-56">
      <header>
        <Link to={signedIn ? "/" : "/explore"} className="mb-4 flex min-h-11 items-center gap-3 rounded-2xl px-1.5" aria-label={title}>
          <InstanceLogo className="size-9 shrink-0" />
          <span className="truncate font-serif text-2xl tracking-tight max-xl:hidden">{title}</span>
        </Link>
      </header>
      <nav aria-label={t("nav.label")} className="flex flex-col gap-1">
        {(signedIn ? memberEntries : guestEntries).map((entry) => (
          <RailLink key={entry.to} entry={entry} />
        ))}
        {!wide && (
          <RailButton icon={SearchIcon} label={t("nav.search")} onClick={openBrowse} />
        )}
        {signedIn && (
          <button
            type="button"
            onClick={startComposing}
            aria-label={t("nav.new")}
            title={`${t("nav.new")} (n)`}
            className="mt-3 flex min-h-11 items-center justify-center gap-2.5 rounded-full bg-accent font-medium text-on-accent shadow-card transition-colors hover:bg-accent-strong"
          >
            <PencilIcon className="size-4.5" aria-hidden />
            <span className="max-xl:hidden">{t("nav.new")}</span>
          </button>
        )}
      </nav>
      <div className="mt-auto">
        <UserMenu full />
      </div>
    </div>
  );
}

const railItem = "relative flex min-h-11 items-center gap-3.5 rounded-full px-3.5 text-[0.95rem] transition-colors max-xl:w-12 max-xl:justify-center max-xl:px-0";

function RailLink({ entry: { to, icon: Glyph, text } }: { entry: Entry }) {
  const here = usePlace().path === to;
  return (
    <Link to={to} title={t(text)} aria-current={here ? "page" : undefined} className={cx(railItem, here ? "bg-surface font-medium text-ink shadow-card" : "text-muted hover:bg-sunken hover:text-ink")}>
      <Glyph className={cx("size-5 shrink-0", here && "text-accent")} aria-hidden />
      <span className="max-xl:sr-only">{t(text)}</span>
      {to === "/inbox" && <Unread />}
    </Link>
  );
}

function RailButton({ icon: Glyph, label, onClick }: { icon: Icon; label: string; onClick(): void }) {
  return (
    <button type="button" aria-label={label} title={label} onClick={onClick} className={cx(railItem, "text-muted hover:bg-sunken hover:text-ink")}>
      <Glyph className="size-5 shrink-0" aria-hidden />
      <span className="max-xl:hidden">{label}</span>
    </button>
  );
}

function Unread() {
  const count = useUnread();
  if (!count) return null;
  return (
    <span className="ms-auto rounded-full bg-gold-soft px-2 text-xs leading-5 font-semibold text-gold max-xl:absolute max-xl:-end-0.5 max-xl:top-0.5 max-md:start-1/2 max-md:end-auto max-md:top-1.5 max-md:ms-1.5 max-md:px-1.5 max-md:leading-4">
      <span aria-hidden>{count > 99 ? "99+" : count}</span>
      <span className="sr-only">{t("nav.unread", { n: count })}</span>
    </span>
  );
}

/** At the bottom of a phone, in reach of the thumb. */
export function BottomBar() {
  const signedIn = useStore(session) !== "guest";
  return (
    <nav aria-label={t("nav.label")} className="no-print fixed inset-x-0 bottom-0 z-30 grid auto-cols-fr grid-flow-col items-center border-t border-line/70 bg-bg/95 px-2 pb-[env(safe-area-inset-bottom)] backdrop-blur-lg">
      {signedIn ? (
        <>
          <BarLink entry={memberEntries[0]!} />
          <BarLink entry={memberEntries[1]!} />
          <button type="button" aria-label={t("nav.new")} onClick={startComposing} className="mx-auto grid size-13 -translate-y-2 place-items-center rounded-full bg-accent text-on-accent shadow-lift active:scale-95">
            <PencilIcon className="size-5.5" aria-hidden />
          </button>
          <BarSearch />
          <BarLink entry={memberEntries[3]!} />
        </>
      ) : (
        <>
          <BarLink entry={guestEntries[0]!} />
          <BarSearch />
          <BarLink entry={guestEntries[1]!} />
          <BarLink entry={guestEntries[2]!} />
        </>
      )}
    </nav>
  );
}

const barItem = "relative flex min-h-16 flex-col items-center justify-center gap-0.5 text-[0.6875rem]";

function BarLink({ entry: { to, icon: Glyph, text } }: { entry: Entry }) {
  const here = usePlace().path === to;
  return (
    <Link to={to} aria-current={here ? "page" : undefined} className={cx(barItem, here ? "font-medium text-accent" : "text-muted")}>
      <Glyph className="size-5.5" aria-hidden />
      {t(text)}
      {to === "/inbox" && <Unread />}
    </Link>
  );
}

function BarSearch() {
  return (
    <button type="button" onClick={openBrowse} className={cx(barItem, "text-muted")}>
      <SearchIcon className="size-5.5" aria-hidden />
      {t("nav.search")}
    </button>
  );
}
