import { session } from "@/api/session";
import { nameOf, useMe } from "@/data/users";
import { t } from "@/i18n";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { Avatar } from "@/ui/Avatar";
import { ArchiveIcon, BookmarkIcon, InfoIcon, MoreIcon, PaperclipIcon, SettingsIcon, SignOutIcon, UserIcon } from "@/ui/icons";
import { Menu, MenuDivider, MenuHeading, MenuItem } from "@/ui/Menu";
import { leave } from "./leave";
import { navigate } from "./router";
import { setTheme, theme, themes } from "./theme";

export function UserMenu({ full = false }: { full?: boolean }) {
  const me = useMe();
  const signedIn = useStore(session) !== "guest";
  const chosen = useStore(theme);
  if (!signedIn) return null;
  return (
    <Menu
      label={t("user.menu")}
      align={full ? "start" : "end"}
      trigger={(props) => (
        <button
          type="button"
          {...props}
          title={t("user.menu")}
          className={cx("flex min-h-11 items-center gap-3 rounded-full p-1 text-start transition-colors hover:bg-sunken", full && "w-full xl:pe-3")}
        >
          <Avatar user={me} className="size-9" />
          <span className="sr-only">{t("user.menu")}</span>
          {full && (
            <>
              <span className="min-w-0 grow max-xl:sr-only">
                <span className="block truncate text-sm font-medium">{me ? nameOf(me) : ""}</span>
                <span className="block truncate text-xs text-muted">{me ? `@${me.username}` : ""}</span>
              </span>
              <MoreIcon className="size-4 shrink-0 text-muted max-xl:hidden" aria-hidden />
            </>
          )}
        </button>
      )}
    >
      {(close) => {
        const go = (to: string) => () => {
          close();
          navigate(to);
        };
        return (
          <>
            {me && <MenuItem icon={UserIcon} onSelect={go(`/u/${encodeURIComponent(me.username)}`)}>{t("user.profile")}</MenuItem>}
            <MenuItem icon={ArchiveIcon} onSelect={go("/archived")}>{t("nav.archived")}</MenuItem>
            <MenuItem icon={PaperclipIcon} onSelect={go("/attachments")}>{t("nav.attachments")}</MenuItem>
            <MenuItem icon={BookmarkIcon} onSelect={go("/shortcuts")}>{t("nav.shortcuts")}</MenuItem>
            <MenuItem icon={SettingsIcon} onSelect={go("/setting#my-account")}>{t("nav.settings")}</MenuItem>
            <MenuItem icon={InfoIcon} onSelect={go("/about")}>{t("nav.about")}</MenuItem>
            <MenuDivider />
            <MenuHeading>{t("theme.label")}</MenuHeading>
            {themes.map((one) => (
              <MenuItem key={one} checked={chosen === one} onSelect={() => setTheme(one)}>
                {t(`theme.${one}`)}
              </MenuItem>
            ))}
            <MenuDivider />
            <MenuItem
              icon={SignOutIcon}
              onSelect={() => {
                close();
                leave();
              }}
            >
              {t("user.signOut")}
            </MenuItem>
          </>
        );
      }}
    </Menu>
  );
}
