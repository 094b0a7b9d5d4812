// What the tooltip and the screen reader say.

const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en-GB")} ${n === 1 ? one : many}`;
const ageInWords = (hours) => (hours <= 1 ? "in the last hour" : `${hours} h ago`);

function describe(scene, item) {
  if (item.attack) return [item.attack.words, ageInWords(item.attack.age)];
  return (WORDS[item.agent.kind] ?? otherWords)(scene, item.agent);
}

function siteWords(scene, { row: j }) {
  const { sites } = scene.layout, s = scene.frame.sites, title = `${sites.title[j]} (${sites.name[j]})`;
  if (!s.open[j]) return [title, "handed over"];
  const lines = [title, `open, ${plural(s.people[j], "person", "people")}`];
  if (s.batteries[j]) {
    const batteries = plural(s.batteries[j], "C-RAM battery", "C-RAM batteries");
    lines.push(`${batteries}: ${plural(s.ready[j], "burst")} ready, ${s.reserve[j]} in reserve`);
  }
  const supply = s.stock[j] < 0 ? "nobody to supply" : `supply for ${s.stock[j]} days`;
  lines.push(`${supply}, ${s.under_way[j]} t on the way`);
  if (s.alert[j] > 0) lines.push(`on alert for another ${s.alert[j]} h`);
  return lines;
}

function convoyWords(scene, { name, phase, i }) {
  const c = scene.frame.convoys, [, site, number] = name.split("/"), to = scene.layout.sites.name[c.site[i]];
  const load = `${plural(c.trucks[i], "truck")}, ${c.cargo[i]} t, ${plural(c.escorts[i], "escort vehicle")}`;
  const lines = [`Convoy ${number} for ${site}: ${phase}, ${load}`];
  if (to !== site) lines.push(`now bound for ${to}`);
  return lines;
}

function unitWords(scene, { row, name, role, sent }) {
  const strength = Math.round(100 * scene.frame.units.strength[row]), home = name.split("/")[1].replaceAll("_", " ");
  return [`Iraqi ${role} unit of ${home}`, `strength ${strength} %${sent ? ", sent after a cell" : ""}`];
}

function detailWords(scene, { row, name }) {
  const goal = scene.frame.details.goal[row], [, from, to] = name.split("/").map((word) => word.replaceAll("_", " "));
  return [`Foreign detail ${from} to ${to}`, goal < 0 ? "at rest" : `driving to ${placeName(scene, goal)}`];
}

function cellWords(scene, { row, mode }) {
  const { factions, cells } = scene.layout;
  return [`Cell of ${factions[cells.faction[row]]}: ${mode}`, "omniscient: nobody in the run sees this"];
}

const otherWords = (_scene, { name, title }) => [`${title[0].toUpperCase()}${title.slice(1)}`, name];

const WORDS = { sites: siteWords, convoys: convoyWords, units: unitWords, details: detailWords, cells: cellWords };

function placeName(scene, square) {
  const { squares, words } = scene.layout, site = scene.siteOf.get(square);
  if (site !== undefined) return scene.layout.sites.label[site];
  return squares.place[square] || `${words.zones[squares.zone[square]].toLowerCase()} square`;
}

// The ground under the pointer: place, zone, who holds it, and what is under way there.
function squareWords(scene, square) {
  const { squares, words, areas } = scene.layout, a = squares.area[square], state = scene.frame.areas;
  const zone = words.zones[squares.zone[square]], control = words.controls[squares.control[square]];
  const part = areas.zone[a] ? `, ${areas.title[a].toLowerCase()}` : "";
  const lines = [placeName(scene, square), `${zone}${part}: ${control} control`];
  if (state.closed[a]) lines.push(`closed for another ${state.closed[a]} h`);
  if (state.warned[a]) lines.push(`a warning names it for another ${state.warned[a]} h`);
  if (state.phase[a]) lines.push(words.area_phases[state.phase[a]]);
  if (areas.fighters[a]) lines.push(`${plural(state.fighters[a], "fighter")}, ${state.heavy_weapons[a]} heavy weapons`);
  return lines;
}

function summary(scene) {
  const { frame, layout } = scene, open = frame.sites.open.filter(Boolean).length;
  const rolling = frame.convoys.phase.filter((phase) => layout.words.phases[phase] === "rolling").length;
  const convoys = `${plural(frame.convoys.name.length, "convoy")} (${rolling} rolling)`;
  const sites = `${open} of ${frame.sites.open.length} sites open`;
  return `Map, ${frame.date}: ${sites}, ${convoys}, ${plural(frame.events.length, "event")} in two days`;
}
