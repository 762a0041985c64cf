// Runs before the first paint, so that a chosen theme never flashes. Kept apart because the page allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("memora.theme");
  } catch {
    // Storage may be blocked: the system's theme is used then.
  }
  if (chosen !== "light" && chosen !== "dark" && chosen !== "paper") chosen = "system";
  document.documentElement.dataset.theme = chosen;
  var dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  var bar = document.querySelector('meta[name="theme-color"]');
  if (bar) bar.content = dark ? "#0f1412" : chosen === "paper" ? "#f6efe2" : "#f3f5f1";
})();
