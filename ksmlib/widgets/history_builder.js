// The one front end of HistoryBuilder: an anywidget (AFM) module without any
// dependency. It draws the state that the controller keeps and sends messages;
// what they are is told in controller.py. Nothing is decided here.

const KEYS = [
  "text", "errors", "history", "stale", "name", "title", "operations", "step",
  "caption", "changes", "svg", "alt", "design", "folio", "walks", "walks_note",
  "can_undo", "can_redo", "processes", "fresh", "designs", "names", "forms",
  "hint", "error", "form_error", "said", "answered",
];
// Between the last key and the text being sent, in milliseconds.
const PAUSE = 250;
// What stays free below the current step in the list, in pixels.
const MARGIN = 6;
const LINE = "\n";

// An element: tag.class, attributes (functions listen), children.
function make(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// aria-disabled, as a disabled button would lose the focus.
function able(button, yes) {
  button.setAttribute("aria-disabled", yes ? "false" : "true");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

function option(value, label = value) {
  return make("option", { value }, label);
}

// Is typing there undone by the browser itself?
function takesText(target) {
  return target.matches("textarea, input:not([type=range]):not([type=checkbox])");
}

class Builder {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    // Two widgets on a page may come from two copies of this module.
    this.id = `ksm-${Math.random().toString(36).slice(2)}`;
    this.drawn = {};
    this.values = {};
    this.sent = [];
    this.build();
    this.drawAll();
    this.listeners = KEYS.map((key) => {
      const listener = () => this.changed();
      model.on(`change:${key}`, listener);
      return [`change:${key}`, listener];
    });
  }

  close() {
    this.flush();
    for (const [event, listener] of this.listeners) this.model.off(event, listener);
  }

  get(key) {
    return this.model.get(key);
  }

  send(message) {
    this.flush();
    this.post(message);
  }

  post(message) {
    this.posts = (this.posts ?? 0) + 1;
    this.awaited = `${this.id}-${this.posts}`;
    this.model.send({ ...message, id: this.awaited });
  }

  // Has the last message been answered? Until then what is on show is older
  // than what the reader has chosen.
  settled() {
    return !this.awaited || this.get("answered") === this.awaited;
  }

  // Keys may come one by one: draw once, when all are there.
  changed() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.drawAll();
    });
  }

  focused() {
    return this.el.getRootNode().activeElement;
  }

  // ----- what there is

  build() {
    this.el.classList.add("ksm-widget");
    this.el.addEventListener("keydown", (event) => this.onKey(event));
    this.said = make("p.ksm-aside", { role: "status", "aria-live": "polite" });
    this.error = make("p.ksm-error");
    this.el.append(
      this.buildBar(), this.error,
      make("div.ksm-body", {}, this.buildSteps(), this.buildPicture()),
      this.walks = make("div.ksm-walks"),
      make("div.ksm-edit", {}, this.buildEditor(), this.buildForm()),
      this.said,
    );
  }

  button(label, act, attributes = {}) {
    const button = make("button", { type: "button", ...attributes }, label);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-disabled") !== "true") act();
    });
    return button;
  }

  labelled(text, control) {
    control.id ||= `${this.id}-${this.ids = (this.ids ?? 0) + 1}`;
    return [make("label", { for: control.id }, text), control];
  }

  buildBar() {
    this.names = make("select", { change: () => able(this.load, this.names.value) });
    this.load = this.button("Load", () => this.send({ op: "load", name: this.names.value }));
    this.undo = this.button("Undo", () => this.send({ op: "undo" }), {
      "aria-keyshortcuts": "Control+Z",
    });
    this.redo = this.button("Redo", () => this.send({ op: "redo" }), {
      "aria-keyshortcuts": "Control+Y",
    });
    this.copy = this.button("Copy as text", () => this.onCopy());
    return make("div.ksm-bar", { role: "group", "aria-label": "History" },
      make("div.ksm-field", {},
        ...this.labelled("Named history", this.names), this.load),
      make("div.ksm-buttons", {}, this.undo, this.redo, this.copy));
  }

  buildSteps() {
    this.first = this.button("First", () => this.seek(0));
    this.back = this.button("Back", () => this.send({ op: "seek", by: -1 }));
    this.forward = this.button("Forward", () => this.send({ op: "seek", by: 1 }));
    this.last = this.button("Last", () => this.seek(this.get("operations").length));
    this.slider = make("input", {
      type: "range", min: 0, step: 1,
      input: () => this.seek(Number(this.slider.value)),
    });
    this.list = make("ol.ksm-operations", { "aria-label": "Operations" });
    this.remove = this.button("Remove this step", () => this.onRemove());
    this.changes = make("ul.ksm-changes");
    this.changesHead = make("p.ksm-heading");
    this.steps = make("div.ksm-steps", {
      role: "group", "aria-label": "Steps",
      keydown: (event) => this.onStepKey(event),
    },
    make("div.ksm-buttons", {}, this.first, this.back, this.forward, this.last),
    make("div.ksm-slider", {}, ...this.labelled("Step", this.slider),
      this.count = make("span.ksm-count", { "aria-hidden": "true" })),
    this.list,
    make("div.ksm-buttons", {}, this.remove));
    return make("div.ksm-history", {},
      this.steps, this.changesHead, this.changes);
  }

  buildPicture() {
    this.caption = make("figcaption.ksm-caption");
    this.staleNote = make("p.ksm-stale");
    this.design = make("select", {
      change: () => this.send({ op: "design", design: this.design.value }),
    });
    this.folio = make("select", {
      change: () => this.send({ op: "folio", folio: this.folio.value }),
    });
    this.picture = make("div.ksm-picture");
    this.folioField = make("div.ksm-field", {}, ...this.labelled("of", this.folio));
    return make("figure.ksm-figure", {},
      this.caption, this.staleNote,
      make("div.ksm-fields", {},
        make("div.ksm-field", {}, ...this.labelled("Walk by", this.design)),
        this.folioField),
      this.picture);
  }

  buildEditor() {
    const hint = `${this.id}-hint`;
    const errors = `${this.id}-errors`;
    this.hint = make("p.ksm-note", { id: hint });
    this.errors = make("ul.ksm-errors", { id: errors });
    this.gutter = make("pre.ksm-gutter", { "aria-hidden": "true" });
    this.editor = make("textarea", {
      rows: 10, wrap: "off", spellcheck: "false", autocapitalize: "off",
      autocomplete: "off", autocorrect: "off", "aria-describedby": `${errors} ${hint}`,
      input: () => this.onType(),
      change: () => this.flush(),
      scroll: () => { this.gutter.scrollTop = this.editor.scrollTop; },
    });
    const [label, editor] = this.labelled("The history as text", this.editor);
    label.className = "ksm-heading";
    return make("div.ksm-editor", {}, label,
      make("div.ksm-text-box", {}, this.gutter, editor), this.errors, this.hint);
  }

  buildForm() {
    this.verb = make("select", { change: () => this.drawFields() });
    this.fields = make("div.ksm-fields");
    this.formError = make("p.ksm-error", { id: `${this.id}-form-error` });
    this.submit = make("button", {
      type: "submit", "aria-describedby": `${this.id}-form-error`,
    });
    return make("form.ksm-form", {
      novalidate: "", "aria-label": "Add an operation",
      submit: (event) => this.onSubmit(event),
    },
    make("p.ksm-heading", {}, "Add an operation"),
    make("div.ksm-field", {}, ...this.labelled("Operation", this.verb)),
    this.fields,
    make("div.ksm-buttons", {}, this.submit),
    this.formError);
  }

  // ----- what is done

  seek(step) {
    this.send({ op: "seek", step });
  }

  onRemove() {
    if (this.get("step")) this.send({ op: "delete" });
  }

  onType() {
    this.drawGutter();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
    this.typing = true;
  }

  // Nothing overtakes what was typed before.
  flush() {
    clearTimeout(this.timer);
    if (!this.typing) return;
    this.typing = false;
    const text = this.editor.value;
    if (!this.sent.length && text === this.get("text")) return;
    this.sent.push(text);
    this.post({ op: "text", text });
  }

  onSubmit(event) {
    event.preventDefault();
    const fields = {};
    for (const [name, control] of Object.entries(this.controls)) {
      fields[name] = control.type === "checkbox" ? control.checked : control.value.trim();
    }
    this.send({ op: "add", form: this.verb.value, fields });
  }

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

  onStepKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const inList = this.list.contains(event.target);
    if (event.target === this.slider) return; // the browser's own keys are the same
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      ?? (inList ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined);
    if (by) this.send({ op: "seek", by });
    else if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(this.get("operations").length);
    else if (event.key === "Delete" && inList) this.onRemove();
    else return;
    event.preventDefault();
  }

  async onCopy() {
    try {
      await navigator.clipboard.writeText(this.get("history"));
      this.tell("The history is copied.");
    } catch {
      this.editor.focus();
      this.editor.select();
      this.tell("The text is selected; copy it with Ctrl-C.");
    }
  }

  tell(text) {
    this.said.textContent = text;
    write(this.error, this.get("error"));
    this.copied ??= make("span.ksm-note");
    this.copied.textContent = text;
    this.copy.after(this.copied);
    clearTimeout(this.untell);
    this.untell = setTimeout(() => this.copied.remove(), 4000);
  }

  onError(error) {
    const lines = this.editor.value.split(LINE);
    const start = lines.slice(0, error.line - 1).join(LINE).length
      + (error.line > 1 ? 1 : 0) + error.column - 1;
    this.editor.focus();
    this.editor.setSelectionRange(start, start + error.token.length);
  }

  // ----- what is drawn

  // Draw a part if one of the keys it shows has changed.
  part(keys, draw) {
    const now = keys.map((key) => JSON.stringify(this.get(key)));
    const name = keys.join();
    if (this.drawn[name]?.every((was, i) => was === now[i])) return;
    const firstTime = !(name in this.drawn);
    this.drawn[name] = now;
    draw(firstTime);
  }

  drawAll() {
    const inside = this.el.contains(this.focused());
    this.drawParts();
    // What had the focus may be gone: the keyboard goes on at the steps.
    if (inside && !this.el.contains(this.focused())) {
      this.list.querySelector("[aria-current]").focus({ preventScroll: true });
    }
  }

  drawParts() {
    this.part(["names"], () => {
      const label = (known) => option(known.name, `${known.name}: ${known.title}`);
      this.names.replaceChildren(option("", "none of them"),
        ...this.get("names").map(label));
    });
    this.part(["name", "names"], () => {
      this.names.value = this.get("name");
      able(this.load, this.get("name"));
    });
    this.part(["can_undo", "can_redo"], () => {
      able(this.undo, this.get("can_undo"));
      able(this.redo, this.get("can_redo"));
    });
    this.part(["error"], () => write(this.error, this.get("error")));
    this.part(["operations"], () => this.drawOperations());
    this.part(["operations", "step"], () => this.drawStep());
    this.part(["changes", "step", "operations"], () => this.drawChanges());
    this.part(["caption"], () => write(this.caption, this.get("caption")));
    this.part(["stale", "errors"], () => this.drawStale());
    this.part(["svg", "alt"], () => this.drawPicture());
    this.part(["designs"], () => {
      const label = (d) => option(d.id, `${d.id}: ${d.title}`);
      this.design.replaceChildren(...this.get("designs").map(label));
    });
    this.part(["walks", "folio", "design", "walks_note"], () => this.drawWalks());
    this.part(["step", "operations", "design", "walks", "folio", "answered"],
      () => this.drawChosen());
    this.part(["text"], () => this.drawText());
    this.part(["errors"], () => this.drawErrors());
    this.part(["hint"], () => write(this.hint, this.get("hint")));
    this.part(["forms"], () => {
      this.verb.replaceChildren(...this.get("forms").map((f) => option(f.name, f.label)));
      this.drawFields();
    });
    this.part(["fresh"], () => { delete this.values.child; });
    this.part(["processes", "fresh"], (first) => { if (!first) this.drawFields(); });
    this.part(["form_error"], () => write(this.formError, this.get("form_error")));
    this.part(["said"], (first) => {
      if (!first) this.said.textContent = this.get("said");
    });
  }

  drawOperations() {
    const item = (step) => make("li", { value: step },
      this.button("", () => this.seek(step), { class: "ksm-operation", tabindex: -1 }));
    const items = [["Start"], ...this.get("operations").map((o) => [o.text, o])];
    this.list.replaceChildren(...items.map(([text, operation], step) => {
      const li = item(step);
      const button = li.firstChild;
      button.append(make(step ? "code" : "span", {}, text));
      if (operation?.errno) {
        li.classList.add("ksm-refused");
        button.append(" ", make("span.ksm-why", {},
          `refused, ${operation.errno}: ${operation.why}`));
      }
      return li;
    }));
  }

  drawStep() {
    const operations = this.get("operations");
    const step = this.get("step");
    const inList = this.list.contains(this.focused());
    [...this.list.children].forEach((li, number) => {
      const button = li.firstChild;
      const here = number === step;
      button.tabIndex = here ? 0 : -1;
      if (here) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      if (here && inList) button.focus({ preventScroll: true });
    });
    this.reveal(this.list.children[step]);
    requestAnimationFrame(() => this.reveal(this.list.children[step]));
    this.slider.max = operations.length;
    this.slider.setAttribute("aria-valuetext", step
      ? `${step} of ${operations.length}: ${operations[step - 1].text}`
      : `start, before the first of ${operations.length}`);
    write(this.count, `${step} of ${operations.length}`);
    able(this.first, step > 0);
    able(this.back, step > 0);
    able(this.forward, step < operations.length);
    able(this.last, step < operations.length);
    able(this.remove, step > 0);
    this.submit.textContent = step === operations.length
      ? "Add at the end" : step ? `Add after step ${step}` : "Add at the start";
  }

  // Scroll the list alone, never the page.
  reveal(li) {
    if (!li) return;
    const top = li.offsetTop;
    const low = top + li.offsetHeight - this.list.clientHeight + MARGIN;
    if (this.list.scrollTop > top) this.list.scrollTop = top;
    else if (this.list.scrollTop < low) this.list.scrollTop = low;
  }

  drawChanges() {
    const step = this.get("step");
    const refused = step > 0 && this.get("operations")[step - 1].errno;
    write(this.changesHead, step ? "What this step changed" : "");
    this.changes.replaceChildren(...(refused
      ? [make("li", {}, "Nothing: it was refused.")]
      : this.get("changes").map((change) => make("li", {}, change))));
  }

  drawStale() {
    const error = this.get("errors")[0];
    const stale = this.get("stale");
    this.el.classList.toggle("ksm-is-stale", stale);
    write(this.staleNote, stale
      ? `The last good history is on show: line ${error.line} of the text has an error.`
      : "");
  }

  drawChosen() {
    if (!this.settled()) return;
    this.slider.value = this.get("step");
    this.design.value = this.get("design");
    this.folio.value = this.get("folio");
  }

  drawPicture() {
    // Made by ksmlib.draw.svg, which escapes all that anybody typed.
    this.picture.innerHTML = this.get("svg");
  }

  drawWalks() {
    const walks = this.get("walks");
    const folios = walks.map((walk) => walk.folio);
    this.folioField.hidden = folios.length < 2;
    if (folios.join() !== [...this.folio.options].map((o) => o.value).join()) {
      this.folio.replaceChildren(...folios.map((folio) => option(folio)));
    }
    const note = this.get("walks_note");
    this.walks.replaceChildren(...walks.map((walk) => this.table(walk)));
    if (note) this.walks.append(make("p.ksm-note", {}, note));
  }

  table(walk) {
    const head = (text) => make("th", { scope: "col" }, text);
    const number = (text) => make("td", {}, String(text));
    const rows = walk.rows.map((row) => make("tr", {
      "aria-current": row.design === this.get("design") ? "true" : null,
    },
    make("th", { scope: "row" }, row.design),
    make(row.missed ? "td.ksm-missed" : "td.ksm-found", {}, row.outcome),
    number(`${row.found}/${walk.of}`), number(row.vmas), number(row.nodes)));
    return make("table.ksm-verdicts", {},
      make("caption", {}, walk.caption),
      make("thead", {}, make("tr", {},
        ...["Design", "Verdict", "Found", "VMAs", "Nodes"].map(head))),
      make("tbody", {}, ...rows));
  }

  drawText() {
    const text = this.get("text");
    // What comes back of what was typed here is older than what is typed now.
    const echo = this.sent.indexOf(text);
    this.sent.splice(0, echo < 0 ? Infinity : echo + 1);
    if (echo < 0 && text !== this.editor.value) {
      this.typing = false;
      this.editor.value = text;
    }
    this.drawGutter();
  }

  drawErrors() {
    const errors = this.get("errors");
    this.editor.setAttribute("aria-invalid", String(errors.length > 0));
    this.errors.hidden = !errors.length;
    this.errors.replaceChildren(...errors.map((error) => make("li", {},
      this.button(`Line ${error.line}, column ${error.column}:`,
        () => this.onError(error), { class: "ksm-link" }),
      ` ${error.why}`)));
    this.drawGutter();
  }

  drawGutter() {
    const bad = new Set(this.get("errors").map((error) => error.line));
    const lines = this.editor.value.split(LINE).length;
    this.gutter.replaceChildren();
    for (let line = 1; line <= lines; line += 1) {
      const number = bad.has(line) ? make("strong", {}, `! ${line}`) : `${line}`;
      this.gutter.append(number, LINE);
    }
    this.gutter.scrollTop = this.editor.scrollTop;
  }

  // The fields of the form chosen; what was filled in stays.
  drawFields() {
    const form = this.get("forms").find((f) => f.name === this.verb.value);
    const focused = Object.entries(this.controls ?? {})
      .find(([, control]) => control === this.focused())?.[0];
    this.controls = {};
    this.fields.replaceChildren(...(form?.fields ?? []).map((field) => {
      const control = this.control(field);
      this.controls[field.name] = control;
      const parts = this.labelled(field.label, control);
      return make("div.ksm-field", {}, ...(field.kind === "check" ? parts.reverse() : parts));
    }));
    this.controls[focused]?.focus();
  }

  control(field) {
    const keep = () => { this.values[field.name] = control.value; };
    const control = {
      process: () => this.processes(false),
      starter: () => this.processes(true),
      choice: () => make("select", {}, ...field.choices.map((c) => option(c))),
      check: () => make("input", { type: "checkbox" }),
      number: () => make("input", { type: "number", min: field.low, max: field.high, step: 1 }),
    }[field.kind]?.() ?? make("input", {
      type: "text", size: 8, spellcheck: "false", autocapitalize: "off",
      autocomplete: "off",
    });
    if (field.kind === "check") return control;
    const fallback = field.kind === "child" ? this.get("fresh") : field.default;
    const kept = this.values[field.name];
    if (control.tagName !== "SELECT") control.value = kept ?? fallback;
    else if ([...control.options].some((o) => o.value === kept)) control.value = kept;
    else if (fallback) control.value = fallback;
    control.addEventListener("input", keep);
    return control;
  }

  processes(starts) {
    const names = this.get("processes");
    const options = names.map((name) => option(name));
    if (starts || !names.length) {
      const fresh = this.get("fresh");
      options.push(option(fresh, `${fresh}, a new one`));
    }
    return make("select", {}, ...options);
  }
}

function render({ model, el }) {
  const builder = new Builder(model, el);
  return () => builder.close();
}

export default { render };
