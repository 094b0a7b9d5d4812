"""Whether the page is dark, as the browser shows it: by the system, or by the reader's choice."""

from __future__ import annotations

import anywidget
import traitlets as t

_SCRIPT = """
// Solara says it once, when the page is asked for; the class of the application says it always.
const EVERY_MS = 500;
function render({ model }) {
  const tell = () => {
    const app = document.querySelector(".v-application");
    const dark = Boolean(app && app.classList.contains("theme--dark"));
    if (!app || dark === model.get("dark")) return;
    model.set("dark", dark);
    model.save_changes();
  };
  const looking = setInterval(tell, EVERY_MS);
  tell();
  return () => clearInterval(looking);
}
export default { render };
"""


class Shade(anywidget.AnyWidget):
    """`dark` follows the page."""

    _esm = _SCRIPT
    dark = t.Bool(False).tag(sync=True)
