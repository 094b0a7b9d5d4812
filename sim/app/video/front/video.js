// Films the maps as they are shown: their canvases side by side on one canvas, and a line of words below.

const FILM = { fps: 25, strip: 30, bits: 6e6 }; // strip in px of the page
const KINDS = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const READY = "Films the maps as they are shown, from now until it is stopped.";

function whyNot() {
  const able = typeof MediaRecorder !== "undefined" && HTMLCanvasElement.prototype.captureStream;
  if (!able) return "This browser can't record a canvas. A newer Firefox, Chromium or Safari can.";
  return KINDS.some((kind) => MediaRecorder.isTypeSupported(kind)) ? "" : "This browser can't record any kind of video.";
}

function shownMaps() {
  const maps = [...document.querySelectorAll(".posture-map .posmap-host")].map((host) => host.__map);
  return maps.filter((map) => map && !map.scene.bare && map.scene.frame && map.canvas.offsetParent);
}

class Camera {
  constructor() {
    Object.assign(this, { words: whyNot() || READY, unable: Boolean(whyNot()), views: new Set(), recorder: null });
  }

  get recording() {
    return this.recorder !== null;
  }

  tell(words) {
    this.words = words;
    for (const view of this.views) view();
  }

  start(name, caption) {
    const maps = shownMaps();
    if (!maps.length) return this.tell("There is no map to record yet.");
    Object.assign(this, { name, caption, pieces: [], began: performance.now() });
    this.open(maps);
    try {
      const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
      const recorder = new MediaRecorder(this.canvas.captureStream(FILM.fps), { mimeType, videoBitsPerSecond: FILM.bits });
      recorder.ondataavailable = ({ data }) => this.pieces.push(data);
      recorder.onstop = () => this.keep(recorder);
      recorder.onerror = ({ error }) => this.fail(error);
      recorder.start(1000);
      this.recorder = recorder;
    } catch (error) {
      return this.fail(error);
    }
    this.timer = setInterval(() => this.film(), 1000 / FILM.fps);
    this.film();
  }

  // One canvas with a cell for each map, as wide and high as the maps are now; sides are even, as coders want them.
  open(maps) {
    const [{ width, height }] = maps.map((map) => map.canvas), ratio = maps[0].ratio, even = (px) => 2 * Math.ceil(px / 2);
    this.canvas = document.createElement("canvas");
    Object.assign(this, { cell: [width, height], ratio });
    this.canvas.width = even(width * maps.length);
    this.canvas.height = even(height + FILM.strip * ratio);
    this.ctx = this.canvas.getContext("2d");
    this.draw(maps);
  }

  film() {
    const maps = shownMaps(), seconds = Math.floor((performance.now() - this.began) / 1000);
    if (maps.length) this.draw(maps);
    const words = `Recording: ${seconds} s. Press ▶ to play, if the run stands still.`;
    if (words !== this.words) this.tell(words);
  }

  draw(maps) {
    const { ctx, canvas, cell: [w, h] } = this, { theme } = maps[0].scene;
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    maps.forEach((map, k) => {
      const scale = Math.min(w / map.canvas.width, h / map.canvas.height); // a window may have changed its size
      ctx.drawImage(map.canvas, k * w, 0, map.canvas.width * scale, map.canvas.height * scale);
      if (k) ctx.fillStyle = theme.frame;
      if (k) ctx.fillRect(k * w - this.ratio, 0, 2 * this.ratio, h);
    });
    this.write(theme, maps[0].scene.frame.date);
  }

  // The words give way to the date, which is never cut.
  write(theme, date) {
    const { ctx, canvas, ratio } = this, y = canvas.height - (FILM.strip * ratio) / 2, side = 10 * ratio;
    ctx.font = font(13 * ratio, 600);
    ctx.textBaseline = "middle";
    ctx.fillStyle = theme.ink;
    const wide = ctx.measureText(date).width;
    ctx.fillText(date, canvas.width - side - wide, y);
    ctx.font = font(13 * ratio);
    let words = this.caption;
    while (words && ctx.measureText(`${words}…`).width > canvas.width - wide - 4 * side) words = words.slice(0, -1);
    ctx.fillText(words === this.caption ? words : `${words}…`, side, y);
  }

  stop() {
    clearInterval(this.timer);
    this.recorder?.stop();
  }

  keep({ mimeType }) {
    const film = new Blob(this.pieces, { type: mimeType }), ending = mimeType.includes("mp4") ? "mp4" : "webm";
    const seconds = Math.round((performance.now() - this.began) / 1000), file = `${this.name}.${ending}`;
    this.recorder = null;
    if (!film.size) return this.tell("The browser has recorded nothing. Record for longer.");
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(film), download: file });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    this.tell(`${file}: ${seconds} s, ${(film.size / 1e6).toFixed(1)} MB.`);
  }

  fail(error) {
    clearInterval(this.timer);
    this.recorder = null;
    this.tell(`The browser could not record: ${error?.message ?? "it does not say why"}`);
  }
}

function render({ model, el }) {
  const camera = (window.__postureCamera ??= new Camera()); // goes on while another panel is looked at
  const root = document.createElement("div"), button = document.createElement("button"), said = document.createElement("span");
  root.className = "posvideo";
  said.setAttribute("role", "status");
  button.type = "button";
  button.onclick = () => (camera.recording ? camera.stop() : camera.start(model.get("name"), model.get("caption")));
  const view = () => {
    button.hidden = camera.unable;
    button.textContent = camera.recording ? "Stop and download" : "Record a video";
    button.classList.toggle("posvideo-on", camera.recording);
    said.setAttribute("aria-live", camera.recording ? "off" : "polite"); // seconds are not read out
    said.textContent = camera.words;
  };
  camera.views.add(view);
  view();
  root.append(button, said);
  el.append(root);
  return () => {
    camera.views.delete(view);
    root.remove();
  };
}

export default { render };
