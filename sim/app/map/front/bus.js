// One numbered message of a tab carries the hour, the maps and the points of the charts: whoever takes it in (the first
// map) hands it to all that draw, so that all draw the same moment. What comes later gets the last message and all days.

const bus = (window.__posture ??= { listeners: new Set(), last: null, runs: [] });

function publish(message) {
  bus.last = message;
  if (message.days) takeDays(message.days);
  for (const act of bus.listeners) act(message);
}

// Days that were finished since the last message, by run and series; `from` is the first of them.
function takeDays(days) {
  bus.runs.length = days.length;
  days.forEach(({ from, values }, k) => {
    const kept = (bus.runs[k] ??= {});
    for (const [name, more] of Object.entries(values)) kept[name] = [...(kept[name] ?? []).slice(0, from), ...more];
  });
}

function follow(act) {
  bus.listeners.add(act);
  if (bus.last) act(bus.last);
  return () => bus.listeners.delete(act);
}
