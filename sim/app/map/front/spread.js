// Agents of one square stand side by side, so that each can be seen and picked: rings around the square's point.

const KIND_ORDER = { units: 0, details: 1, convoys: 2, cells: 3 };

// Slots in units of a gap. Around a site the middle is taken.
function slotsOf(n, hasSite) {
  const slots = hasSite ? [] : [[0, 0]];
  for (let ring = 1; slots.length < n; ring++) {
    const radius = hasSite ? ring + 0.75 : ring, room = hasSite ? 6 * ring + 3 : 6 * ring;
    for (let k = 0; k < room && slots.length < n; k++) {
      const a = Math.PI / 2 + (2 * Math.PI * (k % 2 ? -(k + 1) / 2 : k / 2)) / room; // from below, to both sides
      slots.push([radius * Math.cos(a), radius * Math.sin(a)]);
    }
  }
  return slots;
}

function spread(agents, siteSquares) {
  const groups = new Map();
  for (const agent of agents) {
    if (agent.kind === "sites") continue;
    if (!groups.has(agent.square)) groups.set(agent.square, []);
    groups.get(agent.square).push(agent);
  }
  for (const [square, group] of groups) {
    group.sort((a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || a.order - b.order);
    const slots = slotsOf(group.length, siteSquares.has(square));
    group.forEach((agent, k) => (agent.slot = slots[k]));
  }
}

// Two sites that are closer than their symbols stand a little apart (px).
function partSites(scene, view) {
  const { x, y } = scene.layout.sites, apart = 2 * scene.sites.r + 4;
  const at = x.map((_, j) => view.at(x[j], y[j]));
  for (let pass = 0; pass < 8; pass++) {
    for (let i = 0; i < at.length; i++) for (let j = i + 1; j < at.length; j++) pushApart(at[i], at[j], apart);
  }
  return at.map(([px, py], j) => {
    const [tx, ty] = view.at(x[j], y[j]);
    return [px - tx, py - ty];
  });
}

function pushApart(a, b, apart) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]], away = Math.hypot(dx, dy);
  if (away >= apart || away > apart * 2) return;
  const [ux, uy] = away > 0.01 ? [dx / away, dy / away] : [1, 0], shift = (apart - away) / 2;
  a[0] -= ux * shift;
  a[1] -= uy * shift;
  b[0] += ux * shift;
  b[1] += uy * shift;
}

function siteAt(scene, view, j) {
  const [px, py] = view.at(scene.layout.sites.x[j], scene.layout.sites.y[j]);
  const [dx, dy] = view.parted ? view.parted[j] : [0, 0];
  return [px + dx, py + dy];
}
