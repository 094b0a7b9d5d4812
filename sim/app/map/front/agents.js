// Who is on the map in a frame, and how they come from where they were in the last one: along the roads.

function agentsOf(scene, frame) {
  const { layout } = scene, agents = [];
  const add = (kind, row, name, square, more) =>
    agents.push({ kind, row, name, square, id: `${kind}/${name}`, order: row, slot: [0, 0], r: 4, ...more });
  const { sites, units, convoys } = frame, { words } = layout;
  layout.sites.name.forEach((name, j) => add("sites", j, name, layout.sites.square[j], { r: 7, open: sites.open[j] }));
  layout.units.name.forEach((name, k) =>
    add("units", k, name, units.square[k], { role: words.roles[layout.units.role[k]], sent: units.sent[k] }));
  layout.details.name.forEach((name, k) => add("details", k, name, frame.details.square[k], { r: 4.5 }));
  for (const [kind, { name, title }] of Object.entries(layout.others)) { // kinds without a layer of their own
    name.forEach((each, k) => add(kind, k, each, frame.others[kind][k], { title }));
  }
  convoys.name.forEach((name, i) =>
    add("convoys", convoys.row[i], name, convoys.square[i], {
      i, order: i, phase: words.phases[convoys.phase[i]], r: 2.2 + 1.1 * Math.sqrt(convoys.trucks[i]),
    }));
  if (frame.cells) {
    layout.cells.name.forEach((name, k) =>
      add("cells", k, name, frame.cells.square[k], { r: 3.4, mode: words.modes[frame.cells.mode[k]] }));
  }
  return agents;
}

// The point of a square at which its agents stand: a site's own place, where there is one.
function pointOf(scene, square) {
  const site = scene.siteOf.get(square), { layout } = scene;
  if (site === undefined) return [layout.squares.x[square], layout.squares.y[square]];
  return [layout.sites.x[site], layout.sites.y[site]];
}

// Give each agent its way (km) from where it is shown now. Without `moving` everybody is there at once.
function setOut(scene, agents, moving) {
  const before = scene.byId;
  for (const agent of agents) {
    const old = moving ? before.get(agent.id) : undefined, end = pointOf(scene, agent.square);
    if (!old) {
      Object.assign(agent, { way: [end], from: agent.slot });
    } else {
      const here = placeOf(old, scene.progress);
      agent.from = [here.u, here.v];
      agent.way = [[here.x, here.y], ...pointsBetween(scene, old.square, agent.square)];
    }
    agent.lengths = lengthsOf(agent.way);
  }
  return new Map(agents.map((agent) => [agent.id, agent]));
}

// Is it on its way, or does it stand where it stood?
const goes = ({ lengths, from, slot }) => lengths.at(-1) > 0 || from[0] !== slot[0] || from[1] !== slot[1];

function pointsBetween(scene, from, to) {
  return from === to ? [pointOf(scene, to)] : roadBetween(scene, from, to).map((square) => pointOf(scene, square));
}

function lengthsOf(way) {
  const lengths = [0];
  for (let i = 1; i < way.length; i++) {
    lengths.push(lengths[i - 1] + Math.hypot(way[i][0] - way[i - 1][0], way[i][1] - way[i - 1][1]));
  }
  return lengths;
}

// Place (km) and slot of an agent after a share of its move.
function placeOf(agent, progress) {
  const { way, lengths, from, slot } = agent, last = way.length - 1;
  if (progress >= 1) return { x: way[last][0], y: way[last][1], u: slot[0], v: slot[1] }; // to the last digit
  const u = from[0] + (slot[0] - from[0]) * progress, v = from[1] + (slot[1] - from[1]) * progress;
  const run = lengths[last] * progress;
  if (lengths[last] === 0) return { x: way[last][0], y: way[last][1], u, v };
  let i = 1;
  while (lengths[i] < run) i++;
  const part = (run - lengths[i - 1]) / (lengths[i] - lengths[i - 1] || 1);
  return {
    x: way[i - 1][0] + (way[i][0] - way[i - 1][0]) * part, y: way[i - 1][1] + (way[i][1] - way[i - 1][1]) * part, u, v,
  };
}

// --- the quickest way along the roads, kept for the next time --------------------------------------------------
function roadsFrom(layout) {
  const roads = layout.squares.x.map(() => []);
  for (const [a, b, speed, km] of layout.roads) {
    roads[a].push([b, km / speed]);
    roads[b].push([a, km / speed]);
  }
  return roads;
}

function roadBetween(scene, from, to) {
  const key = from * 4096 + to;
  if (!scene.ways.has(key)) scene.ways.set(key, quickest(scene.roads, from, to));
  return scene.ways.get(key);
}

// Dijkstra over some hundred squares; moves between two frames are short, so few are visited.
function quickest(roads, from, to) {
  const hours = new Map([[from, 0]]), before = new Map(), open = new Set([from]);
  while (open.size) {
    let here = -1;
    for (const square of open) if (here < 0 || hours.get(square) < hours.get(here)) here = square;
    if (here === to) return traced(before, from, to);
    open.delete(here);
    for (const [next, step] of roads[here]) {
      const total = hours.get(here) + step;
      if (total < (hours.get(next) ?? Infinity)) {
        hours.set(next, total);
        before.set(next, here);
        open.add(next);
      }
    }
  }
  return [to];
}

function traced(before, from, to) {
  const way = [to];
  while (way[0] !== from) way.unshift(before.get(way[0]));
  return way;
}
