// The map of a page: takes layouts and frames, follows pointer and keyboard.

class LiveMap extends MapPicture {
  constructor(model, el) {
    super();
    Object.assign(this, { model, el, number: 0, drawn: 0, arrived: -1e9, lane: model.get("lane") });
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scene.bare = model.get("bare");
    el.__map = this;
    this.build();
    this.listen();
    this.takeTheme();
    this.takeLayout();
    this.takePicked();
    this.takeTitle();
    this.takeLayer();
    if (this.lane === 0) model.send("ready");
  }

  build() {
    const { el } = this;
    el.classList.add("posmap-host"); // its inline style is the widget library's
    this.root = make("div", "posmap");
    this.canvas = make("canvas", "posmap-canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Map, no picture yet");
    this.ctx = this.canvas.getContext("2d");
    this.legend = buildLegend(this);
    this.tip = make("div", "posmap-tip");
    this.baseMaps = { main: make("canvas", ""), inset: make("canvas", "") };
    this.controls = buildControls(this);
    this.root.append(this.canvas, this.controls, this.legend, this.tip);
    el.append(this.root);
  }

  listen() {
    const { model, canvas } = this, undo = (this.undo = []);
    const on = (name, act) => {
      model.on(name, act);
      undo.push(() => model.off(name, act));
    };
    on("msg:custom", (message) => {
      if (message.kind !== "frame") return;
      if (message.frames) publish(message);
      else this.receive(message);
    });
    undo.push(follow(({ number, frames }) => {
      const frame = frames[this.scene.bare ? 0 : this.lane];
      if (frame) this.receive({ number, frame });
    }));
    for (const name of ["layer", "note"]) on(`change:${name}`, () => this.takeLayer());
    on("change:focus", () => this.takeFocus());
    on("change:layout_data", () => this.takeLayout());
    on("change:dark", () => this.takeTheme());
    on("change:title", () => this.takeTitle());
    on("change:picked", () => this.takePicked());
    on("change:show_cells", () => this.takeCells());
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.root);
    this.sizes = sizes;
    undo.push(() => sizes.disconnect());
    canvas.onpointerdown = (event) => this.press(event);
    canvas.onpointermove = (event) => this.move(event);
    canvas.onpointerup = (event) => this.release(event);
    canvas.onpointerleave = () => this.leave();
    canvas.onkeydown = (event) => this.key(event);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  close() {
    cancelAnimationFrame(this.pending);
    clearTimeout(this.saving);
    this.undo.forEach((act) => act());
    this.root.remove();
  }

  save(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
  }

  // --- what Python sends ---------------------------------------------------------------------------------------
  takeTheme() {
    const { scene } = this, dark = this.model.get("dark");
    scene.theme = themeOf(dark);
    const { quiet, green } = scene.theme;
    scene.hatches = { closed: hatch(this.ctx, quiet, false), clearing: hatch(this.ctx, green, true) };
    this.root.classList.toggle("posmap-dark", dark);
    this.takeCells();
  }

  takeCells() {
    this.checkbox.checked = this.model.get("show_cells");
    this.legendStale = true;
    this.showLegend();
    this.spoil(); // names keep clear of it
  }

  takeLayout() {
    const layout = this.model.get("layout_data"), { scene } = this;
    if (!layout || !layout.squares) return;
    Object.assign(scene, { layout, frame: null, byId: new Map(), rings: new Map(), ways: new Map(), seen: null });
    scene.roads = roadsFrom(layout);
    this.takeCells();
    scene.siteOf = new Map(layout.sites.square.map((square, j) => [square, j]));
    const { x, y, half_km: half } = layout.centre;
    scene.centreBox = { west: x - half, east: x + half, south: y - half, north: y + half };
    this.bounds = wholeOf(layout);
    nameButton(this.centreButton, layout.centre.name, `Show ${layout.centre.name}`);
    this.goTo("theatre");
  }

  takeTitle() {
    this.scene.title = this.model.get("title");
    this.spoil();
  }

  takePicked() {
    const picked = this.model.get("picked") || {};
    this.scene.pickedId = picked.kind ? `${picked.kind}/${picked.name}` : "";
    this.redraw();
  }

  takeLayer() {
    this.scene.layer = this.model.get("layer") ?? [];
    this.scene.note = this.model.get("note") ?? "";
    this.redraw();
  }

  // Fly to where something was, and ring it with those who took part; "" for what has no place.
  takeFocus() {
    const { x = null, y = null, agents = [], serial } = this.model.get("focus") || {};
    this.scene.focus = serial ? { x, y, agents: new Set(agents) } : null;
    if (serial && x !== null) this.fly(x, y);
    this.redraw();
  }

