// The legend: the same symbols, in sections. Shown as HTML beside the map, and painted into the picture that is kept.

const LEGEND_COLUMN = 130, LEGEND_LINE = 14; // px

const row = (text, draw) => ({ text, draw });

function legendOf(withCells) {
  const sections = [
    ["Sites", siteRows()],
    ["Convoys", ["assembling", "rolling", "unloading", "returning"].map(convoyRow)],
    ["Iraqi units", unitRows()],
    ["Others", [row("foreign detail", (c, x, y, look) => drawDetail(c, x, y, 4.6, look))]],
    ["Areas", areaRows()],
    ["Last 48 h: what", attackRows()],
    ["and how it ended", endingRows()],
  ];
  return withCells ? [...sections, ["Omniscient", cellRows()]] : sections;
}

const legendLines = (withCells) => legendOf(withCells).reduce((sum, [, rows]) => sum + rows.length + 1.3, 0);

const convoyRow = (phase) => row(phase, (c, x, y, look) => drawConvoy(c, x, y, 4.6, look, phase));

function siteRows() {
  return [
    row("open", (c, x, y, look) => drawSite(c, x, y, 5.5, look, true)),
    row("handed over", (c, x, y, look) => drawSite(c, x, y, 5.5, look, false)),
    row("on alert", (c, x, y, look) => drawAlert(c, x, y, 5, look)),
    row("C-RAM, ready bursts", (c, x, y, look) => drawReady(c, x, y, 5, look, 0.7)),
    row("C-RAM coverage", (c, x, y, look) => {
      c.setLineDash([4, 2]);
      c.strokeStyle = look.blue;
      circle(c, x, y, 6);
      c.stroke();
      c.setLineDash([]);
    }),
  ];
}

function unitRows() {
  const unit = (text, role, sent) => row(text, (c, x, y, look) => drawUnit(c, x, y, 4.6, look, role, sent));
  return [
    ...["checkpoint", "patrol", "reaction"].map((role) => unit(role, role, 0)),
    unit("sent after a cell", "reaction", 1),
  ];
}

function areaRows() {
  const area = (text, draw) => row(text, (c, x, y, look) => draw(c, [x - 6, y - 6, 12, 12], look));
  const held = (text, control) => area(text, (c, [x, y], look) => {
    polygon(c, x + 1, y + 1, [[0, 0], [9, 0], [0, 9]]);
    c.fillStyle = c.strokeStyle = look.control[control];
    c.lineWidth = 1;
    if (control === "militia") c.fill();
    else c.stroke();
  });
  return [
    area("closed", (c, rect, look) => fillRect(c, rect, hatch(c, look.quiet, false))),
    area("warned", (c, rect, look) => outline(c, rect, look.amber, [3, 3], 2)),
    area("being cleared", (c, rect, look) => {
      fillRect(c, rect, hatch(c, look.green, true));
      outline(c, rect, look.green, [4, 3], 1.6);
    }),
    area("cleared, held", (c, rect, look) => outline(c, rect, look.green, [], 2.6)),
    held("contested", "contested"),
    held("militia control", "militia"),
  ];
}

function attackRows() {
  const attack = (kind, text, result = "nothing") =>
    row(text, (c, x, y, look) => drawAttack(c, x, y, 5.2, look, kind, result));
  return [
    attack("rockets", "rockets"), attack("drone", "drone"), attack("convoy bomb", "bomb, convoy"),
    attack("detail bomb", "bomb, detail"), attack("raid", "raid"), attack("clash", "clash"),
    ...["bomb found", "drone found", "cell broken"].map((kind) => attack(kind, kind, "stopped")),
  ];
}

function endingRows() {
  const ended = (result, text) =>
    row(text, (c, x, y, look) => fillRect(c, [x - 6, y - 4, 12, 8], resultColour(look, result)));
  return [ended("harm", "harm done"), ended("stopped", "stopped, caught"), ended("nothing", "missed, no effect")];
}

function cellRows() {
  const cell = (text, mode) => row(text, (c, x, y, look) => drawCell(c, x, y, 4.2, look, mode));
  return [
    cell("cell at home", "idle"), cell("cell active", "moving"), cell("cell broken", "broken"),
    row("bomb", (c, x, y, look) => drawDevice(c, x, y, 4, look)),
  ];
}

// --- as HTML -----------------------------------------------------------------------------------------------------
function buildLegend(map) {
  const legend = make("details", "posmap-legend"), title = make("summary", "", { textContent: "Legend" });
  title.onclick = () => (map.legendTouched = true);
  legend.ontoggle = () => map.redraw(); // the scale bar stands beside it
  legend.append(title, make("div", "posmap-legend-rows"));
  return legend;
}

function fillLegend(legend, look, withCells) {
  const sections = legendOf(withCells).map(([title, rows]) => {
    const section = make("div", "posmap-section");
    section.append(make("b", "", { textContent: title }), ...rows.map((entry) => legendRow(entry, look)));
    return section;
  });
  legend.querySelector(".posmap-legend-rows").replaceChildren(...sections);
}

function legendRow({ text, draw }, look) {
  const line = make("div", "posmap-legend-row"), canvas = make("canvas", "", { width: 36, height: 32 });
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  draw(ctx, 9, 8, look);
  line.append(canvas, text);
  return line;
}

// --- the picture that is kept: the map, and its legend beside it -------------------------------------------------
function pictureOf(map) {
  const { canvas, scene, ratio } = map, strip = 165;
  const picture = make("canvas", "", { width: canvas.width + strip * ratio, height: canvas.height });
  const ctx = picture.getContext("2d");
  fillRect(ctx, [0, 0, picture.width, picture.height], scene.look.ground);
  ctx.drawImage(canvas, 0, 0);
  paintLegend(ctx, scene, canvas.width + 8 * ratio, canvas.height, ratio);
  return picture;
}

function paintLegend(ctx, { look, frame }, left, height, ratio) {
  const withCells = Boolean(frame.cells), line = (height / ratio - 16) / legendLines(withCells);
  const k = (Math.min(16, line) * ratio) / 16;
  ctx.translate(left, 0);
  ctx.scale(k, k);
  let y = 14;
  for (const [title, rows] of legendOf(withCells)) {
    ctx.font = font(12, 600);
    writeHaloed(ctx, title, 0, y, look.ink, look.halo);
    for (const { text, draw } of rows) {
      y += 16;
      draw(ctx, 9, y, look);
      ctx.font = font(11.5);
      writeHaloed(ctx, text, 24, y, look.ink, look.halo);
    }
    y += 21;
  }
}
