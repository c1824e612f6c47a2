// A part that is closed at first: a button opens it.

class Panel {
  constructor(host, label, act) {
    this.host = host;
    this.button = host.button(label, act, { class: "ksm-disclose" });
    this.inside = make("div.ksm-inside");
    this.inside.id = `${host.id}-${host.count()}`;
    this.button.setAttribute("aria-controls", this.inside.id);
    this.element = make("section.ksm-panel", {}, this.button, this.inside);
    this.open(false);
  }

  open(yes) {
    this.button.setAttribute("aria-expanded", String(yes));
    this.inside.hidden = !yes;
  }

  get isOpen() {
    return !this.inside.hidden;
  }
}
