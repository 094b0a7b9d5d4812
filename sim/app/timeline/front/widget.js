// The line of time as a widget.

function render({ model, el }) {
  const line = new Timeline(model, el);
  return () => line.close();
}

export default { render };
