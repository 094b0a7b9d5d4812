// What stands still: squares tinted by zone, roads, names. Drawn into a canvas of its own when the view changes.

function drawBaseMap(ctx, scene, view, options) {
  ctx.fillStyle = scene.theme.background;
  ctx.fillRect(view.box.x, view.box.y, view.box.w, view.box.h);
  drawCountry(ctx, scene, view);
  drawSquares(ctx, scene, view);
  drawRoads(ctx, scene, view);
  drawZoneOutlines(ctx, scene, view);
  drawLabels(ctx, scene, view, options);
}

// Land inside the border, the border, and the rivers with their names: where one is.
function drawCountry(ctx, scene, view) {
  const { border = [], rivers = [] } = scene.layout.country ?? {}, { theme } = scene;
  const trace = (points) => {
    ctx.beginPath();
    points.forEach(([x, y]) => ctx.lineTo(...view.at(x, y)));
  };
  ctx.lineJoin = ctx.lineCap = "round";
  trace(border);
  ctx.closePath();
  filled(ctx, theme.land, theme.border, 1.4);
  ctx.strokeStyle = theme.river;
  ctx.lineWidth = clamp(view.scale * 0.9, 2.2, 7);
  for (const { points } of rivers) {
    trace(points);
    ctx.stroke();
  }
  ctx.lineCap = "butt";
}

function squareRect(scene, view, square) {
  const { x, y } = scene.layout.squares, side = scene.layout.tile_km * view.scale;
  const [px, py] = view.at(x[square], y[square]);
  return [px - side / 2, py - side / 2, side, side];
}

function drawSquares(ctx, scene, view) {
  const { squares, words } = scene.layout;
  const names = Object.keys(scene.theme.zones);
  // Tiles of near squares overlap: the innermost zone, the first of them, lies on top.
  const order = [...squares.x.keys()].sort((a, b) => squares.zone[b] - squares.zone[a] || a - b);
  order.forEach((n) => {
    const rect = squareRect(scene, view, n);
    if (!view.holds(rect[0], rect[1], rect[2])) return;
    const tint = scene.theme.zones[names[squares.zone[n]]];
    if (tint) {
      ctx.fillStyle = tint;
      ctx.fillRect(...rect);
    }
    drawControl(ctx, scene, rect, words.controls[squares.control[n]]);
  });
}

// Who holds the ground day to day: a small corner, and only where there is room for it.
function drawControl(ctx, scene, [x, y, side], control) {
  const colour = scene.theme.control[control];
  if (!colour || side < 9) return;
  const corner = clamp(side * 0.2, 3, 9);
  ctx.globalAlpha = 0.75;
  polygon(ctx, x, y, [[0.5, 0.5], [corner, 0.5], [0.5, corner]]);
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  if (control === "militia") ctx.fill();
  else ctx.stroke();
  ctx.globalAlpha = 1;
}

function roadStyle(scene, speed) {
  if (speed >= 60) return [scene.theme.roads[0], 2.2];
  return speed >= 40 ? [scene.theme.roads[1], 1.5] : [scene.theme.roads[2], 1];
}

function drawRoads(ctx, scene, view) {
  const { squares, roads } = scene.layout;
  const wider = clamp(view.scale / 2, 1, 2);
  ctx.lineCap = "round";
  for (const [a, b, speed] of [...roads].sort((p, q) => p[2] - q[2])) {
    const [colour, width] = roadStyle(scene, speed);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width * wider;
    ctx.beginPath();
    ctx.moveTo(...view.at(squares.x[a], squares.y[a]));
    ctx.lineTo(...view.at(squares.x[b], squares.y[b]));
    ctx.stroke();
  }
  ctx.lineCap = "butt";
}

function drawZoneOutlines(ctx, scene, view) {
  const { squares, areas } = scene.layout;
  if (scene.layout.tile_km * view.scale < 7) return;
  ctx.strokeStyle = scene.theme.quiet;
  ctx.lineWidth = 1.2;
  ctx.font = font(9.5);
  squares.area.forEach((area, n) => {
    if (!areas.zone[area]) return;
    const [x, y, side] = squareRect(scene, view, n);
    ctx.strokeRect(x, y, side, side);
    const { quiet, zones } = scene.theme, name = areas.title[area].toLowerCase();
    if (side >= 60) writeHaloed(ctx, name, x + 3, y + side - 7, quiet, zones.international_zone);
    ctx.strokeStyle = scene.theme.quiet;
    ctx.lineWidth = 1.2;
  });
}

