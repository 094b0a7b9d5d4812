// The line of time: a slider with a tick for each attack. Height and lane say which run and kind, colour how it ended.

const SIDE = 8, AXIS = 15, REACH = 5; // px: room at the ends, for the months, and for a click on a tick
const DAY = 86400000;
const MOMENT = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" };
const [MOMENTS, MONTH_NAMES] = [MOMENT, { month: "short", timeZone: "UTC" }].map((each) => new Intl.DateTimeFormat("en-GB", each));
const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -168, PageUp: 168 };

class Timeline {
  constructor(model, el) {
    Object.assign(this, { model, el, hour: 0, asked: null });
    el.__timeline = this;
    this.build();
    this.undo = [follow((message) => this.take(message.hour))];
    for (const name of ["marks", "n_hours", "dark", "labels"]) this.on(name);
    const sizes = new ResizeObserver(() => this.draw());
    sizes.observe(this.root);
    this.undo.push(() => sizes.disconnect());
    this.draw();
  }

  build() {
    this.root = Object.assign(document.createElement("div"), { className: "postime", tabIndex: 0 });
    this.canvas = document.createElement("canvas");
    this.tip = Object.assign(document.createElement("div"), { className: "postime-tip" });
    const named = { role: "slider", "aria-label": "time of the run, in hours", "aria-valuemin": 0 };
    for (const [name, value] of Object.entries(named)) this.root.setAttribute(name, value);
    this.root.append(this.canvas, this.tip);
    this.el.append(this.root);
    this.root.onpointerdown = (event) => this.press(event);
    this.root.onpointermove = (event) => this.hover(event);
    this.root.onpointerup = (event) => this.release(event);
    this.root.onpointerleave = () => (this.tip.style.display = "none");
    this.root.onkeydown = (event) => this.key(event);
  }

  on(name) {
    const act = () => this.draw();
    this.model.on(`change:${name}`, act);
    this.undo.push(() => this.model.off(`change:${name}`, act));
  }

  close() {
    cancelAnimationFrame(this.pending);
    this.undo.forEach((act) => act());
    this.root.remove();
  }

  take(hour) {
    this.hour = hour;
    this.asked = null;
    this.draw();
  }

  // --- drawing -------------------------------------------------------------------------------------------------
  get n() {
    return Math.max(1, this.model.get("n_hours"));
  }

  x(hour) {
    return SIDE + (hour / this.n) * (this.width - 2 * SIDE);
  }

  hourAt(x) {
    return Math.round((clamp(x - SIDE, 0, this.width - 2 * SIDE) / (this.width - 2 * SIDE)) * this.n);
  }

  date(hour) {
    return new Date(Date.parse(`${this.model.get("start")}T00:00Z`) + (hour * DAY) / 24);
  }

  words(hour) {
    return `${MOMENTS.format(this.date(hour))}, hour ${hour} of ${this.n}`;
  }

  // Words at once, the picture once for all that changed since the last.
  draw() {
    const { root } = this, shown = this.asked ?? this.hour;
    root.setAttribute("aria-valuemax", this.n);
    root.setAttribute("aria-valuenow", shown);
    root.setAttribute("aria-valuetext", this.words(shown));
    root.dataset.hour = this.hour;
    this.pending ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    const { root, canvas } = this, ratio = devicePixelRatio || 1, shown = this.asked ?? this.hour;
    this.pending = 0;
    [this.width, this.height] = [root.clientWidth, root.clientHeight];
    if (!this.width) return;
    canvas.width = this.width * ratio;
    canvas.height = this.height * ratio;
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    const theme = themeOf(this.model.get("dark"));
    this.drawMonths(ctx, theme);
    this.ticks = this.model.get("marks").map((mark, k) => this.lane(mark, k)).flat();
    for (const tick of this.ticks) this.drawTick(ctx, theme, tick);
    this.drawNow(ctx, theme, shown);
  }

  // Marks of run k in lanes of its own: fire above, bombs on roads below.
  lane(marks, k) {
    const n = this.model.get("marks").length, high = (this.height - AXIS) / n;
    return marks.map(([number, hour, kind, result, words]) => {
      const road = kind.endsWith("bomb");
      return { run: k, number, hour, kind, result, words, x: this.x(hour), y: k * high + (road ? high / 2 : 0), h: high / 2 };
    });
  }

