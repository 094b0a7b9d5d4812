// What moves: areas, coverage, attacks, agents. Drawn over the ground at each picture.

const inBox = (box, x, y) => x >= box.west && x <= box.east && y >= box.south && y <= box.north;

function paintView(ctx, scene, view, now, hidden) {
  const { box } = view;
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.x, box.y, box.w, box.h);
  ctx.clip();
  if (scene.bare) {
    paintLayer(ctx, scene, view, hidden);
    writeNames(ctx, scene, view);
    ctx.restore();
    return;
  }
  paintAreas(ctx, scene, view, hidden);
  paintCoverage(ctx, scene, view);
  paintAddedUp(ctx, scene, view, hidden);
  const shown = placed(scene, view, hidden);
  for (const item of shown) if (item.agent.kind !== "sites") paintAgent(ctx, scene, item);
  paintDevices(ctx, scene, view, hidden);
  writeNames(ctx, scene, view);
  const attacks = placedAttacks(scene, view, hidden);
  for (const item of attacks) paintAttack(ctx, scene, item, now);
  for (const item of shown) if (item.agent.kind === "sites") paintSite(ctx, scene, item);
  for (const item of shown) {
    if (item.agent.id === scene.pickedId || scene.focus?.agents.has(item.agent.id)) paintPick(ctx, scene, item);
  }
  paintFocus(ctx, scene, view, hidden);
  ctx.restore();
  scene.onScreen.push(...shown, ...attacks);
}

// Closed: hatched. Warned: amber dashes. Being cleared: hatched the other way; held: a thick outline.
function paintAreas(ctx, scene, view, hidden) {
  const { areas } = scene.frame, { squares } = scene.layout, { theme } = scene;
  squares.area.forEach((a, n) => {
    const closed = areas.closed[a] > 0, warned = areas.warned[a] > 0, phase = areas.phase[a];
    if ((!closed && !warned && !phase) || (hidden && inBox(hidden, squares.x[n], squares.y[n]))) return;
    const [x, y, side] = squareRect(scene, view, n), grown = Math.max(0, 7 - side) / 2;
    if (!view.holds(x, y, side + 8)) return;
    const rect = [x - grown, y - grown, side + 2 * grown, side + 2 * grown];
    if (closed) fillRect(ctx, rect, scene.hatches.closed);
    if (phase === 1) fillRect(ctx, rect, scene.hatches.clearing);
    if (phase) outline(ctx, rect, theme.green, phase === 1 ? [4, 3] : [], phase === 1 ? 1.6 : 2.6);
    if (warned) outline(ctx, rect, theme.amber, [3, 3], 2);
  });
}

function fillRect(ctx, rect, fill) {
  ctx.fillStyle = fill;
  ctx.fillRect(...rect);
}

function outline(ctx, [x, y, w, h], colour, dash, width) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.strokeRect(x + 1.5, y + 1.5, w - 3, h - 3);
  ctx.setLineDash([]);
}

function paintCoverage(ctx, scene, view) {
  const { sites } = scene.layout, state = scene.frame.sites, r = scene.layout.c_ram_km * view.scale;
  if (r < 5) return;
  ctx.strokeStyle = scene.theme.blue;
  ctx.lineWidth = 1;
  sites.x.forEach((x, j) => {
    if (!state.open[j] || !state.batteries[j]) return;
    circle(ctx, ...view.at(x, sites.y[j]), r);
    ctx.globalAlpha = 0.1;
    ctx.fillStyle = scene.theme.blue;
    ctx.fill();
    ctx.globalAlpha = 0.8;
    ctx.setLineDash([5, 3]);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.globalAlpha = 1;
  });
}

// Every agent of this view with its place on the screen.
function placed(scene, view, hidden) {
  const gap = clamp(view.scale * 1.6, 7.5, 13) * view.symbol, items = [];
  for (const agent of scene.byId.values()) {
    const { x, y, u, v } = placeOf(agent, scene.progress);
    if (hidden && inBox(hidden, x, y)) continue;
    const [px, py] = agent.kind === "sites" ? siteAt(scene, view, agent.row) : view.at(x, y);
    const item = { agent, view: view.name, x: px + u * gap, y: py + v * gap, r: agent.r * view.symbol };
    if (view.holds(item.x, item.y, 12)) items.push(item);
  }
  return items;
}

function paintAgent(ctx, scene, { agent, x, y, r }) {
  const { theme } = scene;
  if (agent.kind === "units") drawUnit(ctx, x, y, r, theme, agent.role, agent.sent);
  else if (agent.kind === "details") drawDetail(ctx, x, y, r, theme);
  else if (agent.kind === "convoys") drawConvoy(ctx, x, y, r, theme, agent.phase);
  else if (agent.kind === "cells") drawCell(ctx, x, y, r, theme, agent.mode);
  else drawOther(ctx, x, y, r, theme);
}

function paintSite(ctx, scene, { agent, x, y, r }) {
  const { theme, layout } = scene, state = scene.frame.sites, j = agent.row;
  drawSite(ctx, x, y, r, theme, agent.open);
  if (!agent.open) return;
  const full = Math.max(1, state.batteries[j] * layout.magazine);
  if (state.batteries[j]) drawReady(ctx, x, y, r + 4, theme, state.ready[j] / full);
  if (state.alert[j] > 0) drawAlert(ctx, x + r, y - r, r * 0.85, theme);
}

function paintDevices(ctx, scene, view, hidden) {
  const { devices } = scene.frame;
  if (!devices) return;
  for (const square of devices.square) {
    const [x, y] = pointOf(scene, square), [px, py] = view.at(x, y);
    if (!(hidden && inBox(hidden, x, y))) drawDevice(ctx, px, py - 9 * view.symbol, 3.6 * view.symbol, scene.theme);
  }
}

