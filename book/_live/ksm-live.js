// The page's side of the live widgets. Each .ksm-live element gets the front
// end that its data-esm names, and a controller in the one Python of the page,
// which runs in a worker (ksm-worker.js). The front end is there at once; what
// it sends is kept until Python is.

// Python has so long to answer, in milliseconds; what takes longer is stopped.
const ANSWER = 10_000;
// And so long without a sign of life while it starts.
const START = 60_000;
// Between two changes of the address, as browsers refuse too many.
const ADDRESS = 400;
// What the fragment of an address starts with if it holds a history; with a
// name, and no step or design, it is one that was drawn when the book was built.
const LINK = "#h=";
const NAMED = /^#h=([\w-]+)$/;
// The version of the model, at its end.
const VERSION = /&v=[^&]*$/;

const HERE = new URL(".", import.meta.url);

// A model as front ends know it: https://anywidget.dev/en/afm/
class Model {
  constructor(state, send) {
    this.state = { ...state };
    this.listeners = new Map();
    this.send = send;
  }

  get(key) {
    return this.state[key];
  }

  set(key, value) {
    this.state[key] = value;
    for (const listener of this.listeners.get(`change:${key}`) ?? []) listener(value);
  }

  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listener);
  }

  off(event, listener) {
    this.listeners.get(event)?.delete(listener);
  }

  save_changes() {}
}

// Python did not answer in time, or broke.
class Stopped extends Error {}

// The worker: one question at a time, and a limit for each answer.
class Python {
  constructor(settings) {
    this.settings = settings;
    this.age = 0; // how often it was started
    this.progress = () => {};
    this.last = Promise.resolve();
  }

  // Do work after all that was asked for before.
  queue(work) {
    this.last = this.last.then(work);
    return this.last;
  }

  async running() {
    if (this.worker) return;
    this.worker = new Worker(new URL("ksm-worker.js", HERE), { type: "module" });
    this.age += 1;
    const { pyodide, info } = this.settings;
    await this.exchange({
      start: { pyodide: new URL(pyodide, HERE).href, library: new URL("ksmlib.zip", HERE).href, info },
    }, START);
  }

  async ask(question, limit) {
    return JSON.parse(await this.exchange({ question: JSON.stringify(question) }, limit));
  }

  exchange(message, limit) {
    const { worker } = this;
    return new Promise((resolve, reject) => {
      let timer;
      const fail = (why) => {
        clearTimeout(timer);
        this.stop();
        reject(new Stopped(why));
      };
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => fail(`no answer in ${limit / 1000} seconds`), limit);
      };
      worker.onerror = (event) => fail(event.message || "the worker could not be loaded");
      worker.onmessage = ({ data }) => {
        if ("failure" in data) fail(data.failure);
        else if ("bytes" in data) {
          wait();
          this.progress(data.bytes);
        } else {
          clearTimeout(timer);
          resolve(data.answer);
        }
      };
      wait();
      worker.postMessage(message);
    });
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// What a host has under an address, if it has it.
async function found(address) {
  try {
    return await (await fetch(address)).json();
  } catch {
    return null;
  }
}

// What is said above a widget while Python starts.
class Status {
  constructor(total) {
    this.text = make("span", { role: "status" });
    this.bar = make("progress", { max: total, value: 0, "aria-label": "Loaded of Python" });
    this.bytes = make("span", { "aria-hidden": "true" });
    this.element = make("p", { class: "ksm-status" }, this.text, this.bar, this.bytes);
    this.total = total;
    this.say("");
  }

  say(text) {
    this.text.textContent = text;
    this.bar.hidden = this.bytes.hidden = !text;
  }

  loaded(bytes) {
    this.bar.value = bytes;
    const mb = (n) => (n / 1e6).toFixed(1);
    this.bytes.textContent = `${mb(bytes)} of ${mb(this.total)} MB`;
  }
}

// One widget of the page.
class Widget {
  constructor(host, number, python) {
    this.host = host;
    this.python = python;
    this.id = `${number}`;
    this.drawn = [...host.childNodes];
    const { kind, kw, state } = JSON.parse(host.dataset.ksm);
    const svg = host.querySelector(".ksm-picture").innerHTML;
    this.kind = kind;
    this.kw = kw; // makes a controller like the last one that answered
    this.status = new Status(python.settings.bytes);
    this.model = new Model({ ...state, svg, page: python.settings.site },
      (message) => this.send(message));
  }

  async mount() {
    const { default: found } = await import(new URL(this.host.dataset.esm, HERE));
    const front = typeof found === "function" ? await found() : found;
    this.element = document.createElement("div");
    await front.initialize?.({ model: this.model });
    await front.render({ model: this.model, el: this.element });
    this.host.replaceChildren(this.status.element, this.element);
  }

