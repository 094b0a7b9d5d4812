// Colours and sizes. Hues are those of Okabe and Ito; wherever a colour says something, a shape says it too.

const LIGHT = {
  land: "#fdfdfb", border: "#b0a68f", river: "#a9d3ea", water: "#20678c",
  background: "#f0f1f2", ink: "#1a1a1a", quiet: "#595959", halo: "rgba(250,250,250,0.9)", frame: "#8a8a8a",
  roads: ["#8f8f8f", "#adadad", "#c4c4c4"], box: "rgba(255,255,255,0.94)",
  zones: {
    international_zone: "#fdf3c0", airport: "#d8ebf7", airport_road: "#e3eff6", city: "#ebe6db",
    belt: "#e9f0e4", corridor: null, remote_base: "#e9e6f2", gateway: "#e3e3e3",
  },
  control: { contested: "#b8860b", militia: "#8c2d04" },
  blue: "#0072B2", sky: "#56B4E9", orange: "#D55E00", amber: "#E69F00", green: "#009E73", pale: "#9fdcc8",
  unit: "#f3d3e3", unitLine: "#8a3f68", unitSent: "#b0457f", cell: "#000000", nothing: "#707070", paper: "#ffffff", mark: "#1a1a1a",
};
const DARK = {
  land: "#171716", border: "#6f6a5e", river: "#1f4c66", water: "#8cc4e2",
  background: "#0b0b0c", ink: "#eaeaea", quiet: "#a8a8a8", halo: "rgba(18,18,18,0.9)", frame: "#7a7a7a",
  roads: ["#787878", "#5c5c5c", "#484848"], box: "rgba(28,28,28,0.94)",
  zones: {
    international_zone: "#4a4320", airport: "#1c3542", airport_road: "#1a2c36", city: "#2e2a23",
    belt: "#222b1f", corridor: null, remote_base: "#2a2735", gateway: "#303030",
  },
  control: { contested: "#c9a227", militia: "#d9713c" },
  blue: "#56B4E9", sky: "#9ad4f5", orange: "#F0803C", amber: "#E6B84D", green: "#2DBE96", pale: "#1d6b56",
  unit: "#5a3148", unitLine: "#e3a3c5", unitSent: "#e58bbb", cell: "#ffffff", nothing: "#a0a0a0", paper: "#121212", mark: "#1a1a1a",
};
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif";
const SHOWN_HOURS = 48; // an attack fades over so many simulated hours
const RING_MS = 700;
const FLIGHT_MS = 500; // to a place that was asked for
const LONGEST_MS = 500; // of a move between two pictures
const FASTEST_MS = 1000 / 30; // between two drawings

const themeOf = (dark) => (dark ? DARK : LIGHT);
const resultColour = (theme, result) => ({ harm: theme.orange, stopped: theme.blue, nothing: theme.nothing })[result];
const font = (px, weight = 400) => `${weight} ${px}px ${FONT}`;
const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
