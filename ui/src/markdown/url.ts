const protocols = new Set(["http:", "https:", "mailto:", "tel:", "ftp:", "geo:", "matrix:", "xmpp:"]);

/** The address if following it is harmless, otherwise undefined. Relative addresses are. */
export function safeUrl(address: string): string | undefined {
  // Browsers skip control characters and white space inside a scheme; so the test must, too.
  const bare = address.replace(/[\u0000-\u0020\u007f-\u009f]/g, "");
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*:)/.exec(bare)?.[1]?.toLowerCase();
  if (scheme && !protocols.has(scheme)) return undefined;
  return address;
}

/** Is it our own server's? Anything else means telling a third party. */
export function isOwn(address: string): boolean {
  try {
    return new URL(address, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

export function hostOf(address: string): string {
  try {
    return new URL(address, location.href).host;
  } catch {
    return address;
  }
}
