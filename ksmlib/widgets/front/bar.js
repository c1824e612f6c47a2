// The bar above all: named histories, undo and redo, what can be copied.

class Bar {
  constructor(host) {
    this.host = host;
    this.names = make("select", { change: () => able(this.load, this.names.value) });
    this.load = host.button("Load", () => host.send({ op: "load", name: this.names.value }));
    this.undo = host.button("Undo", () => host.send({ op: "undo" }), {
      "aria-keyshortcuts": "Control+Z",
    });
    this.redo = host.button("Redo", () => host.send({ op: "redo" }), {
      "aria-keyshortcuts": "Control+Y",
    });
    this.copies = make("div.ksm-buttons", { role: "group", "aria-label": "Copy" });
    this.element = make("div", {},
      make("div.ksm-bar", { role: "group", "aria-label": "History" },
        make("div.ksm-field", {},
          ...host.labelled("Named history", this.names), this.load),
        make("div.ksm-buttons", {}, this.undo, this.redo),
        this.copies),
      this.buildShown());
  }

  // Where a text is shown that the browser does not let us copy.
  buildShown() {
    this.text = make("textarea", { readonly: "", rows: 6, wrap: "off" });
    const [label, text] = this.host.labelled("To copy", this.text);
    this.label = label;
    this.shown = make("div.ksm-copied", {
      hidden: "",
      keydown: (event) => { if (event.key === "Escape") this.hide(); },
    }, label, text, make("div.ksm-buttons", {},
      this.host.button("Close", () => this.hide())));
    return this.shown;
  }

  draw() {
    const { host } = this;
    host.part("names", ["names"], () => {
      const label = (known) => option(known.name, `${known.name}: ${known.title}`);
      this.names.replaceChildren(option("", "none of them"),
        ...host.get("names").map(label));
    });
    host.part("name", ["name", "names"], () => {
      this.names.value = host.get("name");
      able(this.load, host.get("name"));
    });
    host.part("undo", ["can_undo", "can_redo"], () => {
      able(this.undo, host.get("can_undo"));
      able(this.redo, host.get("can_redo"));
    });
    host.part("copies", ["copies"], () => {
      this.copies.replaceChildren(make("span.ksm-note", { "aria-hidden": "true" }, "Copy"),
        ...host.get("copies").map((copy) => this.copyButton(copy)));
    });
    this.drawCopied();
  }

  copyButton({ what, label }) {
    const button = this.host.button(label, () => {
      this.asked = button;
      this.awaited = this.host.send({ op: "copy", what });
    }, { "aria-label": `Copy: ${label}` });
    return button;
  }

  // Python has said what to copy.
  drawCopied() {
    if (!this.awaited || this.host.get("answered") !== this.awaited) return;
    this.awaited = null;
    const { what, text } = this.host.get("copied");
    if (text) this.copy(this.asked.textContent, what === "link" ? this.address(text) : text);
  }

  address(fragment) {
    return (this.host.get("page") || window.location.href.split("#")[0]) + fragment;
  }

  async copy(label, text) {
    try {
      await navigator.clipboard.writeText(text);
      this.hide(false);
      this.host.tell(`${label}: copied.`, this.copies.querySelector("button:last-of-type"));
    } catch {
      this.show(label, text);
    }
  }

  show(label, text) {
    this.label.textContent = `${label}: press Ctrl-C to copy, Escape to close`;
    this.text.value = text;
    this.shown.hidden = false;
    this.text.focus();
    this.text.select();
    this.text.scrollTop = 0;
  }

  hide(focus = true) {
    if (this.shown.hidden) return;
    this.shown.hidden = true;
    if (focus) this.asked.focus();
  }
}