  // Open a link, whose history as text is `text`.
  async open(link, text) {
    this.link = text;
    if (!this.age) await this.preview(link, text);
    this.host.classList.remove("ksm-opening");
    await this.send({ op: "open", link });
    this.element.hidden = false;
    this.held?.remove();
    this.link = "";
  }

  // What there is to see of a link before Python runs: a history with a name as
  // it was drawn when the book was built, any other as its text.
  async preview(link, text) {
    this.held?.remove();
    const plain = link.replace(VERSION, "");
    if (plain === this.model.get("link").replace(VERSION, "")) return;
    const [, name] = NAMED.exec(plain) ?? [];
    const known = this.model.get("names").some((history) => history.name === name);
    const drawn = known && await found(new URL(`named/${name}.json`, HERE));
    if (drawn) this.take(drawn);
    else this.hold(text);
    this.element.hidden = !drawn;
  }

  hold(text) {
    this.held = make("div", { class: "ksm-held" },
      make("p", {}, "The link holds this history, to be drawn as soon as Python runs:"),
      make("pre", { class: "ksm-text" }, text));
    this.host.append(this.held);
  }

  send(message) {
    if (message.op === "text") this.typed = message.text;
    return this.python.queue(() => this.exchange(message));
  }

  // Start Python, and let it do what a message says.
  async exchange(message) {
    if (this.failed) return;
    try {
      await this.live();
    } catch (error) {
      this.giveUp(error.message);
      return;
    }
    if (!message) return;
    try {
      this.take(await this.python.ask({ op: "handle", widget: this.id, message }, ANSWER));
    } catch (error) {
      await this.revive(message, error.message);
    }
  }

  // Make sure that there is a controller in a Python that runs.
  async live() {
    if (!this.python.worker) {
      this.status.say("Starting Python in your browser");
      this.python.progress = (bytes) => this.status.loaded(bytes);
    }
    await this.python.running();
    if (this.age === this.python.age) return;
    const { id, kind, kw } = this;
    this.take(await this.python.ask({ op: "create", widget: id, kind, kw }, START));
    this.age = this.python.age;
    this.status.say("");
    this.host.dataset.alive = "yes";
  }

  take({ state, kw }) {
    this.kw = kw;
    if (this.complained) this.complain("");
    for (const [key, value] of Object.entries(state)) this.model.set(key, value);
  }

  // Another Python, with the last state that was answered.
  async revive(message, why) {
    try {
      await this.live();
    } catch (error) {
      this.giveUp(error.message);
      return;
    }
    // The front end waits for an answer to this very message.
    this.model.set("answered", message.id ?? "");
    this.complain(`This was too much for the model (${why}): the last good state is on show.`);
  }

  // Python does not know of it, and would not take it back.
  complain(error) {
    this.complained = error;
    this.model.set("error", error);
  }

  // Back to what the page held, and what the reader has typed.
  giveUp(why) {
    if (this.failed) return;
    this.failed = true;
    const brief = why.length > 200 ? `${why.slice(0, 200)}...` : why;
    const note = make("p", { class: "ksm-why-not" },
      `This is a picture only: Python could not start (${brief}).`);
    this.host.replaceChildren(...this.drawn, note);
    for (const [what, text] of [["The history of the link:", this.link],
      ["What you typed:", this.typed]]) {
      if (!text) continue;
      this.host.append(make("p", {}, what), make("pre", { class: "ksm-text" }, text));
    }
  }
}

// The address holds what the widget shows: people copy it from there.
function followAddress(widget, held) {
  const { model } = widget;
  let timer;
  let touched = false;
  const open = () => {
    if (!location.hash.startsWith(LINK)) return;
    widget.host.scrollIntoView();
    return widget.open(location.hash, held());
  };
  const write = () => {
    timer = undefined;
    history.replaceState(history.state, "", model.get("link"));
  };
  const { send } = model;
  model.send = (message) => {
    touched = true;
    send(message);
  };
  model.on("change:link", () => {
    if (touched) timer ??= setTimeout(write, ADDRESS);
  });
  addEventListener("hashchange", open);
  open();
}

// A widget that comes alive is higher than its picture: a browser that is on its
// way to an anchor below it would stop short of that.
function stayAtAnchor() {
  const [{ type } = {}] = performance.getEntriesByType("navigation");
  if (type === "navigate") document.querySelector(":target")?.scrollIntoView();
}

// `held()` is the history that the address holds, as text.
export async function wake(hosts, settings, held) {
  const site = new URL(settings.site, document.baseURI).href;
  const python = new Python({ ...settings, site });
  const widgets = hosts.map((host, number) => new Widget(host, number, python));
  for (const widget of widgets) await widget.mount();
  followAddress(widgets[0], held);
  stayAtAnchor();
  // Python is large: it is fetched for a reader who comes near.
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      const widget = widgets.find(({ host }) => host === target);
      python.queue(() => widget.exchange());
    }
  }, { rootMargin: "400px" });
  for (const { host } of widgets) near.observe(host);
}
