import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { AuthService } from "@/gen/memos/api/v1/auth_service_pb";
import { readLocal, writeLocal } from "@/lib/local";
import { createStore } from "@/lib/store";
import { type Token, TokenKeeper, type TokenMessage } from "./tokenKeeper";
import { createTransport } from "./transport";

/**
 * Who is signed in, as far as the page knows.
 * - `starting`: not yet known; - `guest`: nobody; - `member`: signed in;
 * - `expired`: was signed in and the server no longer agrees; the page stays and asks for the password over it.
 */
export type SessionStatus = "starting" | "guest" | "member" | "expired";

export const session = createStore<SessionStatus>("starting");

// Only a hint survives a reload: "1" while signed in. The cookie is the proof, and script can't see it.
const hintKey = "session";

const authClient = createClient(AuthService, createTransport());

function toToken(text: string, expires: Parameters<typeof timestampMs>[0] | undefined): Token {
  return { text, expiresAt: expires ? timestampMs(expires) : Date.now() + 60_000 };
}

const tabs = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("memora.session");

let tellSent: () => void;
const sent = new Promise<void>((resolve) => (tellSent = resolve));

export const keeper = new TokenKeeper({
  async refresh() {
    const asked = authClient.refreshToken({});
    tellSent();
    const answer = await asked;
    return toToken(answer.accessToken, answer.expiresAt);
  },
  now: () => Date.now(),
  channel: {
    post: (message) => tabs?.postMessage(message),
    onMessage: (listener) =>
      tabs?.addEventListener("message", (event: MessageEvent<TokenMessage>) => {
        listener(event.data);
        // Signed in again in another tab: this one goes on as well.
        if (event.data.kind === "token" && session.get() === "expired") becomeMember();
      }),
  },
  exclusive: async (work) => (navigator.locks ? await navigator.locks.request("memora.refresh", work) : work()),
  onSignedOut: () => {
    if (session.get() === "member") location.assign("/auth");
  },
});

function isRefused(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unauthenticated;
}

/** Set while a start goes on in which the page is already shown as to a member. */
let starting: Promise<void> | undefined;

/**
 * Finds out at start whether there is a session. Never throws: an unreachable server shows up in the first real call.
 * Who was a member is taken for one meanwhile, so that the page is drawn at once; its calls wait in `bearer`.
 */
export async function startSession(): Promise<void> {
  const wasMember = readLocal(hintKey) === "1";
  starting = findSession(wasMember).finally(() => (starting = undefined));
  if (wasMember) session.set("member");
  await starting;
}

/** Resolves when the server has been asked for the session of this start, or need not be. */
export async function sessionAsked(): Promise<void> {
  await Promise.race([sent, starting]);
}

async function findSession(wasMember: boolean): Promise<void> {
  if (wasMember && (await keeper.askOthers())) return;
  try {
    await keeper.renew();
    becomeMember();
  } catch (error) {
    if (isRefused(error)) writeLocal(hintKey, null);
    if (isRefused(error) || !wasMember) session.set("guest");
  }
}

function becomeMember(): void {
  writeLocal(hintKey, "1");
  session.set("member");
  const waiting = [...restoredWaiters];
  restoredWaiters.clear();
  waiting.forEach((resume) => resume());
}

const restoredWaiters = new Set<() => void>();

/** Resolves once the user has signed in again in the dialog over the page. */
function restored(): Promise<void> {
  return new Promise((resolve) => restoredWaiters.add(resolve));
}

export async function signIn(username: string, password: string) {
  const answer = await authClient.signIn({ credentials: { case: "passwordCredentials", value: { username, password } } });
  keeper.set(toToken(answer.accessToken, answer.accessTokenExpiresAt));
  becomeMember();
  return answer.user;
}

export async function signInWithProvider(idpName: string, code: string, redirectUri: string, codeVerifier: string) {
  const value = { idpName, code, redirectUri, codeVerifier };
  const answer = await authClient.signIn({ credentials: { case: "ssoCredentials", value } });
  keeper.set(toToken(answer.accessToken, answer.accessTokenExpiresAt));
  becomeMember();
  return answer.user;
}

export async function signOut(): Promise<void> {
  const token = keeper.current?.text;
  writeLocal(hintKey, null);
  try {
    await authClient.signOut({}, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  } finally {
    keeper.clear();
    session.set("guest");
  }
}

/** The bearer to send, renewed if it is about to end; undefined for guests. Waits for a new sign-in when the session is over. */
export async function bearer(): Promise<string | undefined> {
  await starting;
  if (session.get() === "guest" || session.get() === "starting") return undefined;
  try {
    return (await keeper.fresh()).text;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return afterExpiry();
  }
}

/** A new bearer after the server has refused `token`. */
export async function bearerAfterRefusal(token: string): Promise<string> {
  try {
    return (await keeper.renew(token)).text;
  } catch (error) {
    if (!isRefused(error)) throw error;
    return afterExpiry();
  }
}

async function afterExpiry(): Promise<string> {
  session.set("expired");
  await restored();
  return (await keeper.fresh()).text;
}

/** A returning reader should not meet an expired token: renew ahead of time when the tab comes to the front. */
export function watchFocus(): void {
  const earlyMs = 120_000;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && session.get() === "member") keeper.fresh(earlyMs).catch(() => undefined);
  });
}
