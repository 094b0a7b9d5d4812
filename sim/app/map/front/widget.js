// The map as a widget.

function render({ model, el }) {
  const map = new LiveMap(model, el);
  return () => map.close();
}

export default { render };
