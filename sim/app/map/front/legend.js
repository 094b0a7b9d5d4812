// The legend: the same symbols, in sections. Shown as HTML beside the map, and painted into the picture that is kept.

const LEGEND_COLUMN = 130, LEGEND_LINE = 14; // px

const row = (text, draw) => ({ text, draw });

function legendOf(withCells, layout, bare) {
  if (bare) return [layerRows(true)];
  const other = ({ title }) => row(title, (c, x, y, theme) => drawOther(c, x, y, 4.6, theme));
  const others = Object.values(layout?.others ?? {}).map(other);
  const sections = [
    ["Sites", siteRows()],
    ["Convoys", ["assembling", "rolling", "unloading", "returning"].map(convoyRow)],
    ["Iraqi units", unitRows()],
    ["Others", [row("foreign detail", (c, x, y, theme) => drawDetail(c, x, y, 4.6, theme)), ...others]],
    ["Areas", areaRows()],
    ["Last 48 h: what", attackRows()],
    ["and how it ended", endingRows()],
    layerRows(false),
  ];
  return withCells ? [...sections, ["Omniscient", cellRows()]] : sections;
}

const legendLines = (withCells, layout, bare) => legendOf(withCells, layout, bare).reduce((sum, [, rows]) => sum + rows.length + 1.3, 0);

const convoyRow = (phase) => row(phase, (c, x, y, theme) => drawConvoy(c, x, y, 4.6, theme, phase));

function siteRows() {
  return [
    row("open", (c, x, y, theme) => drawSite(c, x, y, 5.5, theme, true)),
    row("handed over", (c, x, y, theme) => drawSite(c, x, y, 5.5, theme, false)),
    row("on alert", (c, x, y, theme) => drawAlert(c, x, y, 5, theme)),
    row("C-RAM, ready bursts", (c, x, y, theme) => drawReady(c, x, y, 5, theme, 0.7)),
    row("C-RAM coverage", (c, x, y, theme) => {
      c.setLineDash([4, 2]);
      c.strokeStyle = theme.blue;
      circle(c, x, y, 6);
      c.stroke();
      c.setLineDash([]);
    }),
  ];
}

function unitRows() {
  const unit = (text, role, sent) => row(text, (c, x, y, theme) => drawUnit(c, x, y, 4.6, theme, role, sent));
  return [
    ...["checkpoint", "patrol", "reaction"].map((role) => unit(role, role, 0)),
    unit("sent after a cell", "reaction", 1),
  ];
}

function areaRows() {
  const area = (text, draw) => row(text, (c, x, y, theme) => draw(c, [x - 6, y - 6, 12, 12], theme));
  const held = (text, control) => area(text, (c, [x, y], theme) => {
    polygon(c, x + 1, y + 1, [[0, 0], [9, 0], [0, 9]]);
    c.fillStyle = c.strokeStyle = theme.control[control];
    c.lineWidth = 1;
    if (control === "militia") c.fill();
    else c.stroke();
  });
  return [
    area("closed", (c, rect, theme) => fillRect(c, rect, hatch(c, theme.quiet, false))),
    area("warned", (c, rect, theme) => outline(c, rect, theme.amber, [3, 3], 2)),
    area("being cleared", (c, rect, theme) => {
      fillRect(c, rect, hatch(c, theme.green, true));
      outline(c, rect, theme.green, [4, 3], 1.6);
    }),
    area("cleared, held", (c, rect, theme) => outline(c, rect, theme.green, [], 2.6)),
    held("contested", "contested"),
    held("militia control", "militia"),
  ];
}

function attackRows() {
  const attack = (kind, text, result = "nothing") =>
    row(text, (c, x, y, theme) => drawAttack(c, x, y, 5.2, theme, kind, result));
  return [
    attack("rockets", "rockets"), attack("drone", "drone"), attack("convoy bomb", "bomb, convoy"),
    attack("detail bomb", "bomb, detail"), attack("raid", "raid"), attack("clash", "clash"),
    ...["bomb found", "drone found", "cell broken"].map((kind) => attack(kind, kind, "stopped")),
  ];
}

function endingRows() {
  const ended = (result, text) =>
    row(text, (c, x, y, theme) => fillRect(c, [x - 6, y - 4, 12, 8], resultColour(theme, result)));
  return [ended("harm", "harm done"), ended("stopped", "stopped, caught"), ended("nothing", "missed, no effect")];
}

function cellRows() {
  const cell = (text, mode) => row(text, (c, x, y, theme) => drawCell(c, x, y, 4.2, theme, mode));
  return [
    cell("cell at home", "idle"), cell("cell active", "moving"), cell("cell broken", "broken"),
    row("bomb", (c, x, y, theme) => drawDevice(c, x, y, 4, theme)),
  ];
}

// --- as HTML -----------------------------------------------------------------------------------------------------
function buildLegend(map) {
  const legend = make("details", "posmap-legend"), title = make("summary", "", { textContent: "Legend" });
  title.onclick = () => (map.legendTouched = true);
  legend.ontoggle = () => {
    map.showLegend();
    map.spoil(); // the scale bar stands beside it, and names keep clear of it
  };
  legend.append(title, make("div", "posmap-legend-rows"));
  return legend;
}

function fillLegend(legend, { theme, layout, bare }, withCells) {
  const sections = legendOf(withCells, layout, bare).map(([title, rows]) => {
    const section = make("div", "posmap-section");
    section.append(make("b", "", { textContent: title }), ...rows.map((entry) => legendRow(entry, theme)));
    return section;
  });
  legend.querySelector(".posmap-legend-rows").replaceChildren(...sections);
}

function legendRow({ text, draw }, theme) {
  const line = make("div", "posmap-legend-row"), canvas = make("canvas", "", { width: 36, height: 32 });
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  draw(ctx, 9, 8, theme);
  line.append(canvas, text);
  return line;
}

// --- the picture that is kept: the map, and its legend beside it -------------------------------------------------
function pictureOf(map) {
  const { canvas, scene, ratio } = map, strip = 165;
  const picture = make("canvas", "", { width: canvas.width + strip * ratio, height: canvas.height });
  const ctx = picture.getContext("2d");
  fillRect(ctx, [0, 0, picture.width, picture.height], scene.theme.background);
  ctx.drawImage(canvas, 0, 0);
  paintLegend(ctx, scene, canvas.width + 8 * ratio, canvas.height, ratio);
  return picture;
}

function paintLegend(ctx, { theme, frame, layout, bare }, left, height, ratio) {
  const withCells = Boolean(frame.cells), line = (height / ratio - 16) / legendLines(withCells, layout, bare);
  const k = (Math.min(16, line) * ratio) / 16;
  ctx.translate(left, 0);
  ctx.scale(k, k);
  let y = 14;
  for (const [title, rows] of legendOf(withCells, layout, bare)) {
    ctx.font = font(12, 600);
    writeHaloed(ctx, title, 0, y, theme.ink, theme.halo);
    for (const { text, draw } of rows) {
      y += 16;
      draw(ctx, 9, y, theme);
      ctx.font = font(11.5);
      writeHaloed(ctx, text, 24, y, theme.ink, theme.halo);
    }
    y += 21;
  }
}