  drawTick(ctx, theme, { hour, kind, result, x, y, h }) {
    ctx.globalAlpha = hour < this.hour ? 1 : 0.35; // what is to come if nothing more is ordered
    ctx.fillStyle = resultColour(theme, result);
    const high = result === "harm" ? h - 1 : result === "stopped" ? 0.65 * h : 0.4 * h;
    if (kind === "drone") ctx.fillRect(x - 1.5, y + h - high, 3, 3);
    ctx.fillRect(x - 0.75, y + h - high, 1.5, high - 1);
    ctx.globalAlpha = 1;
  }

  drawMonths(ctx, theme) {
    const y = this.height - AXIS;
    ctx.strokeStyle = theme.frame;
    ctx.fillStyle = theme.quiet;
    ctx.font = font(11);
    ctx.textBaseline = "middle";
    ctx.strokeRect(SIDE, y + 0.5, this.width - 2 * SIDE, 0);
    const first = this.date(0), last = this.date(this.n), step = this.width / (this.n / 730) < 34 ? 3 : 1;
    const months = Math.round((last - first) / DAY / 30.4);
    for (let k = 0; k <= months; k += step) {
      const at = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + k, 1), x = this.x(((at - first) / DAY) * 24);
      if (x < SIDE - 1 || x > this.width - 26) continue;
      ctx.strokeRect(x, y, 0, 4);
      ctx.fillText(MONTH_NAMES.format(new Date(at)), x + 3, y + 8);
    }
  }

  drawNow(ctx, theme, hour) {
    const x = this.x(hour);
    ctx.fillStyle = theme.ink;
    ctx.fillRect(x - 1, 0, 2, this.height - AXIS + 3);
    ctx.beginPath();
    ctx.arc(x, this.height - AXIS, 5.5, 0, 7);
    ctx.fill();
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }

  // --- pointer and keyboard ------------------------------------------------------------------------------------
  tickAt(x, y) {
    const near = (this.ticks ?? []).filter((t) => Math.abs(t.x - x) <= REACH && y < this.height - AXIS);
    const away = (t) => Math.abs(t.x - x) + (y >= t.y && y < t.y + t.h ? 0 : 3);
    return near.sort((a, b) => away(a) - away(b))[0];
  }

  press(event) {
    this.root.setPointerCapture(event.pointerId);
    this.held = { x: event.offsetX, tick: this.tickAt(event.offsetX, event.offsetY) };
    this.asked = this.hourAt(event.offsetX);
    this.draw();
  }

  hover({ offsetX: x, offsetY: y }) {
    if (this.held && Math.abs(x - this.held.x) > 3) this.held.tick = null;
    if (this.held) this.asked = this.hourAt(x);
    if (this.held) this.draw();
    const tick = this.held ? null : this.tickAt(x, y), { tip } = this, labels = this.model.get("labels");
    const whose = tick && labels.length > 1 ? `${labels[tick.run]}: ` : "";
    tip.textContent = tick ? `${this.words(tick.hour).split(", hour")[0]} · ${whose}${tick.words}` : this.words(this.hourAt(x));
    tip.style.display = "block";
    tip.style.left = `${Math.max(0, Math.min(x + 10, this.width - tip.offsetWidth))}px`;
  }

  release() {
    const { held } = this;
    this.held = null;
    if (held?.tick) this.choose(held.tick);
    else if (held) this.seek(this.asked);
  }

  choose({ number, run }) {
    this.save("chosen", { number, run });
  }

  seek(hour) {
    this.asked = clamp(hour, 0, this.n);
    this.draw();
    this.save("seek", { hour: this.asked });
  }

  save(name, value) {
    this.model.set(name, { ...value, serial: (this.model.get(name)?.serial || 0) + 1 });
    this.model.save_changes();
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.asked ?? this.hour, step = MOVES[event.key] * (event.shiftKey ? 24 : 1);
    const to = { Home: 0, End: this.n }[event.key] ?? (step ? at + step : undefined);
    const press = { " ": ".posture-play", n: ".posture-next", p: ".posture-previous" }[event.key];
    if (to === undefined && !press) return;
    event.preventDefault();
    if (press) document.querySelector(press)?.click();
    else this.seek(to);
  }
}
