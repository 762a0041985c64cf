const key = "memora.reloaded";

/** After an upgrade the old page's parts are gone: load the new page once; if that doesn't help, the error is shown. */
export function reloadOnLostChunk(): void {
  window.addEventListener("vite:preloadError", (event) => {
    try {
      const last = Number(sessionStorage.getItem(key) ?? 0);
      if (Date.now() - last < 60_000) return;
      sessionStorage.setItem(key, String(Date.now()));
    } catch {
      return;
    }
    event.preventDefault();
    location.reload();
  });
}
