// The charts: lines of the run (or of both runs, and below them their difference) over the band of an ensemble. A hover
// says date and values. What is drawn is the same numbered message that the maps draw.

const PAINT = {
  light: { ink: "#1a1a1a", quiet: "#595959", grid: "#dcdcdc", runs: ["#0072B2", "#D55E00"], better: "#0072B2", worse: "#D55E00", band: "#595959", order: "#8a3f68", reported: "#000000" },
  dark: { ink: "#eaeaea", quiet: "#a8a8a8", grid: "#333333", runs: ["#56B4E9", "#F0803C"], better: "#56B4E9", worse: "#F0803C", band: "#a8a8a8", order: "#e3a3c5", reported: "#ffffff" },
};
const DASH = [5, 3], LETTERS = "10.5px system-ui, sans-serif", DAY_S = 86400;
// Made once: making one takes as long as drawing a chart.
const NUMBERS = new Intl.NumberFormat("en-GB");
const DATES = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const MONTHS = new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" });
const tidy = (value) => (value == null ? "–" : NUMBERS.format(Number(value.toPrecision(3)) || 0).replace("-", "−"));
const withSign = (value) => (value > 0 ? `+${tidy(value)}` : tidy(value));
const faded = (colour, share) => `${colour}${Math.round(share * 255).toString(16).padStart(2, "0")}`;

// Is there room for half the name of a month? The last of a chart would be cut at its edge.
function fitsBeforeEnd({ scales: { x }, bbox }, tick) {
  return ((x.max - tick) / (x.max - x.min)) * bbox.width > 6 * devicePixelRatio;
}

// As a chart is told of a mouse: a fraction more may be the next day.
const wholePixel = ({ clientX, clientY }) => ({ x: Math.floor(clientX), y: Math.floor(clientY) });

class Charts {
  constructor(model, el) {
    Object.assign(this, { model, el, message: null, plots: [], pointer: null });
    el.classList.add("poscharts-host");
    this.root = part("div", "poscharts");
    this.root.onpointermove = (event) => this.point({ over: event.target.closest(".u-over"), ...wholePixel(event) });
    this.root.onpointerleave = () => this.point(null);
    el.append(this.root);
    this.undo = [];
    for (const name of ["setup", "fans", "orders", "dark"]) {
      const act = () => this.build();
      model.on(`change:${name}`, act);
      this.undo.push(() => model.off(`change:${name}`, act));
    }
    this.sizes = new ResizeObserver(() => this.resize());
    this.undo.push(() => this.sizes.disconnect());
    this.build();
    this.undo.push(follow((message) => this.take(message)));
  }

  close() {
    this.undo.forEach((act) => act());
    this.clear();
    this.root.remove();
  }

  clear() {
    this.sizes.disconnect();
    this.sizes.observe(this.root);
    for (const { plot } of this.plots) plot.destroy();
    this.plots = [];
    this.root.replaceChildren();
  }

  get paint() {
    return PAINT[this.model.get("dark") ? "dark" : "light"];
  }

  // --- building ------------------------------------------------------------------------------------------------
  build() {
    this.clear();
    const setup = (this.setup = this.model.get("setup"));
    if (!setup.panels) return;
    this.fans = new Fans(this);
    const { root } = this, start = Date.parse(`${setup.start}T00:00Z`) / 1000;
    this.days = Array.from({ length: setup.days + 1 }, (_, k) => start + k * DAY_S);
    this.grid = part("div", "poscharts-grid");
    root.append(...(setup.labels.length > 1 ? [this.keys()] : []), ...(this.fans.labels.length ? [this.fans.key()] : []));
    root.append(this.grid, this.notes(), this.fans.tip);
    this.resize();
    if (this.pointer) queueMicrotask(() => this.pointAgain()); // when the charts have their size
  }

  // --- pointing ------------------------------------------------------------------------------------------------
  point(at) {
    this.pointer = at;
    if (!at?.over && this.fans) this.fans.tip.hidden = true;
  }

  // Charts are made anew under a pointer that rests: they go on saying that day.
  pointAgain() {
    const { x, y } = this.pointer ?? {};
    for (const { plot } of this.plots) {
      const { left, right, top, bottom } = plot.over.getBoundingClientRect();
      if (!(left <= x && x < right && top <= y && y < bottom)) continue;
      this.pointer.over = plot.over;
      plot.setCursor({ left: x - left, top: y - top });
    }
  }

