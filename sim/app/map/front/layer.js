// Attacks added up by place: of a run over a window of weeks, or by how much two postures differ. Area says how many.

const layerRadius = (n, most, view) => (4 + 15 * Math.sqrt(Math.abs(n) / Math.max(most, 1e-9))) * view.symbol;

function paintDisc(ctx, x, y, r, colour) {
  circle(ctx, x, y, r);
  ctx.globalAlpha = 0.32;
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.globalAlpha = 0.9;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.2;
  ctx.stroke();
  ctx.globalAlpha = 1;
}

function paintAddedUp(ctx, scene, view, hidden) {
  const rows = scene.frame.added_up ?? [], { theme } = scene;
  for (const [x, y, n, fire] of rows) {
    if (hidden && inBox(hidden, x, y)) continue;
    const [px, py] = attackAt(scene, view, { x, y });
    paintDisc(ctx, px, py, layerRadius(n, 12, view), fire ? theme.blue : theme.orange);
  }
}

// Fewer in blue, more in orange; grey where the interval of the mean includes nothing: it may be either.
function sideOf(theme, [, , mean, low, high]) {
  return low <= 0 && high >= 0 ? theme.nothing : mean < 0 ? theme.blue : theme.orange;
}

function paintLayer(ctx, scene, view, hidden) {
  const { theme, layer } = scene, most = Math.max(...layer.map(([, , mean]) => Math.abs(mean)), 0);
  scene.discs = scene.discs.filter((disc) => disc.view !== view.name);
  const order = (row) => (sideOf(theme, row) === theme.nothing ? 0 : 1);
  for (const row of [...layer].sort((a, b) => order(a) - order(b))) {
    const [x, y, mean] = row;
    if (hidden && inBox(hidden, x, y)) continue;
    const [px, py] = attackAt(scene, view, { x, y }), r = layerRadius(mean, most, view);
    if (!view.holds(px, py, 20)) continue;
    paintDisc(ctx, px, py, r, sideOf(theme, row));
    scene.discs.push({ view: view.name, x: px, y: py, r, row });
  }
}

function discWords(scene, [x, y, mean, low, high]) {
  const sign = (v) => (v > 0 ? "+" : "") + v.toPrecision(2).replace("-", "−");
  const site = scene.layout.sites.x.findIndex((sx, k) => Math.abs(sx - x) < 0.01 && Math.abs(scene.layout.sites.y[k] - y) < 0.01);
  const what = site >= 0 ? `fire on ${scene.layout.sites.title[site]}` : "bombs on the road here";
  const sure = low <= 0 && high >= 0 ? "may be either" : mean < 0 ? "fewer" : "more";
  return [what, `${sign(mean)} attacks a run (${sign(low)} to ${sign(high)}): ${sure}`];
}

const layerRows = (bare) => {
  const disc = (text, colour) => row(text, (c, x, y, theme) => paintDisc(c, x, y, 6, theme[colour]));
  if (bare) return ["Difference", [disc("fewer attacks", "blue"), disc("more attacks", "orange"), disc("may be either", "nothing")]];
  return ["Added up", [disc("fire on a site", "blue"), disc("bombs on a road", "orange")]];
};
