"""The address of the page: it always says which run is watched, at which hour, so that a reload loses nothing."""

from __future__ import annotations

import anywidget
import traitlets as t

_SCRIPT = """
// Written in place (no entry of the history is added), no more than once a second; at once when playing stops.
const EVERY_MS = 1000;
function render({ model }) {
  let last = -EVERY_MS, waiting = 0, played = false;
  const write = () => {
    clearTimeout(waiting);
    waiting = 0;
    const query = `?${model.get("query")}`;
    if (query === "?" || location.search === query) return;
    last = performance.now();
    history.replaceState(history.state, "", query);
  };
  const follow = () => {
    const playing = model.get("playing"), due = last + EVERY_MS - performance.now();
    if (due <= 0 || (played && !playing)) write();
    else if (!waiting) waiting = setTimeout(write, due);
    played = playing;
  };
  const leave = () => waiting && write();
  model.on("change", follow);
  addEventListener("pagehide", leave);
  follow();
  return () => {
    clearTimeout(waiting);
    model.off("change", follow);
    removeEventListener("pagehide", leave);
  };
}
export default { render };
"""


class Address(anywidget.AnyWidget):
    """The query of the browser's address, which follows `query`."""

    _esm = _SCRIPT
    query = t.Unicode("").tag(sync=True)
    playing = t.Bool(False).tag(sync=True)

    def follow(self, query: str, playing: bool) -> None:
        """Let the address be this, in one message; may be called from any thread."""
        with self.hold_sync():
            self.query, self.playing = query, playing