function paintPick(ctx, scene, { x, y, r }) {
  for (const [colour, width] of [[scene.theme.paper, 4.5], [scene.theme.ink, 2]]) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    circle(ctx, x, y, r + 6);
    ctx.stroke();
  }
}

// The place of the event that was asked for.
function paintFocus(ctx, scene, view, hidden) {
  const { focus, theme } = scene;
  if (!focus || focus.x === null || (hidden && inBox(hidden, focus.x, focus.y))) return;
  ctx.setLineDash([6, 4]);
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 2;
  circle(ctx, ...view.at(focus.x, focus.y), 30 * view.symbol);
  ctx.stroke();
  ctx.setLineDash([]);
}

// --- attacks -----------------------------------------------------------------------------------------------------
// Those of one place stand in arcs above it, the newest first.
function placedAttacks(scene, view, hidden) {
  const counts = new Map(), items = [];
  for (const attack of [...scene.frame.events].reverse()) {
    if (attack.x === null || (hidden && inBox(hidden, attack.x, attack.y))) continue;
    const key = `${attack.x}/${attack.y}`, k = counts.get(key) || 0;
    counts.set(key, k + 1);
    const [px, py] = attackAt(scene, view, attack), [dx, dy] = arcSlot(k, view.symbol);
    const r = (attack.age <= 6 ? 6.5 : 5) * view.symbol;
    if (view.holds(px, py, 20)) items.push({ attack, view: view.name, x: px + dx, y: py + dy, cx: px, cy: py, r });
  }
  return items.reverse();
}

function attackAt(scene, view, attack) {
  const { x, y } = scene.layout.sites;
  const j = x.findIndex((sx, k) => sx === attack.x && y[k] === attack.y);
  return j < 0 ? view.at(attack.x, attack.y) : siteAt(scene, view, j);
}

function arcSlot(k, symbol) {
  const arc = Math.floor(k / 5), radius = (17 + 12 * arc) * symbol;
  const steps = [0, -1, 1, -2, 2], a = -Math.PI / 2 + steps[k % 5] * (0.62 / (1 + 0.5 * arc));
  return [radius * Math.cos(a), radius * Math.sin(a)];
}

function paintAttack(ctx, scene, { attack, x, y, cx, cy, r }, now) {
  const age = now - (scene.rings.get(attack.id) ?? -Infinity); // below 0 where a picture was asked for before it began
  if (age < RING_MS) paintRing(ctx, scene, attack, cx, cy, clamp(age / RING_MS, 0, 1));
  ctx.globalAlpha = 1 - 0.8 * clamp(attack.age / SHOWN_HOURS, 0, 1);
  drawAttack(ctx, x, y, r, scene.theme, attack.kind, attack.result);
  ctx.globalAlpha = 1;
}

function paintRing(ctx, scene, attack, x, y, share) {
  ctx.globalAlpha = 1 - share;
  ctx.strokeStyle = resultColour(scene.theme, attack.result);
  ctx.lineWidth = 3;
  circle(ctx, x, y, 6 + 24 * share);
  ctx.stroke();
  ctx.globalAlpha = 1;
}

// --- around the map ----------------------------------------------------------------------------------------------
function paintHeader(ctx, scene) {
  const { theme, frame } = scene;
  const { text, size } = scene.heading;
  ctx.font = font(size, 600);
  writeHaloed(ctx, text, 10, 14, theme.ink, theme.halo);
  ctx.font = font(12.5);
  writeHaloed(ctx, scene.bare ? scene.note : fittedDate(ctx, frame.date, scene.dateRoom), 10, 31, theme.ink, theme.halo);
  ctx.font = font(11);
  if (scene.bare) return;
  const lines = frame.events.filter((event) => event.x === null).slice(-2);
  const notes = lines.map((event) => [`${event.words}, ${ageInWords(event.age)}`, theme.ink]);
  if (frame.cells) notes.unshift(["omniscient: nobody in the run sees this", theme.orange]);
  notes.forEach(([text, colour], k) => writeHaloed(ctx, text, 10, scene.notesAt + 15 * k, colour, theme.halo));
}

// A long title in smaller letters, rather than cut; `width` is what it takes.
function fittedTitle(ctx, title, room) {
  const measured = TITLE_SIZES.map((size) => {
    ctx.font = font(size, 600);
    return { text: title, size, width: ctx.measureText(title).width };
  });
  const last = measured.at(-1);
  return measured.find(({ width }) => width <= room) ?? { ...last, text: fitted(ctx, title, room), width: room };
}

// "Thu 13 February 2020, 11:00", or "13 Feb 2020, 11:00".
function fittedDate(ctx, date, width) {
  return ctx.measureText(date).width <= width ? date : date.replace(/^\w+ (\d+ \w{3})\w*/, "$1");
}

function fitted(ctx, text, width) {
  if (ctx.measureText(text).width <= width) return text;
  let cut = text;
  while (cut && ctx.measureText(`${cut}…`).width > width) cut = cut.slice(0, -1);
  return `${cut}…`;
}

function paintInsetFrame(ctx, scene, main, inset) {
  const { theme } = scene, box = scene.centreBox, { x, y, w, h } = inset.box;
  const [left, top] = main.at(box.west, box.north), [right, bottom] = main.at(box.east, box.south);
  ctx.strokeStyle = theme.frame;
  ctx.lineWidth = 1.2;
  ctx.strokeRect(left, top, right - left, bottom - top);
  ctx.strokeRect(x, y, w, h);
}
