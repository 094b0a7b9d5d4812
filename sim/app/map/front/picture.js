// A map as it is drawn: no more often than needed, at its size and in its view. Whoever extends it makes the parts (`root`,
// `canvas`, `ctx`, `baseMaps`, `legend`, `checkbox`), takes `bounds` and a layout, and hears of each drawing by `tell`.

class MapPicture {
  constructor() {
    Object.assign(this, { main: new View("main"), inset: new View("inset"), mode: "theatre" });
    Object.assign(this, { start: 0, duration: 1, lastDraw: 0, pending: 0, stale: true });
    this.scene = { byId: new Map(), rings: new Map(), ways: new Map(), onScreen: [], progress: 1, size: 1, sites: {} };
    Object.assign(this.scene, { layer: [], discs: [] });
  }

  redraw() {
    if (!this.pending) this.pending = requestAnimationFrame((now) => this.tick(now));
  }

  spoil() {
    this.stale = true;
    this.redraw();
  }

  progressAt(now) {
    return clamp((now - this.start) / this.duration, 0, 1);
  }

  tick(now) {
    this.pending = 0;
    const { scene } = this;
    if (!scene.layout || !scene.frame || !this.width) return;
    if (now - this.lastDraw < FASTEST_MS - 5) return this.redraw();
    this.lastDraw = now;
    scene.progress = this.progressAt(now);
    this.draw(now);
    const ringing = [...scene.rings.values()].some((began) => now - began < RING_MS);
    if (scene.progress < 1 || ringing) this.redraw();
  }

  draw(now) {
    const { ctx, scene, main, inset, ratio } = this, withInset = this.insetShown();
    if (this.stale) this.drawGrounds(withInset);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(this.baseMaps.main, 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    scene.onScreen = [];
    paintView(ctx, scene, main, now, withInset ? scene.centreBox : null);
    if (withInset) this.drawInset(now);
    paintHeader(ctx, scene);
    this.drawScales(withInset);
    this.tell(now);
  }

  drawInset(now) {
    const { ctx, scene, main, inset } = this, { x, y, w, h } = inset.box;
    ctx.drawImage(this.baseMaps.inset, x, y, w, h);
    paintView(ctx, scene, inset, now, null);
    paintInsetFrame(ctx, scene, main, inset);
  }

  drawScales(withInset) {
    const { ctx, scene, main, inset, height, legend } = this, { box } = inset;
    const beside = legend.classList.contains("posmap-sw") ? legend.offsetLeft + legend.offsetWidth : box.x + box.w;
    drawScaleBar(ctx, scene, main, (withInset || beside < box.x ? beside : 0) + 14, height - 14, 90);
    if (withInset) drawScaleBar(ctx, scene, inset, box.x + 8, box.y + box.h - 9, 60);
  }

  drawGrounds(withInset) {
    const { scene, main, inset } = this, { box } = inset;
    this.stale = false;
    const clear = this.besideHead(withInset) - 16;
    scene.dateRoom = this.width < NARROW ? Math.min(SHORT, clear) : clear;
    scene.heading = fittedTitle(this.ctx, scene.title || scene.layout.label, clear);
    scene.sites.r = 7 * main.symbol;
    main.parted = partSites(scene, main);
    const hidden = withInset ? scene.centreBox : null;
    const header = headerOf(this.width), head = headOf(this.width, scene.heading.width);
    const standing = [head, [0, 0, header.w, header.h], this.legendRect()];
    const blocked = [...standing, ...siteRects(scene, main), ...postRects(scene, main)];
    const around = [box.x - 4, box.y - 4, box.w + 8, box.h + 8];
    if (withInset) blocked.push(around, this.boxLabel(), this.centreRect());
    const skip = ({ km }) => hidden && inBox(hidden, ...km);
    this.drawBase("main", main, { blocked, skip });
    if (!withInset) return;
    scene.sites.r = 7 * inset.symbol;
    inset.parted = partSites(scene, inset);
    const scaleBar = [box.x, box.y + box.h - 18, 110, 18];
    this.drawBase("inset", inset, { blocked: [scaleBar, ...siteRects(scene, inset), ...postRects(scene, inset)] });
  }

  drawBase(name, view, options) {
    const canvas = this.baseMaps[name], { ratio, scene } = this, { x, y, w, h } = view.box;
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, -x * ratio, -y * ratio);
    drawBaseMap(ctx, scene, view, options);
    if (name === "main" && this.insetShown()) this.writeBoxLabel(ctx);
  }

