// What Solara's own page leaves out, for keyboard and screen reader, from the first paint on: names of parts, the fold of settings.
(() => {
  const NAMES = { ".posture-theme button": "light, dark or as the system has it", ".v-progress-linear": "at work" };
  const NARROW = "(max-width: 1199px)", { dataset } = document.documentElement;
  dataset.postureSide = matchMedia(NARROW).matches ? "folded" : "open";

  const nameParts = () => {
    for (const [where, name] of Object.entries(NAMES)) {
      for (const part of document.querySelectorAll(`${where}:not([aria-label])`)) part.setAttribute("aria-label", name);
    }
    const button = document.querySelector(".posture-fold"), open = String(dataset.postureSide === "open");
    if (button?.getAttribute("aria-expanded") !== open) button?.setAttribute("aria-expanded", open);
  };
  new MutationObserver(nameParts).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".posture-fold")) return;
    dataset.postureSide = dataset.postureSide === "open" ? "folded" : "open";
    nameParts();
  });
})();