// --- names -------------------------------------------------------------------------------------------------------
// Names in the order of their importance; one is left out where all its sides are taken. Those of sites come first, and,
// with the capital's, are written over the agents: `view.names` keeps them.
function drawLabels(ctx, scene, view, { blocked = [], skip = () => false }) {
  const taken = [...blocked];
  view.names = [];
  for (const label of labelsOf(scene, view)) {
    ctx.font = font(label.px, label.weight);
    const place = skip(label) ? null : freeSide(ctx, label, taken, view);
    if (!place) continue;
    taken.push(place.rect);
    if (label.above) view.names.push({ ...label, ...place });
    else writeHaloed(ctx, label.text, place.x, place.y, label.colour, scene.theme.halo);
  }
}

function writeNames(ctx, scene, view) {
  for (const { text, x, y, px, weight, colour } of view.names) {
    ctx.font = font(px, weight);
    writeHaloed(ctx, text, x, y, colour, scene.theme.halo);
  }
}

function labelsOf(scene, view) {
  const { layout, theme, sites } = scene, scale = view.scale, k = scene.size;
  const labels = [];
  const add = (text, x, y, more) => {
    const [px, py] = view.at(x, y);
    const label = { text, at: [px, py], km: [x, y], px: 10.5 * k, weight: 400, colour: theme.quiet };
    if (view.holds(px, py)) labels.push({ ...label, ...more });
  };
  layout.sites.label.forEach((text, j) => {
    const [px, py] = siteAt(scene, view, j);
    const site = { text, above: true, at: [px, py], km: [layout.sites.x[j], layout.sites.y[j]], gap: sites.r + 6 };
    if (view.holds(px, py)) labels.push({ ...site, px: 11 * k, weight: 600, colour: theme.ink });
  });
  for (const place of layout.places) {
    const least = [0, 0.9, 4.6][place.rank] * (place.rank === 1 && place.roads > 2 ? 0.6 : 1);
    const gap = (place.gateway ? 24 : 8) * k; // convoys assemble at gateways
    if (scale >= least) add(place.title, place.x, place.y, { weight: place.rank ? 400 : 500, gap, above: place.rank === 0 });
  }
  for (const { name, points } of layout.country?.rivers ?? []) {
    const half = Math.floor(points.length / 2), [[ax, ay], [bx, by]] = [points[half - 1], points[half]];
    add(name, (ax + bx) / 2, (ay + by) / 2, { colour: theme.water, gap: 5 * k, px: 10 * k });
  }
  return labels;
}

function siteRects(scene, view) {
  const r = scene.sites.r + 1;
  return scene.layout.sites.x.map((_, j) => siteAt(scene, view, j)).map(([x, y]) => [x - r, y - r, 2 * r, 2 * r]);
}

// Units that stand still; names keep clear of them.
function postRects(scene, view) {
  const { units } = scene.frame, roles = scene.layout.units.role, r = 5 * view.symbol;
  const posts = units.square.filter((_, k) => scene.layout.words.roles[roles[k]] !== "patrol");
  return posts.map((square) => view.at(...pointOf(scene, square))).map(([x, y]) => [x - r, y - r, 2 * r, 2 * r]);
}

function freeSide(ctx, { text, at, gap, px }, taken, view) {
  const w = ctx.measureText(text).width, h = px + 2;
  const right = gap * 0.8, left = -gap * 0.8 - w, above = -gap - h * 0.6, below = gap - h * 0.4;
  const sides = [
    [gap, -h / 2], [-gap - w, -h / 2], [-w / 2, -gap - h], [-w / 2, gap],
    [right, above], [right, below], [left, above], [left, below],
  ];
  for (const [dx, dy] of sides) {
    const rect = [at[0] + dx, at[1] + dy, w, h];
    const whole = view.holds(rect[0] - 2, rect[1] - 1) && view.holds(rect[0] + w + 2, rect[1] + h + 1);
    if (whole && !taken.some((other) => overlap(rect, other))) return { x: rect[0], y: rect[1] + h / 2, rect };
  }
  return null;
}

const overlap = ([ax, ay, aw, ah], [bx, by, bw, bh]) =>
  ax < bx + bw + 2 && bx < ax + aw + 2 && ay < by + bh && by < ay + ah;

function writeHaloed(ctx, text, x, y, colour, halo) {
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineJoin = "round";
  ctx.lineWidth = 3;
  ctx.strokeStyle = halo;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

function drawScaleBar(ctx, scene, view, x, y, longest) {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500];
  const km = steps.filter((step) => step * view.scale <= longest).pop() || 1;
  const w = km * view.scale;
  ctx.strokeStyle = scene.theme.ink;
  ctx.lineWidth = 1.4;
  strokes(ctx, x, y, [[0, 0, w, 0], [0, -3, 0, 3], [w, -3, w, 3]]);
  ctx.font = font(10.5);
  writeHaloed(ctx, `${km} km`, x + w + 6, y, scene.theme.ink, scene.theme.halo);
}