  centreRect() {
    const { main, scene } = this, box = scene.centreBox, [x, y] = main.at(box.west, box.north);
    return [x, y, (box.east - box.west) * main.scale, (box.north - box.south) * main.scale];
  }

  // The capital's name beside its box, or below where the inset begins at once.
  boxLabel() {
    const [x, y, w, h] = this.centreRect(), { box } = this.inset;
    const beside = [x + w + 4, y - 2, 66, 14];
    return overlap(beside, [box.x, box.y, box.w, box.h]) ? [x + w / 2 + 4, y + h + 4, 66, 14] : beside;
  }

  writeBoxLabel(ctx) {
    const { scene } = this, [x, y] = this.boxLabel();
    ctx.font = font(12 * scene.size, 600);
    writeHaloed(ctx, scene.layout.centre.name, x, y + 7, scene.theme.ink, scene.theme.halo);
  }

  // --- size and view -------------------------------------------------------------------------------------------
  takeSize(width, height, ratio) {
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.root.classList.toggle("posmap-narrow", width < NARROW);
    this.scene.notesAt = headerOf(width).h - 9;
    this.scene.size = clamp(Math.min(width, height) / 560, 0.85, 1.2);
    this.layOut();
  }

  layOut() {
    const { main, inset, scene, width, height } = this;
    const was = [main.x, main.y, main.scale];
    main.box = { x: 0, y: 0, w: width, h: height };
    main.symbol = scene.size;
    if (!this.bounds || !width) return;
    const best = layOutOverview(main, scene.layout.squares, this.bounds), { fit, side } = best;
    inset.box = cornerBox(main.box, best.corner, side, side);
    inset.symbol = clamp(side / 330, 0.6, 1.05);
    fitCentre(inset, scene.layout.centre);
    if (this.mode === "free") main.show(...was);
    if (this.mode === "centre") fitCentre(main, scene.layout.centre);
    this.least = 0.8 * fit[2];
    this.placeLegend(best);
    this.spoil();
  }

  // In the corner across from the inset; open where it covers no road, else for its reader to open.
  placeLegend({ corner, points }) {
    const other = corner === "ne" ? "sw" : "ne", { legend, main } = this;
    const lines = legendLines(this.checkbox.checked, this.scene.layout, this.scene.bare);
    const room = legendRoom(main.box, other, points, lines, LEGEND_COLUMN, LEGEND_LINE);
    legend.className = `posmap-legend posmap-${other}`;
    legend.style.setProperty("--columns", room ? room.columns : this.width > 560 ? 3 : 2);
    if (!this.legendTouched) legend.open = Boolean(room);
    this.showLegend();
  }

  // One that nobody opens costs nothing: each of its signs is a drawing of its own.
  showLegend() {
    if (!this.legend.open || !this.legendStale) return;
    this.legendStale = false;
    fillLegend(this.legend, this.scene, this.checkbox.checked);
  }

  // Where what stands beside title and date begins.
  besideHead(withInset) {
    const { box } = this.inset;
    if (withInset && box.y < 50) return box.x;
    return this.legend.classList.contains("posmap-ne") ? this.legendRect()[0] : this.width;
  }

  legendRect() {
    const { offsetLeft: x, offsetTop: y, offsetWidth: w, offsetHeight: h } = this.legend;
    return [x - 4, y - 4, w + 8, h + 8];
  }

  insetShown() {
    return this.mode !== "centre" && this.main.scale < 0.75 * this.inset.scale;
  }

  goTo(mode) {
    this.mode = mode;
    this.layOut();
  }
}
