// The line of time as a widget, and what Solara's own page leaves out, for keyboard and screen reader: names of parts, the fold of settings.

const NAMES = { ".posture-theme button": "light, dark or as the system has it", ".v-progress-linear": "at work" };
const NARROW = "(max-width: 1199px)";

function completePage() {
  const { documentElement: page } = document;
  page.dataset.postureSide ??= matchMedia(NARROW).matches ? "folded" : "open";
  const watch = new MutationObserver(nameParts);
  watch.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", fold);
  nameParts();
  return () => {
    watch.disconnect();
    document.removeEventListener("click", fold);
  };
}

function nameParts() {
  for (const [where, name] of Object.entries(NAMES)) {
    for (const part of document.querySelectorAll(`${where}:not([aria-label])`)) part.setAttribute("aria-label", name);
  }
  const button = document.querySelector(".posture-fold"), open = document.documentElement.dataset.postureSide === "open";
  if (button?.getAttribute("aria-expanded") !== String(open)) button?.setAttribute("aria-expanded", String(open));
}

function fold(event) {
  if (!event.target.closest?.(".posture-fold")) return;
  const { dataset } = document.documentElement;
  dataset.postureSide = dataset.postureSide === "open" ? "folded" : "open";
  nameParts();
}

function render({ model, el }) {
  const line = new Timeline(model, el), leave = completePage();
  return () => {
    leave();
    line.close();
  };
}

export default { render };