  fly(x, y) {
    const { main, scene } = this, from = [main.x, main.y, main.scale], began = performance.now();
    const near = inBox(scene.centreBox, x, y);
    if (this.insetShown() && near) return; // it is in sight, and larger, in the inset
    const to = [x, y, Math.max(main.scale, this.least * (near ? 6 : 2.5))];
    const step = (now) => {
      const share = this.still ? 1 : clamp((now - began) / FLIGHT_MS, 0, 1), eased = share * share * (3 - 2 * share);
      main.show(...from.map((value, k) => value + (to[k] - value) * eased));
      this.changeView();
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  receive({ number, frame }) {
    if (this.lane === 0) this.acknowledge(number);
    const { scene } = this;
    if (!scene.layout) return;
    const now = performance.now(), hours = scene.frame ? frame.hour - scene.frame.hour : -1;
    scene.progress = this.progressAt(now);
    const moving = hours >= 0 && hours <= 24 && !document.hidden && !this.still;
    const agents = agentsOf(scene, frame);
    spread(agents, scene.siteOf);
    scene.byId = setOut(scene, agents, moving);
    this.startRings(frame, now, hours > 0);
    scene.frame = frame;
    this.start = [...scene.byId.values()].some(goes) ? now : -Infinity; // nothing is drawn again for those who stand
    this.duration = clamp(now - this.arrived, 40, LONGEST_MS);
    this.arrived = now;
    this.number = number;
    this.redraw();
  }

  startRings(frame, now, goesOn) {
    const { scene } = this, seen = new Set(frame.events.map((event) => event.id));
    for (const [id, began] of scene.rings) if (now - began > RING_MS) scene.rings.delete(id);
    if (goesOn && scene.seen) for (const id of seen) if (!scene.seen.has(id)) scene.rings.set(id, now);
    scene.seen = seen;
  }

  // At once, also in a hidden tab: the player waits for it.
  acknowledge(number) {
    this.save({ acknowledged: number, drawn: this.drawn });
    clearTimeout(this.saving);
    this.saving = setTimeout(() => this.save({ drawn: this.drawn }), 700);
  }

  tell(now) {
    const { el, scene } = this;
    this.drawn += 1;
    el.dataset.frame = this.number;
    el.dataset.hour = scene.frame.hour;
    if (now - (this.told ?? -1e9) > 1000 || this.toldHour === undefined) {
      this.told = now;
      this.toldHour = scene.frame.hour;
      this.canvas.setAttribute("aria-label", summary(scene));
    }
  }

  // --- size and view -------------------------------------------------------------------------------------------
  resize() {
    const { clientWidth: width, clientHeight: height } = this.root, ratio = window.devicePixelRatio || 1;
    if (!width || !height) return;
    if (width !== this.width || height !== this.height || ratio !== this.ratio) this.takeSize(width, height, ratio);
    clearTimeout(this.sizing);
    this.sizing = setTimeout(() => this.tellSize(), 150);
  }

  tellSize() {
    const box = document.querySelector(this.model.get("chart_box") || "#none");
    const px = ({ clientWidth, clientHeight }) => [clientWidth, clientHeight].map((n) => Math.round(n * this.ratio));
    if (box) this.sizes.observe(box);
    this.save({ size_px: px(this.root), chart_size_px: box ? px(box) : [0, 0] });
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    if (!this.bounds) return;
    this.main.zoomAt(x, y, factor, this.least, 40);
    this.changeView();
  }

  pan(dx, dy) {
    const { main, bounds } = this;
    main.x = clamp(main.x - dx / main.scale, bounds.west, bounds.east);
    main.y = clamp(main.y + dy / main.scale, bounds.south, bounds.north);
    this.changeView();
  }

  changeView() {
    this.mode = "free";
    this.main.symbol = this.scene.size * clamp(0.9 + this.main.scale / 40, 1, 1.35);
    this.hideTip();
    this.spoil();
  }

  // --- pointer and keyboard ------------------------------------------------------------------------------------
  press(event) {
    const { offsetX: x, offsetY: y } = event;
    this.held = { x, y, moved: 0, dragging: !this.overInset(x, y) };
    this.canvas.setPointerCapture(event.pointerId);
  }

  move(event) {
    const { held } = this, { offsetX: x, offsetY: y } = event;
    if (!held) return this.hover(x, y);
    const [dx, dy] = [x - held.x, y - held.y];
    held.moved += Math.abs(dx) + Math.abs(dy);
    if (held.moved < 4 || !held.dragging) return;
    Object.assign(held, { x, y });
    this.pan(dx, dy);
  }

  release(event) {
    const { held } = this;
    this.held = null;
    if (held && held.moved < 4) this.pick(event.offsetX, event.offsetY);
  }

  leave() {
    this.held = null;
    this.hideTip();
  }

  wheel(event) {
    event.preventDefault();
    const factor = Math.exp(-clamp(event.deltaY, -120, 120) / 400);
    const centre = this.scene.layout?.centre, { offsetX: x, offsetY: y } = event;
    if (centre && this.overInset(x, y)) this.zoom(factor, ...this.main.at(centre.x, centre.y));
    else this.zoom(factor, x, y);
  }

  key(event) {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    const factor = { "+": 1.3, "=": 1.3, "-": 1 / 1.3 }[event.key];
    if (!this.bounds || (!step && !factor)) return;
    event.preventDefault();
    if (step) this.pan(...step);
    else this.zoom(factor);
  }

  overInset(x, y) {
    return this.insetShown() && this.inset.holds(x, y);
  }

  // Whoever is nearest; a site before everybody else, an agent before an attack.
  hit(x, y) {
    const view = this.overInset(x, y) ? "inset" : "main";
    const rank = (item) => (item.attack ? 2 : item.agent.kind === "sites" ? 0 : 1);
    const near = this.scene.onScreen
      .filter((item) => item.view === view)
      .map((item) => ({ item, away: Math.hypot(item.x - x, item.y - y) }))
      .filter(({ item, away }) => away <= Math.max(item.r + 1.5, 6));
    const other = (item) => (rank(item) ? 1 : 0);
    near.sort((a, b) => other(a.item) - other(b.item) || a.away - b.away || rank(a.item) - rank(b.item));
    return near.length ? near[0].item : null;
  }

  hover(x, y) {
    if (!this.scene.frame) return;
    const disc = this.scene.bare && this.discAt(x, y);
    if (disc) return showTip(this.tip, this.root, discWords(this.scene, disc.row), x, y);
    const item = this.hit(x, y), square = item ? -1 : this.squareAt(x, y);
    this.canvas.style.cursor = item && item.agent ? "pointer" : "grab";
    if (item) showTip(this.tip, this.root, describe(this.scene, item), x, y);
    else if (square >= 0) showTip(this.tip, this.root, squareWords(this.scene, square), x, y);
    else this.hideTip();
  }

  discAt(x, y) {
    const view = this.overInset(x, y) ? "inset" : "main";
    const near = this.scene.discs.filter((disc) => disc.view === view && Math.hypot(disc.x - x, disc.y - y) <= disc.r);
    return near.sort((a, b) => a.r - b.r)[0];
  }

  hideTip() {
    this.tip.style.display = "none";
  }

  squareAt(x, y) {
    const view = this.overInset(x, y) ? this.inset : this.main;
    const { squares, tile_km: size } = this.scene.layout;
    if (size * view.scale < 6) return -1;
    const [kx, ky] = view.km(x, y);
    const away = squares.x.map((sx, n) => Math.max(Math.abs(sx - kx), Math.abs(squares.y[n] - ky)));
    const nearest = away.indexOf(Math.min(...away));
    return away[nearest] <= size / 2 ? nearest : -1;
  }

  pick(x, y) {
    if (!this.scene.frame || this.scene.bare) return;
    const agent = this.hit(x, y)?.agent, serial = (this.model.get("picked")?.serial || 0) + 1;
    const area = agent ? null : this.areaAt(x, y), hour = this.scene.frame.hour;
    const chosen = agent ? { kind: agent.kind, row: agent.row, name: agent.name } : area;
    this.save({ picked: chosen ? { ...chosen, hour, serial } : {} });
  }

  areaAt(x, y) {
    const square = this.squareAt(x, y), { squares, areas } = this.scene.layout;
    const row = square < 0 ? -1 : squares.area[square];
    return row >= 0 && areas.zone[row] ? { kind: "areas", row, name: areas.name[row] } : null;
  }

  // Where everybody and everything is on the screen, for tests.
  agents() {
    return this.scene.onScreen.map(({ agent, attack, view, x, y, r }) => {
      if (attack) return { kind: attack.kind, name: attack.words, result: attack.result, view, x, y, r };
      const { kind, row, name } = agent;
      return { kind, row, name, view, x, y, r, ...(kind === "sites" ? { open: Boolean(agent.open) } : {}) };
    });
  }

  download() {
    const hour = this.scene.frame ? this.scene.frame.hour : 0;
    if (!this.scene.frame) return;
    pictureOf(this).toBlob((blob) => {
      const link = make("a", "", { href: URL.createObjectURL(blob), download: `posture-hour-${hour}.png` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }
}
