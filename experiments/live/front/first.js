// Before anything is painted: dark or light as the system or the reader says. Then: what does not come up says so.
(() => {
  const KEY = ":solara:theme.variant", root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      if (!localStorage.getItem(KEY)) localStorage.setItem(KEY, JSON.stringify("auto"));
      return JSON.parse(localStorage.getItem(KEY));
    } catch {
      return "auto";
    }
  };
  const paint = () => {
    const variant = stored();
    root.classList.toggle("posture-first-dark", variant === "dark" || (variant !== "light" && dark.matches));
  };
  paint();
  dark.addEventListener("change", paint);

  // --- patience --------------------------------------------------------------------------------------------------
  // anywidget gives a picture's script two seconds to load, and what loads later hears no message for ever: blank. Where
  // many tabs open at once a script takes longer, and nothing is wrong.
  const timeout = AbortSignal.timeout?.bind(AbortSignal), HASTE_MS = 2000, LONG_MS = 600000;
  if (timeout) AbortSignal.timeout = (ms) => timeout(ms === HASTE_MS ? LONG_MS : ms); // an old browser has none, and is told below

  // --- words where a picture should be ---------------------------------------------------------------------------
  const PATIENCE_MS = 15000;
  const began = new WeakMap();
  const words = "This picture has not come up. Reload the page; if that does not help, try another browser.";
  const isEmpty = (box) => box.offsetParent && !box.querySelector(box.matches(".posture-map") ? "[data-hour]" : "canvas, img[src], svg");
  const look = () => {
    for (const box of document.querySelectorAll(".posture-map, .posture-chart-box")) {
      const note = box.querySelector(".posture-missing"), now = performance.now();
      if (!isEmpty(box)) {
        began.delete(box);
        if (note) note.remove();
      } else if (!began.has(box)) {
        began.set(box, now);
      } else if (!note && now - began.get(box) > PATIENCE_MS) {
        box.prepend(Object.assign(document.createElement("div"), { className: "posture-missing", textContent: words }));
      }
    }
  };
  const whole = () => {
    const app = document.getElementById("app"), missing = app && !document.querySelector(".posture-page, .v-alert");
    const said = document.querySelector(".posture-lost");
    if (missing && !said) {
      const text = "The page has not come up yet: the server may be busy, or gone. It comes up by itself; or reload it.";
      document.body.prepend(Object.assign(document.createElement("div"), { className: "posture-lost", textContent: text }));
    } else if (!missing && said) {
      said.remove();
    }
  };
  setInterval(look, 2000);
  setInterval(() => performance.now() > PATIENCE_MS && whole(), 2000);
})();
