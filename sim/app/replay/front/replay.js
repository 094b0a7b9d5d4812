// The page of a replay: maps, line of time, counters and buttons over the stored pictures.

const PICTURE_MS = 70; // between two pictures while it plays

class Replay {
  constructor(stored) {
    Object.assign(this, { stored, hour: 0, number: 0, weeks: stored.weeks, playing: false });
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.build();
    this.line = new Timeline(this.lineModel(), this.lineHost);
    this.models = stored.runs.map((run, lane) => this.mapModel(run, lane));
    this.maps = this.models.map((model, lane) => new LiveMap(model, this.mapHosts[lane]));
    this.dark.addEventListener("change", () => this.takeTheme());
    document.addEventListener("keydown", (event) => this.key(event));
    this.go(0);
  }

  // --- models ------------------------------------------------------------------------------------------------------
  mapModel({ layout, label }, lane) {
    const model = new StandIn({ layout_data: layout, title: label, lane, bare: false, dark: this.dark.matches, show_cells: false });
    model.on("change:show_cells", () => this.show());
    return model;
  }

  lineModel() {
    const { runs, hours, start } = this.stored;
    const marks = runs.map((run) => run.marks), labels = runs.map((run) => run.label);
    const model = new StandIn({ marks, labels, n_hours: hours, start, dark: this.dark.matches });
    model.on("change:seek", () => this.seek(model.get("seek").hour));
    model.on("change:chosen", () => this.showAttack(model.get("chosen")));
    return (this.timeModel = model);
  }

  takeTheme() {
    for (const model of [...this.models, this.timeModel]) model.set("dark", this.dark.matches);
  }

  // --- the page ----------------------------------------------------------------------------------------------------
  build() {
    const { stored } = this, main = document.querySelector("main");
    document.querySelector(".about").textContent = this.about();
    this.lineHost = make("div", "line");
    this.said = make("p", "said");
    this.said.setAttribute("role", "status");
    const maps = make("div", stored.runs.length > 1 ? "maps twin" : "maps");
    const figures = stored.runs.map(({ label }) => this.figure(label));
    this.mapHosts = figures.map((figure) => figure.firstChild);
    this.counters = figures.map((figure) => figure.lastChild);
    maps.append(...figures);
    main.replaceChildren(this.buttons(), this.lineHost, this.said, maps);
  }

  about() {
    const { runs, watched, hours, every, changed, stopped } = this.stored;
    const facts = [
      watched,
      `a replay of ${plural(hours, "hour")} from ${runs[0].date(0).split(",")[0]}`,
      every > 1 ? `agents and counters as they were every ${every} hours, attacks to the hour` : "a picture for every hour",
      changed.length ? `changed on the way: ${changed.join(", ")}` : "",
      stopped ? `the run stopped here: ${stopped}` : "",
    ];
    return `${facts.filter(Boolean).join("; ")}.`;
  }

  figure(label) {
    const figure = make("figure", ""), counter = make("figcaption", "counted");
    counter.setAttribute("aria-label", `counters of ${label}`);
    figure.append(make("div", "map"), counter);
    return figure;
  }

  buttons() {
    const bar = make("div", "buttons");
    this.playButton = this.press("▶", "play", () => this.playOrPause(), "posture-play");
    this.date = make("span", "date");
    this.speed = this.list("speed", this.stored.speeds, this.stored.speeds[this.stored.speed], () => {});
    bar.append(
      this.playButton,
      this.press("−1 day", "one day back", () => this.seek(this.hour - 24)),
      this.press("+1 day", "one day on", () => this.seek(this.hour + 24)),
      this.press("◂ attack", "the attack before", () => this.nextAttack(-1), "posture-previous"),
      this.press("attack ▸", "the next attack", () => this.nextAttack(1), "posture-next"),
      this.speed,
      this.list("attacks on the maps", this.stored.windows, this.weeks, (weeks) => this.showWeeks(weeks)),
      this.date,
    );
    return bar;
  }

