// What stands in for the model of a widget, where there is no server: values by name, and who listens to them.

class StandIn {
  constructor(values) {
    Object.assign(this, { values, listeners: new Map() });
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    this.values[name] = value;
    for (const act of this.listeners.get(`change:${name}`) ?? []) act();
  }

  on(event, act) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(act);
  }

  off(event, act) {
    this.listeners.get(event)?.delete(act);
  }

  save_changes() {} // nobody keeps them

  send() {} // nobody answers
}
