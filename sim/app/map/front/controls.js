// Buttons, checkbox and tooltip: plain HTML over the canvas.

function make(tag, className, more = {}) {
  return Object.assign(document.createElement(tag), { className, ...more });
}

function button(text, title, act) {
  return nameButton(make("button", "posmap-button", { type: "button", onclick: act }), text, title);
}

function nameButton(made, text, title) {
  Object.assign(made, { textContent: text, title });
  made.setAttribute("aria-label", title);
  return made;
}

function buildControls(map) {
  const bar = make("div", "posmap-controls"), first = make("div", "posmap-row"), second = make("div", "posmap-row");
  map.centreButton = button("Centre", "Show the capital", () => map.goTo("centre"));
  first.append(
    button("+", "Zoom in", () => map.zoom(1.5)),
    button("−", "Zoom out", () => map.zoom(1 / 1.5)),
    button("Theatre", "Show the whole theatre", () => map.goTo("theatre")),
    map.centreButton,
  );
  const cells = buildCheckbox(map);
  cells.hidden = map.scene.bare;
  second.append(button("PNG", "Download this picture (PNG)", () => map.download()), cells);
  bar.append(first, second);
  return bar;
}

function buildCheckbox(map) {
  const label = make("label", "posmap-check", { title: "Cells and bombs: nobody in the run sees them" });
  map.checkbox = make("input", "", { type: "checkbox", checked: map.model.get("show_cells") });
  map.checkbox.onchange = () => map.save({ show_cells: map.checkbox.checked });
  label.append(map.checkbox, " cells", make("span", "", { textContent: " (omniscient)" }));
  return label;
}

function showTip(tip, root, lines, x, y) {
  tip.replaceChildren(...lines.map((text, k) => make("div", k ? "" : "posmap-tip-title", { textContent: text })));
  tip.style.display = "block";
  const { offsetWidth: w, offsetHeight: h } = tip;
  const left = x + 14 + w > root.clientWidth ? x - 12 - w : x + 14;
  const top = y + 14 + h > root.clientHeight ? y - 10 - h : y + 14;
  tip.style.transform = `translate(${Math.max(2, left)}px, ${Math.max(2, top)}px)`;
}
