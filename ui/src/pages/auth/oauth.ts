import type { IdentityProvider, OAuth2Config } from "@/gen/memos/api/v1/idp_service_pb";

const key = "memora.oauth";
const validMs = 10 * 60_000;

/** What has to be known again when the provider sends the reader back. */
export interface OAuthTrip {
  state: string;
  verifier: string;
  idpName: string;
  redirect: string | null;
  linkTo: string | null;
  until: number;
}

export const callbackUrl = () => `${location.origin}/auth/callback`;

/** Undefined for a provider that the page knows no way to. */
export function oauthConfig(provider: IdentityProvider): OAuth2Config | undefined {
  const config = provider.config?.config;
  return config?.case === "oauth2Config" && /^https?:\/\/[^/]/i.test(config.value.authUrl) ? config.value : undefined;
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

const randomText = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

/** RFC 7636: a challenge made from the verifier. Without a secure context there is no digest, and no PKCE either. */
async function challengeOf(verifier: string): Promise<string | undefined> {
  if (!crypto.subtle) return undefined;
  return base64Url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

/** Sends the reader to the provider. What is needed on the way back stays in this tab. */
export async function beginOAuth(provider: IdentityProvider, options: { redirect?: string | null; linkTo?: string }): Promise<void> {
  const config = oauthConfig(provider);
  if (!config) return;
  const verifier = randomText();
  const challenge = await challengeOf(verifier);
  const trip: OAuthTrip = { state: randomText(), verifier: challenge ? verifier : "", idpName: provider.name, redirect: options.redirect ?? null, linkTo: options.linkTo ?? null, until: Date.now() + validMs };
  sessionStorage.setItem(key, JSON.stringify(trip));
  const url = new URL(config.authUrl);
  url.searchParams.set("client_id", config.clientId);
  url.searchParams.set("redirect_uri", callbackUrl());
  url.searchParams.set("response_type", "code");
  url.searchParams.set("scope", config.scopes.join(" "));
  url.searchParams.set("state", trip.state);
  if (challenge) {
    url.searchParams.set("code_challenge", challenge);
    url.searchParams.set("code_challenge_method", "S256");
  }
  location.assign(url);
}

/** The trip that `state` belongs to, once; undefined when it is unknown or too old. */
export function endOAuth(state: string | null): OAuthTrip | undefined {
  const text = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  if (!text || !state) return undefined;
  const trip = JSON.parse(text) as OAuthTrip;
  return trip.state === state && Date.now() < trip.until ? trip : undefined;
}
