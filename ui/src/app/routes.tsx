import { type ComponentType, lazy } from "react";
import { TimelinePage } from "@/pages/TimelinePage";
import type { Place } from "./router";

export interface Route {
  pattern: RegExp;
  /** Who may open it; `guest` pages make no sense when signed in. */
  who: "member" | "all" | "guest";
  page: ComponentType<Record<string, string>>;
  /** Without navigation around it. */
  bare?: boolean;
  /** Open to everybody even on an instance that counts as private. */
  shared?: boolean;
}

const Home = () => <TimelinePage scope="home" />;
const Explore = () => <TimelinePage scope="explore" />;
const Archived = () => <TimelinePage scope="archived" />;

const page = (load: () => Promise<{ default: ComponentType<never> }>) => lazy(load as () => Promise<{ default: ComponentType<Record<string, string>> }>);

const SignIn = page(() => import("@/pages/auth/SignInPage"));
const SignUp = page(() => import("@/pages/auth/SignUpPage"));
const NotFound = page(() => import("@/pages/ErrorPages").then((module) => ({ default: module.NotFoundPage })));
const Forbidden = page(() => import("@/pages/ErrorPages").then((module) => ({ default: module.ForbiddenPage })));

const routes: Route[] = [
  { pattern: /^\/(?:home)?$/, who: "member", page: Home },
  { pattern: /^\/explore$/, who: "all", page: Explore },
  { pattern: /^\/archived$/, who: "member", page: Archived },
  { pattern: /^\/u\/(?<username>[^/]+)$/, who: "all", page: page(() => import("@/pages/ProfilePage")) },
  { pattern: /^\/attachments$/, who: "member", page: page(() => import("@/pages/AttachmentsPage")) },
  { pattern: /^\/inbox$/, who: "member", page: page(() => import("@/pages/InboxPage")) },
  { pattern: /^\/shortcuts$/, who: "member", page: page(() => import("@/pages/ShortcutsPage")) },
  { pattern: /^\/setting$/, who: "member", page: page(() => import("@/settings/SettingsPage")) },
  { pattern: /^\/memos\/shares\/(?<token>[^/]+)$/, who: "all", shared: true, page: page(() => import("@/pages/SharedMemoPage")) },
  { pattern: /^\/memos\/(?<uid>[^/]+)$/, who: "all", page: page(() => import("@/pages/MemoPage")) },
  { pattern: /^\/auth$/, who: "guest", bare: true, shared: true, page: SignIn },
  { pattern: /^\/auth\/admin$/, who: "guest", bare: true, shared: true, page: SignIn },
  { pattern: /^\/auth\/signup$/, who: "guest", bare: true, shared: true, page: SignUp },
  { pattern: /^\/auth\/callback$/, who: "all", bare: true, shared: true, page: page(() => import("@/pages/auth/CallbackPage")) },
  { pattern: /^\/about$/, who: "all", page: page(() => import("@/pages/AboutPage")) },
  { pattern: /^\/403$/, who: "all", page: Forbidden },
];

const notFound: Route = { pattern: /^/, who: "all", page: NotFound };

export function findRoute(path: string): { route: Route; params: Record<string, string> } {
  const bare = path.length > 1 ? path.replace(/\/+$/, "") : path;
  for (const route of routes) {
    const match = route.pattern.exec(bare);
    if (match) return { route, params: { ...match.groups } };
  }
  return { route: notFound, params: {} };
}

interface Visit {
  place: Place;
  route: Route;
  guest: boolean;
  needsSetup: boolean;
  open: boolean;
}

/** Where a visitor has to go instead, if anywhere. An instance without a public address keeps guests at the door. */
export function guestTarget({ place, route, guest, needsSetup, open }: Visit): string | undefined {
  if (needsSetup) return place.path === "/auth/signup" ? undefined : "/auth/signup";
  if (place.path === "/home") return `/${place.search}${place.hash}`;
  if (!guest) return route.who === "guest" ? "/" : undefined;
  if (route.who === "guest" || route.shared) return undefined;
  const here = place.path + place.search + place.hash;
  if (!open) return here === "/" ? "/auth" : `/auth?redirect=${encodeURIComponent(here)}`;
  if (route.who === "all") return undefined;
  return place.path === "/" ? `/explore${place.search}${place.hash}` : `/auth?redirect=${encodeURIComponent(here)}`;
}
