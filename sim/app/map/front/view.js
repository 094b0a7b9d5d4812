// Where a kilometre is on the screen: the overview, which pans and zooms, and the inset, which stands still.

class View {
  constructor(name) {
    this.name = name;
    this.box = { x: 0, y: 0, w: 1, h: 1 };
    this.show(0, 0, 1);
  }

  show(x, y, scale) {
    Object.assign(this, { x, y, scale });
  }

  at(x, y) {
    const { box } = this;
    return [box.x + box.w / 2 + (x - this.x) * this.scale, box.y + box.h / 2 - (y - this.y) * this.scale];
  }

  km(px, py) {
    const { box } = this;
    return [this.x + (px - box.x - box.w / 2) / this.scale, this.y - (py - box.y - box.h / 2) / this.scale];
  }

  holds(px, py, margin = 0) {
    const { box } = this;
    const inside = (p, from, size) => p >= from - margin && p <= from + size + margin;
    return inside(px, box.x, box.w) && inside(py, box.y, box.h);
  }

  zoomAt(px, py, factor, least, most) {
    const [x, y] = this.km(px, py);
    const scale = clamp(this.scale * factor, least, most);
    const [cx, cy] = [px - this.box.x - this.box.w / 2, py - this.box.y - this.box.h / 2];
    this.show(x - cx / scale, y + cy / scale, scale);
  }
}

function boundsOf({ x, y }) {
  return { west: Math.min(...x), east: Math.max(...x), south: Math.min(...y), north: Math.max(...y) };
}

// All squares, and the country where it is known.
function wholeOf({ squares, country }) {
  const border = country?.border ?? [];
  return boundsOf({ x: [...squares.x, ...border.map(([x]) => x)], y: [...squares.y, ...border.map(([, y]) => y)] });
}

function fitCentre(view, centre) {
  const side = Math.min(view.box.w, view.box.h);
  view.show(centre.x, centre.y, side / (2 * centre.half_km));
}

// --- the overview: the theatre, and in its emptiest corners inset and legend -----------------------------------
const PAD = { top: 30, bottom: 26, side: 24 }; // px: agents that wait at the edges
const NARROW = 480; // px: below, the buttons stand one below the other
const SHORT = 130; // px: for the date of a narrow map
const TITLE_SIZES = [13, 12, 11, 10]; // px
const headerOf = (w) => ({ x: 0, y: 0, ...(w < NARROW ? { w: 92, h: 176 } : { w: 182, h: 110 }) }); // title, date, buttons
const headOf = (w, title) => [0, 0, Math.max(w < NARROW ? SHORT : 182, title) + 10, 38]; // what title and date take of it, or beyond
const APART = 13; // px between a square and what covers the ground

// Inset in the north-east or the south-west, theatre more or less to the side, higher or lower: the largest inset wins,
// unless the theatre would lie under the buttons.
function layOutOverview(view, squares, bounds) {
  let best = null;
  for (const [corner, right, down] of waysToFit()) {
    const fit = fitTheatre(view.box, bounds, right, down);
    view.show(...fit);
    const points = squares.x.map((x, n) => view.at(x, squares.y[n])), side = roomFor(view.box, corner, points);
    const worth = side - (covers(headerOf(view.box.w), points) ? 80 : 0);
    if (!best || worth > best.worth) best = { corner, fit, points, side, worth };
  }
  view.show(...best.fit);
  return best;
}

function waysToFit() {
  const shares = [0.05, 0.2, 0.35, 0.5, 0.65, 0.85, 0.95], ways = [];
  for (const corner of ["ne", "sw"]) {
    for (const right of shares) for (const down of [0.9, 0.5, 0.2]) ways.push([corner, right, down]);
  }
  return ways;
}

// Centre (km) and scale (px/km); `right` and `down` are the shares of the free width and height before the theatre.
function fitTheatre({ w, h }, bounds, right, down) {
  const across = bounds.east - bounds.west, up = bounds.north - bounds.south;
  const scale = Math.min((w - 2 * PAD.side) / across, (h - PAD.top - PAD.bottom) / up);
  const freeX = w - 2 * PAD.side - across * scale, freeY = h - PAD.top - PAD.bottom - up * scale;
  const left = PAD.side + right * freeX, top = PAD.top + down * freeY;
  return [bounds.west + (w / 2 - left) / scale, bounds.north - (h / 2 - top) / scale, scale];
}

function cornerBox({ w, h }, corner, width, height) {
  return { x: corner === "ne" ? w - width - 8 : 8, y: corner === "ne" ? 8 : h - height - 8, w: width, h: height };
}

const boxesMeet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const within = (p, from, size) => p > from - APART && p < from + size + APART;
const covers = (box, points) => points.some(([x, y]) => within(x, box.x, box.w) && within(y, box.y, box.h));
const isFree = (box, points, whole) => !boxesMeet(box, headerOf(whole.w)) && !covers(box, points);

// The largest square in a corner that covers no road.
function roomFor(whole, corner, points) {
  let side = Math.min(480, Math.floor(0.66 * whole.h));
  while (side > 100 && !isFree(cornerBox(whole, corner, side, side), points, whole)) side -= 4;
  return side;
}

// The narrowest box of whole columns in which so many rows of legend cover no road; null if there is none.
function legendRoom(whole, corner, points, n, column, line) {
  for (let columns = 1; columns <= 4; columns++) {
    const box = cornerBox(whole, corner, columns * column + 16, Math.ceil((n * line) / columns) + 34);
    if (box.h < whole.h - 16 && isFree(box, points, whole)) return { columns, ...box };
  }
  return null;
}