  press(text, title, act, className = "") {
    return Object.assign(button(text, title, act), { className });
  }

  list(name, values, chosen, act) {
    const list = make("select", "");
    list.setAttribute("aria-label", name);
    for (const [words, value] of Object.entries(values)) list.append(make("option", "", { textContent: words, value }));
    list.value = chosen;
    list.onchange = () => act(Number(list.value));
    return list;
  }

  // --- time --------------------------------------------------------------------------------------------------------
  go(hour) {
    this.hour = clamp(hour, 0, this.stored.hours);
    this.show();
  }

  seek(hour) {
    this.pause();
    this.forget();
    this.go(hour);
  }

  show() {
    const { stored, hour, models, weeks } = this;
    const frames = stored.runs.map((run, k) => run.frame(hour, models[k].get("show_cells"), weeks));
    publish({ number: ++this.number, hour, frames });
    this.date.textContent = `${frames[0].date}, hour ${hour} of ${stored.hours}`;
    frames.forEach(({ counted }, k) => this.count(this.counters[k], counted));
  }

  count(counter, counted) {
    counter.replaceChildren(...Object.entries(counted).map(([name, n]) => {
      const part = make("span", "", { textContent: `${this.stored.counted[name]} ` });
      part.append(make("b", "", { textContent: n.toLocaleString("en-GB") }));
      return part;
    }));
  }

  showWeeks(weeks) {
    this.weeks = weeks;
    this.show();
  }

  playOrPause() {
    if (this.playing) return this.pause();
    if (this.hour >= this.stored.hours) this.go(0);
    this.playing = true;
    this.owed = 0;
    this.last = performance.now();
    nameButton(this.playButton, "❚❚", "pause");
    this.forget();
    requestAnimationFrame((now) => this.step(now));
  }

  pause() {
    this.playing = false;
    nameButton(this.playButton, "▶", "play");
  }

  step(now) {
    if (!this.playing) return;
    if (now - this.last >= PICTURE_MS) {
      this.owed += (Math.min(now - this.last, 500) / 1000) * Number(this.speed.value);
      this.last = now;
      const hours = Math.floor(this.owed);
      this.owed -= hours;
      if (hours) this.go(this.hour + hours);
    }
    if (this.hour >= this.stored.hours) this.pause();
    else requestAnimationFrame((later) => this.step(later));
  }

  // --- attacks -----------------------------------------------------------------------------------------------------
  nextAttack(way) {
    const all = this.stored.runs.flatMap((run, k) => run.marks.map(([number, hour]) => ({ number, hour, run: k })));
    const there = all.filter(({ hour }) => (way > 0 ? hour >= this.hour : hour + 1 < this.hour));
    there.sort((a, b) => way * (a.hour - b.hour) || way * (a.number - b.number));
    if (there.length) this.showAttack(there[0]);
  }

  // To the hour after it, its words, its place, and rings around who took part.
  showAttack({ number, run: k }) {
    const run = this.stored.runs[k], at = run.marks.findIndex(([n]) => n === number), [, hour, , , words] = run.marks[at];
    this.seek(hour + 1);
    this.said.textContent = `${run.date(hour)}, ${run.label}: ${words}.`;
    this.models[k].set("focus", { ...run.focus[at], serial: this.number });
  }

  // Of the attack that was shown.
  forget() {
    this.said.textContent = "";
    for (const model of this.models) model.set("focus", {});
  }

  // Keys of the line of time hold on the whole page, but where a part has its own.
  key(event) {
    const own = event.target.closest("select") || (event.key === " " && event.target.closest("button, summary, input"));
    if (!event.defaultPrevented && !own) this.line.key(event);
  }
}

unpacked(document.getElementById("stored").textContent).then(
  (stored) => (window.replay = new Replay(stored)),
  (error) => (document.querySelector(".wait").textContent = `This browser can't unpack the replay: ${error.message}`),
);
