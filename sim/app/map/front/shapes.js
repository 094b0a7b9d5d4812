// Symbols: each draws itself around (x, y) with radius r. The legend draws the same ones.

function polygon(ctx, x, y, points) {
  ctx.beginPath();
  points.forEach(([dx, dy], i) => (i ? ctx.lineTo(x + dx, y + dy) : ctx.moveTo(x + dx, y + dy)));
  ctx.closePath();
}

function circle(ctx, x, y, r) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
}

// A regular polygon, or a star when `inner` is below 1.
function regular(ctx, x, y, r, n, turn = -Math.PI / 2, inner = 1) {
  const points = [];
  for (let k = 0; k < n; k++) {
    const a = turn + (2 * Math.PI * k) / n;
    points.push([r * Math.cos(a), r * Math.sin(a)]);
    if (inner < 1) points.push([r * inner * Math.cos(a + Math.PI / n), r * inner * Math.sin(a + Math.PI / n)]);
  }
  polygon(ctx, x, y, points);
}

function strokes(ctx, x, y, lines) {
  ctx.beginPath();
  for (const [x1, y1, x2, y2] of lines) {
    ctx.moveTo(x + x1, y + y1);
    ctx.lineTo(x + x2, y + y2);
  }
  ctx.stroke();
}

function filled(ctx, fill, line, width = 1) {
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.lineWidth = width;
  ctx.strokeStyle = line;
  ctx.stroke();
}

function drawSite(ctx, x, y, r, theme, open) {
  ctx.beginPath();
  ctx.roundRect(x - r, y - r, 2 * r, 2 * r, r * 0.35);
  filled(ctx, open ? theme.blue : theme.background, open ? theme.paper : theme.nothing, 1.4);
  if (open) return;
  const d = r * 0.95;
  strokes(ctx, x, y, [[-d, -d, d, d], [-d, d, d, -d]]);
}

// How many bursts are ready, as an arc around the site: a full ring is a full magazine.
function drawReady(ctx, x, y, r, theme, share) {
  ctx.lineWidth = 2.2;
  ctx.strokeStyle = theme.nothing;
  ctx.globalAlpha = 0.25;
  circle(ctx, x, y, r);
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = theme.blue;
  ctx.beginPath();
  ctx.arc(x, y, r, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * clamp(share, 0, 1));
  ctx.stroke();
}

function drawAlert(ctx, x, y, r, theme) {
  regular(ctx, x, y, r, 3);
  filled(ctx, theme.amber, theme.ink, 0.8);
  ctx.strokeStyle = theme.mark;
  ctx.lineWidth = 1.2;
  strokes(ctx, x, y, [[0, -r * 0.45, 0, r * 0.08], [0, r * 0.26, 0, r * 0.36]]);
}

function drawConvoy(ctx, x, y, r, theme, phase) {
  circle(ctx, x, y, r);
  const fill = { assembling: theme.paper, rolling: theme.green, unloading: theme.amber, returning: theme.pale }[phase];
  filled(ctx, fill, phase === "assembling" ? theme.green : theme.ink, phase === "assembling" ? 1.3 : 0.8);
  ctx.fillStyle = theme.ink;
  ctx.strokeStyle = theme.mark; // on amber, dark in either theme
  ctx.lineWidth = 1.3;
  if (phase === "unloading") strokes(ctx, x, y, [[-r * 0.65, 0, r * 0.65, 0]]);
  if (phase === "returning") {
    circle(ctx, x, y, r * 0.32);
    ctx.fill();
  }
}

function drawUnit(ctx, x, y, r, theme, role, sent) {
  if (role === "checkpoint") polygon(ctx, x, y, [[-r, -r * 0.6], [r, -r * 0.6], [r, r * 0.6], [-r, r * 0.6]]);
  else if (role === "patrol") regular(ctx, x, y, r * 1.1, 4);
  else regular(ctx, x, y + r * 0.2, r * 1.25, 3);
  filled(ctx, sent ? theme.unitSent : theme.unit, theme.unitLine, sent ? 1.8 : 1);
}

function drawDetail(ctx, x, y, r, theme) {
  regular(ctx, x, y, r, 6, 0);
  filled(ctx, theme.sky, theme.ink, 0.9);
}

function drawOther(ctx, x, y, r, theme) {
  regular(ctx, x, y, r, 4, 0);
  filled(ctx, theme.pale, theme.ink, 0.9);
}

function drawCell(ctx, x, y, r, theme, mode) {
  ctx.strokeStyle = ctx.fillStyle = theme.cell;
  ctx.lineWidth = 1.2;
  if (mode === "broken") {
    strokes(ctx, x, y, [[-r, -r, r, r], [-r, r, r, -r]]);
    return;
  }
  circle(ctx, x, y, r * 0.8);
  const active = mode !== "idle" && mode !== "lying low";
  filled(ctx, active ? theme.cell : theme.paper, theme.cell, 1.2);
}

function drawDevice(ctx, x, y, r, theme) {
  ctx.strokeStyle = theme.cell;
  ctx.lineWidth = 1.6;
  strokes(ctx, x, y, [[-r, 0, r, 0], [0, -r, 0, r]]);
}

// --- attacks: the shape is the kind, the colour how it ended --------------------------------------------------
const ATTACKS = {
  rockets: (c, x, y, r) => regular(c, x, y, r * 1.15, 5, -Math.PI / 2, 0.42),
  drone: (c, x, y, r) => polygon(c, x, y, [[-r, -r * 0.75], [0, -r * 0.25], [r, -r * 0.75], [0, r]]),
  "convoy bomb": (c, x, y, r) => regular(c, x, y, r * 1.15, 9, 0, 0.6),
  "detail bomb": (c, x, y, r) => regular(c, x, y, r * 1.2, 4, 0, 0.4),
  raid: (c, x, y, r) => polygon(c, x, y, [[-r * 0.8, -r * 0.8], [r, 0], [-r * 0.8, r * 0.8], [-r * 0.3, 0]]),
};
const CROSSED = {
  "bomb found": [[-0.7, 0.7, 0.7, -0.7]],
  "drone found": [[-0.7, -0.35, 0, 0.6], [0, 0.6, 0.7, -0.35]],
  "cell broken": [[-0.6, -0.6, 0.6, 0.6], [-0.6, 0.6, 0.6, -0.6]],
};

function drawAttack(ctx, x, y, r, theme, kind, result) {
  const colour = resultColour(theme, result);
  if (ATTACKS[kind]) {
    ATTACKS[kind](ctx, x, y, r);
    filled(ctx, colour, theme.paper, 1);
    return;
  }
  ctx.strokeStyle = colour;
  if (kind === "clash") {
    ctx.lineWidth = 2.4;
    strokes(ctx, x, y, [[-r, -r, r, r], [-r, r, r, -r]]);
    return;
  }
  circle(ctx, x, y, r * 0.95);
  filled(ctx, theme.paper, colour, 1.8);
  strokes(ctx, x, y, (CROSSED[kind] || []).map((line) => line.map((v) => v * r)));
}

// Diagonal lines as a fill; `turn` leans them the other way.
function hatch(ctx, colour, turn) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6;
  const rising = [[-2, 10, 10, -2], [-2, 2, 2, -2], [6, 10, 10, 6]];
  const falling = [[-2, -2, 10, 10], [-2, 6, 2, 10], [6, -2, 10, 2]];
  strokes(pen, 0, 0, turn ? falling : rising);
  return ctx.createPattern(tile, "repeat");
}
