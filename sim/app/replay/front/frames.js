// What a replay stores, unpacked: the picture of any hour, as the live page's server sends it.

async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const begin = 4 + new DataView(bytes.buffer).getUint32(0, true);
  const { runs, ...about } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, begin)));
  let at = begin;
  const take = (length) => bytes.subarray(at, (at += length));
  return { ...about, runs: runs.map((run) => new StoredRun(run, about, take)) };
}

const ARRAYS = { Int8Array, Int16Array, Int32Array };

// Rows of one agent after another; every number is the difference from the hour before, its sign in the lowest bit.
function columnOf({ n, planes, array, ...column }, rows, take) {
  const parts = Array.from({ length: planes }, () => take(n * rows)), values = new ARRAYS[array](n * rows);
  for (let i = 0, value = 0; i < values.length; i++) {
    if (i % rows === 0) value = 0;
    const change = parts.reduce((sum, part, k) => sum + part[i] * 256 ** k, 0);
    value += change % 2 ? -(change + 1) / 2 : change / 2;
    values[i] = value;
  }
  return { ...column, n, rows, values };
}

class StoredRun {
  constructor({ columns, rows, ...said }, { every, start, hours }, take) {
    Object.assign(this, said, { every, start: Date.parse(`${start}T00:00Z`) });
    this.columns = columns.map((column) => columnOf(column, rows, take));
    const inside = this.marks.map(([, hour]) => hour < hours);
    this.marks = this.marks.filter((_, k) => inside[k]);
    this.focus = this.focus.filter((_, k) => inside[k]);
  }

  // Attacks and what is added up are of the very hour; agents and counters of the last stored one.
  frame(hour, cells, weeks) {
    const frame = { hour, date: this.date(hour), others: {} };
    for (const column of this.columns) {
      const [kind, name] = column.name.split(".");
      if (kind === "others") frame.others[name] = this.read(column, hour);
      else (frame[kind] ??= {})[name] = this.read(column, hour);
    }
    frame.counted = Object.fromEntries(Object.entries(frame.counted).map(([name, [n]]) => [name, n]));
    this.gather(frame);
    if (!cells) frame.cells = frame.devices = undefined;
    return { ...frame, events: this.recent(hour), added_up: weeks ? this.addedUp(hour, weeks) : [] };
  }

  read({ values, n, rows, scale, until }, hour) {
    const row = Math.min(rows - 1, Math.floor(hour / this.every));
    return Array.from({ length: n }, (_, k) => {
      const value = values[k * rows + row];
      return until ? Math.max(0, value - hour) : value / scale;
    });
  }

  // Convoys and bombs are stored by row and square; a picture has those that are there.
  gather(frame) {
    const { convoys, devices } = frame, row = [...convoys.name.keys()].filter((k) => convoys.name[k] > 0);
    for (const name of Object.keys(convoys)) convoys[name] = row.map((k) => convoys[name][k]);
    convoys.name = convoys.name.map((number) => this.convoys[number - 1]);
    convoys.row = row;
    devices.square = [...devices.n.keys()].filter((k) => devices.n[k] > 0);
    devices.n = devices.square.map((k) => devices.n[k]);
  }

  recent(hour) {
    const late = this.events.filter((event) => event.hour < hour && event.hour >= hour - SHOWN_HOURS);
    return late.slice(-MOST_SHOWN).map(({ hour: then, ...event }) => ({ ...event, age: hour - then }));
  }

  addedUp(hour, weeks) {
    const counts = new Map();
    for (const [then, place] of this.fallen) {
      if (then < hour && then >= hour - weeks * WEEK) counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => a - b).map(([place, n]) => {
      const [x, y, fire] = this.places[place];
      return [x, y, n, fire];
    });
  }

  date(hour) {
    const at = new Date(this.start + hour * HOUR_MS);
    const said = (words) => at.toLocaleString("en-GB", { ...words, timeZone: "UTC" });
    const [weekday, month] = [said({ weekday: "short" }), said({ month: "long" })];
    return `${weekday} ${at.getUTCDate()} ${month} ${at.getUTCFullYear()}, ${said({ hour: "2-digit", minute: "2-digit" })}`;
  }
}

const WEEK = 168, HOUR_MS = 3600000, MOST_SHOWN = 80; // as the server has them