  keys() {
    const line = part("div", "poscharts-key");
    this.setup.labels.forEach((label, k) => {
      const mark = part("i", "");
      mark.style.borderColor = this.paint.runs[k];
      if (k) mark.style.borderTopStyle = "dashed";
      line.append(mark, label);
    });
    return line;
  }

  notes() {
    const { ensemble } = this.setup, given = this.model.get("orders");
    const orders = given.map(([hour, text], k) => `${k + 1} ${text} (${this.date(hour / 24)})`).join(", ");
    const note = part("div", "poscharts-note");
    note.textContent = [ensemble || "The ensemble is being run.", orders && `Orders: ${orders}.`].filter(Boolean).join(" ");
    return note;
  }

  date(day) {
    return DATES.format(new Date((this.days[0] + day * DAY_S) * 1000));
  }

  cell(panel) {
    const twin = this.setup.labels.length > 1, cell = part("div", "poscharts-cell"), title = part("div", "poscharts-title");
    const unit = part("span", "");
    unit.textContent = ` ${panel.unit}`;
    title.append(panel.title, unit);
    title.title = `${panel.title}, ${panel.unit}`;
    cell.append(title);
    this.grid.append(cell);
    const said = part("div", "poscharts-said"), shown = { panel, said, cell };
    cell.append(said);
    this.plots.push({ ...shown, kind: "runs", plot: this.plot(cell, panel, "runs", shown) });
    if (twin) this.plots.push({ ...shown, kind: "difference", plot: this.plot(cell, panel, "difference", shown) });
  }

  plot(cell, panel, kind, shown) {
    const box = part("div", "poscharts-plot"), { paint } = this;
    cell.append(box);
    this.sizes.observe(box); // words above it may take another line
    const axis = { stroke: paint.quiet, font: LETTERS, ticks: { size: 3, stroke: paint.grid }, grid: { stroke: paint.grid, width: 0.6 } };
    const options = {
      width: 200, height: 80, padding: [4, 6, 0, 0], legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false, points: { size: 5 }, sync: { key: "posture" } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      scales: { x: { time: true }, y: { range: (_, low, high) => this.range(panel, kind, low, high) } },
      axes: [
        { ...axis, size: 20, gap: 1, space: 44, values: (plot, ticks) => ticks.map((tick) => (fitsBeforeEnd(plot, tick) ? this.month(tick) : "")) },
        { ...axis, size: 38, gap: 2, space: 24, values: (_, ticks) => ticks.map((tick) => (kind === "difference" ? withSign(tick) : tidy(tick))) },
      ],
      series: [{}, ...this.seriesOf(panel, kind)],
      bands: this.bandsOf(panel, kind),
      hooks: { draw: [(plot) => this.drawOver(plot, panel, kind)], setCursor: [(plot) => this.say(plot, panel, kind, shown)] },
    };
    const made = new uPlot(options, this.dataOf(panel, kind), box);
    made.over.append(part("div", "poscharts-now"));
    made.root.addEventListener("click", () => made.cursor.idx != null && this.model.send({ day: made.cursor.idx }));
    return made;
  }

  month(tick) {
    const at = new Date(tick * 1000);
    return (at.getUTCDate() === 1 ? MONTHS : DATES).format(at);
  }

  range(panel, kind, low, high) {
    if (low == null) return [0, 1];
    if (kind === "runs" && panel.unit === "0 to 1") return [0, 1];
    if (kind === "runs") [low, high] = this.fans.ends(panel, low, high);
    const top = Math.max(high, panel.minimum && kind === "runs" ? 1.2 * panel.minimum : 0, 0), bottom = Math.min(low, 0);
    return top === bottom ? [0, 1] : [bottom * 1.05, top * 1.05];
  }

  // Series: five percentiles where there is a band, then lines.
  seriesOf(panel, kind) {
    const { paint, setup } = this, twin = setup.labels.length > 1, withBand = this.hasBand(panel, kind);
    const quiet = { stroke: "transparent", width: 0, points: { show: false } };
    const median = { stroke: faded(paint.ink, 0.7), width: 0.8, points: { show: false } };
    const band = withBand ? [quiet, quiet, median, quiet, quiet] : [];
    const line = (colour, dash) => ({ stroke: colour, width: 1.8, dash, points: { show: false } });
    if (kind === "difference") return [...band, line(paint.ink)];
    if (twin) return [line(paint.runs[0]), line(paint.runs[1], DASH)];
    return [...band, ...panel.series.map((_, k) => line(paint.runs[k], k ? DASH : undefined))];
  }

