// HistoryBuilder: an anywidget (AFM) module without any dependency. It draws
// the state that the controller keeps and sends messages; what they are is told
// in controller.py. What a history means is not decided here.

const KEYS = [
  "text", "errors", "history", "stale", "name", "title", "operations", "step", "link",
  "branches", "branch", "caption", "changes", "counts", "svg", "alt", "design", "beside",
  "folio", "walks", "walks_note", "comparison", "watching", "watch", "can_undo",
  "can_redo", "processes", "fresh", "designs", "most_beside", "names", "forms",
  "copies", "hint", "most_text", "most_pages", "error", "form_error", "said",
  "copied", "answered",
];
// A word beside a button stays for so long, in milliseconds.
const WORD = 4000;

class Builder {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    // Two widgets on a page may come from two copies of this module.
    this.id = `ksm-${Math.random().toString(36).slice(2)}`;
    this.drawn = {};
    this.build();
    this.drawAll();
    this.listeners = KEYS.map((key) => {
      const listener = () => this.changed();
      model.on(`change:${key}`, listener);
      return [`change:${key}`, listener];
    });
  }

  close() {
    for (const part of this.parts) part.close?.();
    for (const [event, listener] of this.listeners) this.model.off(event, listener);
  }

  build() {
    this.el.classList.add("ksm-widget");
    this.el.addEventListener("keydown", (event) => this.onKey(event));
    this.said = make("p.ksm-aside", { role: "status", "aria-live": "polite" });
    this.error = make("p.ksm-error");
    const bar = new Bar(this);
    this.steps = new Steps(this);
    const picture = new Picture(this);
    const watch = new Watch(this);
    const compare = new Compare(this);
    const walks = new Walks(this);
    this.editor = new Editor(this);
    const form = new Form(this);
    this.parts = [bar, this.steps, picture, walks, this.editor, form, watch, compare];
    this.el.append(
      bar.element, this.error,
      make("div.ksm-body", {},
        make("div.ksm-side", {}, this.steps.element,
          make("div.ksm-edit", {}, this.editor.element, form.element)),
        make("div.ksm-side", {}, picture.element, walks.element)),
      watch.element, compare.element,
      this.said,
    );
  }

  // ----- what the parts ask for

  get(key) {
    return this.model.get(key);
  }

  // Send a message, after all that was typed; gives its id.
  send(message) {
    this.editor.flush();
    return this.post(message);
  }

  post(message) {
    this.posts = (this.posts ?? 0) + 1;
    this.awaited = `${this.id}-${this.posts}`;
    this.model.send({ ...message, id: this.awaited });
    return this.awaited;
  }

  // Has the last message been answered? Until then what is on show is older
  // than what the reader has chosen.
  settled() {
    return !this.awaited || this.get("answered") === this.awaited;
  }

  focused() {
    return this.el.getRootNode().activeElement;
  }

  count() {
    this.ids = (this.ids ?? 0) + 1;
    return this.ids;
  }

  button(label, act, attributes = {}) {
    const button = make("button", { type: "button", ...attributes }, label);
    button.addEventListener("click", () => { if (isAble(button)) act(); });
    return button;
  }

  labelled(text, control) {
    control.id ||= `${this.id}-${this.count()}`;
    return [make("label", { for: control.id }, text), control];
  }

  // Say something politely; beside an element it is shown, too, for a while.
  tell(text, beside = null) {
    this.said.textContent = text;
    if (!beside) return;
    this.word ??= make("span.ksm-note", { "aria-hidden": "true" });
    this.word.textContent = ` ${text}`;
    beside.after(this.word);
    clearTimeout(this.unword);
    this.unword = setTimeout(() => this.word.remove(), WORD);
  }

  // Draw a part if one of the keys it shows has changed.
  part(name, keys, draw) {
    const now = keys.map((key) => JSON.stringify(this.get(key)));
    if (this.drawn[name]?.every((was, i) => was === now[i])) return;
    const firstTime = !(name in this.drawn);
    this.drawn[name] = now;
    draw(firstTime);
  }

  // ----- what is drawn

  // Keys may come one by one: draw once, when all are there.
  changed() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.drawAll();
    });
  }

  drawAll() {
    const inside = this.el.contains(this.focused());
    this.part("error", ["error"], () => write(this.error, this.get("error")));
    this.el.classList.toggle("ksm-is-stale", this.get("stale"));
    for (const part of this.parts) part.draw();
    this.part("said", ["said", "answered"], (first) => {
      if (!first) this.said.textContent = this.get("said");
    });
    // What had the focus may be gone: the keyboard goes on at the steps.
    if (inside && !this.el.contains(this.focused())) this.steps.focus();
  }

  // ----- keys for all of it

  onKey(event) {
    const key = event.key.toLowerCase();
    // In JupyterLab a plain key acts on the notebook: x would cut this cell.
    if (!(event.ctrlKey || event.metaKey || event.altKey)) event.stopPropagation();
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if ((key !== "z" && key !== "y") || takesText(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    this.send({ op: key === "y" || event.shiftKey ? "redo" : "undo" });
  }
}

function render({ model, el }) {
  const builder = new Builder(model, el);
  return () => builder.close();
}

export default { render };
