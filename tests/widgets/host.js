// A host for AFM widgets, as small as can be: it gives the front end of every
// .ksm-live element a model, and answers its messages with the controller that
// the test keeps in Python (ksmHandle).
import widget from "/history_builder.js";

class Model {
  constructor(state, send) {
    this.state = { ...state };
    this.listeners = {};
    this.send = send;
  }

  get(key) {
    return this.state[key];
  }

  set(key, value) {
    this.state[key] = value;
    for (const listener of this.listeners[`change:${key}`] ?? []) listener(value);
  }

  on(event, listener) {
    (this.listeners[event] ??= new Set()).add(listener);
  }

  off(event, listener) {
    this.listeners[event]?.delete(listener);
  }
}

// `pending` counts messages without an answer, for tests that have to wait;
// `delay` makes the answers as slow as those of a busy kernel.
window.pending = 0;
window.delay = 0;
window.closers = [];
window.models = [];
for (const host of document.querySelectorAll(".ksm-live")) {
  const { state } = JSON.parse(host.dataset.ksm);
  const svg = host.querySelector(".ksm-picture").innerHTML;
  let last = Promise.resolve();
  const model = new Model({ ...state, svg }, (message) => {
    window.pending += 1;
    last = last.then(async () => {
      await new Promise((done) => { setTimeout(done, window.delay); });
      const patch = JSON.parse(await window.ksmHandle(JSON.stringify(message)));
      for (const key in patch) model.set(key, patch[key]);
      window.pending -= 1;
    });
  });
  window.models.push(model);
  const el = document.createElement("div");
  host.replaceWith(el);
  window.closers.push(widget.render({ model, el }));
}
document.body.dataset.mounted = "yes";