  hasBand(panel, kind) {
    return Boolean(panel.band) && (kind === "difference" || this.setup.labels.length === 1);
  }

  bandsOf(panel, kind) {
    if (!this.hasBand(panel, kind)) return [];
    const { band } = this.paint;
    return kind === "difference" ? [] : [
      { series: [5, 1], fill: faded(band, 0.18) }, { series: [4, 2], fill: faded(band, 0.26) },
    ];
  }

  dataOf(panel, kind) {
    const band = this.hasBand(panel, kind) ? panel.band.map((row) => this.aligned(panel, row)) : [];
    const lines = kind === "difference" ? [this.difference(panel)] : this.lines(panel);
    return [this.days, ...band, ...lines];
  }

  // Values at the ends of days 1, 2 …: a running total begins at 0, what is no total with the end of its first day.
  aligned(panel, values) {
    return this.days.map((_, k) => this.valueAt(panel, values, k));
  }

  valueAt(panel, values, k) {
    return (k ? values[k - 1] : panel.how === "total" ? 0 : null) ?? null;
  }

  lines(panel) {
    const twin = this.setup.labels.length > 1, { runs } = bus;
    const names = twin ? [0, 1].map((k) => [k, panel.series[0].name]) : panel.series.map(({ name }) => [0, name]);
    return names.map(([k, name]) => this.aligned(panel, this.shown(panel, runs[k]?.[name] ?? [])));
  }

  shown(panel, totals) {
    const { window: span } = this.setup;
    if (panel.how !== "rate") return totals;
    const mean = (k) => ((totals[k] - (k >= span ? totals[k - span] : 0)) * 7) / Math.min(k + 1, span);
    return totals.map((_, k) => (k + 1 < span / 2 ? null : mean(k))); // of fewer days it would say little
  }

  difference(panel) {
    const [first, second] = this.lines(panel);
    return first.map((value, k) => (value == null || second[k] == null ? null : Number((second[k] - value).toPrecision(6))));
  }

  // --- over the lines ------------------------------------------------------------------------------------------
  drawOver(plot, panel, kind) {
    const { ctx } = plot, { paint } = this;
    ctx.save();
    if (kind === "difference") this.drawSides(plot, panel);
    else this.fans.draw(plot, panel);
    const line = (from, to, y, colour, dash) => {
      ctx.strokeStyle = colour;
      ctx.lineWidth = devicePixelRatio * 1.2;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(plot.valToPos(this.days[from], "x", true), plot.valToPos(y, "y", true));
      ctx.lineTo(plot.valToPos(this.days[Math.min(to, this.setup.days)], "x", true), plot.valToPos(y, "y", true));
      ctx.stroke();
    };
    if (kind === "runs" && panel.minimum) line(0, this.setup.days, panel.minimum, paint.ink, [4, 3]);
    if (kind === "difference") line(0, this.setup.days, 0, paint.ink, []);
    if (kind === "runs") panel.reported?.rates.forEach((rate, k) => line(panel.reported.ends[k], panel.reported.ends[k + 1], rate, paint.reported, [2, 2]));
    this.model.get("orders").forEach(([hour]) => this.upright(plot, hour, paint.order));
    ctx.restore();
    this.setNow(plot);
  }

  timeOf(hour) {
    return this.days[0] + (hour / 24) * DAY_S;
  }

  // The hour is a line over the canvas: twenty times a second it moves, and nothing else of a chart changes.
  setNow(plot) {
    const { style } = plot.over.querySelector(".poscharts-now");
    style.transform = `translateX(${plot.valToPos(this.timeOf(this.message?.hour ?? 0), "x")}px)`;
  }

  upright(plot, hour, colour) {
    const { ctx, bbox } = plot, x = plot.valToPos(this.timeOf(hour), "x", true);
    ctx.setLineDash([]);
    ctx.fillStyle = colour;
    ctx.fillRect(x - devicePixelRatio / 2, bbox.top, devicePixelRatio, bbox.height);
  }

