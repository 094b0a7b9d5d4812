// The fans of a what-if over the lines of the (left) run: of each option its median and a band, from the fork on.

const OPTIONS = {
  light: ["#1a1a1a", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"],
  dark: ["#eaeaea", "#F0803C", "#56B4E9", "#2DBE96", "#CC79A7", "#E6B84D"],
};
const OPTION_DASH = [[], [6, 3], [7, 2, 2, 2], [2, 2], [9, 2, 2, 2, 2, 2], [1, 3]];
const MARK = "0 0 26 6";

class Fans {
  constructor(charts) {
    this.charts = charts;
    this.given = charts.model.get("fans");
    this.tip = part("div", "poscharts-tip");
    this.tip.hidden = true;
  }

  get labels() {
    return this.given.labels ?? [];
  }

  colour(n) {
    const colours = OPTIONS[this.charts.model.get("dark") ? "dark" : "light"];
    return colours[n % colours.length];
  }

  dash(n) {
    return OPTION_DASH[n % OPTION_DASH.length];
  }

  // Of a panel: for each option [low, median, high], as rows over the days of the charts; none if it has no fan.
  of(panel) {
    const fans = this.given.panels?.[this.charts.setup.panels.indexOf(panel)] ?? [];
    return fans.every(Boolean) ? fans.map((rows) => rows.map((row) => this.aligned(row))) : [];
  }

  aligned(row) {
    return this.charts.days.map((_, k) => row[k - this.given.first - 1] ?? null);
  }

  // Lowest and highest of what is drawn.
  ends(panel, low, high) {
    const drawn = this.of(panel).flatMap(([bottom, , top]) => [...bottom, ...top]).filter((value) => value != null);
    return drawn.length ? [Math.min(low, ...drawn), Math.max(high, ...drawn)] : [low, high];
  }

  draw(plot, panel) {
    const { ctx, bbox } = plot, { days } = this.charts, fans = this.of(panel);
    const at = (k, value) => [plot.valToPos(days[k], "x", true), plot.valToPos(value, "y", true)];
    const shown = (row) => row.flatMap((value, k) => (value == null ? [] : [at(k, value)]));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    fans.forEach(([low, , high], n) => this.trace(ctx, [...shown(low), ...shown(high).reverse()], () => {
      ctx.fillStyle = faded(this.colour(n), 0.14);
      ctx.fill();
    }));
    fans.forEach(([, median], n) => this.trace(ctx, shown(median), () => {
      Object.assign(ctx, { strokeStyle: this.colour(n), lineWidth: 1.8 * devicePixelRatio });
      ctx.setLineDash(this.dash(n).map((length) => (length * devicePixelRatio) / 1.5));
      ctx.stroke();
    }));
    ctx.restore();
  }

  trace(ctx, points, paint) {
    ctx.beginPath();
    points.forEach(([x, y]) => ctx.lineTo(x, y));
    paint();
  }

  // --- words ---------------------------------------------------------------------------------------------------
  key() {
    const line = part("div", "poscharts-key poscharts-fans"), { first, whose } = this.given;
    const { labels } = this.charts.setup, run = labels.length > 1 ? ` of ${labels[0]}` : "";
    line.append(`From ${this.charts.date(first)} on, ${whose}${run}, median and 5–95%:`);
    line.append(...this.labels.map((label, n) => this.entry(n, label)));
    return line;
  }

  entry(n, words) {
    const entry = part("span", "");
    entry.append(this.mark(n), words);
    return entry;
  }

  mark(n) {
    const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    mark.setAttribute("viewBox", MARK);
    mark.setAttribute("aria-hidden", "true");
    mark.innerHTML = `<path d="M0 3h26" stroke="${this.colour(n)}" stroke-width="2.5" stroke-dasharray="${this.dash(n)}"/>`;
    return mark;
  }

  // Beside the pointer: each option with its median and band on that day.
  say(plot, panel) {
    const { idx: k, left, top } = plot.cursor, { charts, tip } = this;
    if (charts.pointer?.over !== plot.over) return;
    const fans = k == null ? [] : this.of(panel).filter(([, median]) => median[k] != null);
    tip.hidden = !fans.length;
    if (!fans.length) return;
    tip.replaceChildren(`${panel.title}, ${charts.date(k)}: median (90%)`, ...fans.map((fan, n) => this.line(fan, n, k)));
    const { root } = charts, over = plot.over.getBoundingClientRect(), whole = root.getBoundingClientRect();
    const x = over.left - whole.left + left, y = over.top - whole.top + top;
    const beside = x + 14 + tip.offsetWidth > whole.width ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, beside)}px`;
    tip.style.top = `${Math.max(0, Math.min(y + 10, whole.height - tip.offsetHeight))}px`;
  }

  line([low, median, high], n, k) {
    const line = part("div", "");
    line.append(this.entry(n, `${this.labels[n]} ${tidy(median[k])} (${tidy(low[k])} to ${tidy(high[k])})`));
    return line;
  }
}