  // The band of the pairs: what is better for the defence in blue, what is worse in orange, from the line of nothing.
  drawSides(plot, panel) {
    if (!panel.band) return;
    const { ctx, bbox } = plot, zero = plot.valToPos(0, "y", true), { better, worse } = this.paint;
    for (const [above, colour] of [[true, panel.better > 0 ? better : worse], [false, panel.better > 0 ? worse : better]]) {
      ctx.save();
      ctx.beginPath();
      if (above) ctx.rect(bbox.left, bbox.top, bbox.width, zero - bbox.top);
      else ctx.rect(bbox.left, zero, bbox.width, bbox.top + bbox.height - zero);
      ctx.clip();
      for (const [low, high, share] of [[0, 4, 0.22], [1, 3, 0.34]]) this.fillBand(plot, panel, low, high, faded(colour, share));
      ctx.restore();
    }
  }

  fillBand(plot, panel, low, high, fill) {
    const { ctx } = plot, [bottom, top] = [low, high].map((k) => this.aligned(panel, panel.band[k]));
    const points = [];
    this.days.forEach((day, k) => bottom[k] != null && points.push([day, bottom[k], top[k]]));
    ctx.beginPath();
    points.forEach(([day, , y]) => ctx.lineTo(plot.valToPos(day, "x", true), plot.valToPos(y, "y", true)));
    points.reverse().forEach(([day, y]) => ctx.lineTo(plot.valToPos(day, "x", true), plot.valToPos(y, "y", true)));
    ctx.fillStyle = fill;
    ctx.fill();
  }

  // --- words ---------------------------------------------------------------------------------------------------
  // Under the pointer: that day; else the last day that is finished.
  say(plot, panel, kind, { said }) {
    if (kind === "runs") this.fans.say(plot, panel);
    if (kind === "difference" && this.setup.labels.length > 1 && plot.cursor.idx == null) return;
    const hovered = plot.cursor.idx, k = hovered ?? this.lastDay();
    said.textContent = `${hovered == null ? "" : `${this.date(k)}: `}${this.values(panel, k)}`;
    said.title = said.textContent;
  }

  lastDay() {
    return Math.floor((this.message?.hour ?? 0) / 24);
  }

  values(panel, k) {
    const twin = this.setup.labels.length > 1, values = this.lines(panel).map((line) => line[k]);
    if (values[0] == null) return "no day yet";
    if (twin) return `${tidy(values[0])} → ${tidy(values[1])}: ${withSign(this.difference(panel)[k])}${this.ofBand(panel, k, true)}`;
    const named = values.map((value, n) => (values.length > 1 ? `${panel.series[n].word} ${tidy(value)}` : tidy(value)));
    return `${named.join(", ")}${this.ofBand(panel, k, false)}`;
  }

  ofBand(panel, k, signs) {
    if (!panel.band) return "";
    const [low, , , , high] = panel.band.map((row) => this.valueAt(panel, row, k)), said = signs ? withSign : tidy;
    return low == null ? "" : ` (90%: ${said(low)} to ${said(high)})`;
  }

  // --- what comes ----------------------------------------------------------------------------------------------
  take(message) {
    const day = Math.floor(message.hour / 24), days = message.days ?? [];
    const same = this.message && day === this.drawnDay && days.every(({ values }) => !Object.values(values)[0].length);
    this.message = message;
    this.el.dataset.hour = message.hour;
    this.el.dataset.frame = message.number;
    this.drawnDay = day;
    if (!this.plots.length) return this.resize();
    if (same) {
      this.plots.forEach(({ plot }) => this.setNow(plot));
      return;
    }
    for (const { plot, panel, kind, said } of this.plots) {
      plot.setData(this.dataOf(panel, kind));
      if (plot.cursor.idx == null) this.say(plot, panel, kind, { said });
    }
  }

  // Charts are made when they have room and something to show: each is drawn once then.
  resize() {
    const wide = this.root.clientWidth, n = this.setup?.panels?.length ?? 0;
    if (!wide || !n || !this.message) return;
    if (!this.plots.length) this.setup.panels.forEach((panel) => this.cell(panel));
    this.grid.style.setProperty("--columns", Math.max(1, Math.min(n > 6 ? 4 : 3, Math.floor(wide / 175))));
    for (const { plot } of this.plots) {
      const { clientWidth: width, clientHeight: height } = plot.root.parentElement;
      if (width > 40 && height > 20 && (width !== plot.width || height !== plot.height)) plot.setSize({ width, height });
    }
  }
}

const part = (tag, className) => Object.assign(document.createElement(tag), { className });

function render({ model, el }) {
  const charts = new Charts(model, el);
  el.__charts = charts;
  return () => charts.close();
}

export default { render };
