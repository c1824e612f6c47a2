// The history as text, with a number before each line and what is wrong with it.

const LINE = "\n";
// Between the last key and the text being sent, in milliseconds.
const PAUSE = 250;
// Texts of more lines get no line numbers.
const MOST_LINES = 5000;

class Editor {
  constructor(host) {
    this.host = host;
    this.sent = [];
    const hint = `${host.id}-hint`;
    const errors = `${host.id}-errors`;
    this.hint = make("p.ksm-note", { id: hint });
    this.errors = make("ul.ksm-errors", { id: errors });
    this.gutter = make("pre.ksm-gutter", { "aria-hidden": "true" });
    this.area = make("textarea", {
      rows: 10, wrap: "off", spellcheck: "false", autocapitalize: "off",
      autocomplete: "off", autocorrect: "off", "aria-describedby": `${errors} ${hint}`,
      input: () => this.onType(),
      change: () => this.flush(),
      scroll: () => { this.gutter.scrollTop = this.area.scrollTop; },
    });
    const [label, area] = host.labelled("The history as text", this.area);
    label.className = "ksm-heading";
    this.element = make("div.ksm-editor", {}, label,
      make("div.ksm-text-box", {}, this.gutter, area), this.errors, this.hint);
  }

  close() {
    this.flush();
  }

  // ----- what is done

  onType() {
    // One character too many is enough for a complaint, and a browser is slow
    // with millions of them.
    const most = this.host.get("most_text") + 1;
    if (this.area.value.length > most) this.area.value = this.area.value.slice(0, most);
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
    const text = this.area.value;
    if (!this.sent.length && text === this.host.get("text")) return;
    this.sent.push(text);
    this.host.post({ op: "text", text });
  }

  onError(error) {
    const lines = this.area.value.split(LINE);
    const start = lines.slice(0, error.line - 1).join(LINE).length
      + (error.line > 1 ? 1 : 0) + error.column - 1;
    this.area.focus();
    this.area.setSelectionRange(start, start + error.token.length);
  }

  // ----- what is drawn

  draw() {
    const { host } = this;
    host.part("text", ["text"], () => this.drawText());
    host.part("errors", ["errors"], () => this.drawErrors());
    host.part("hint", ["hint"], () => write(this.hint, host.get("hint")));
  }

  drawText() {
    const text = this.host.get("text");
    // What comes back of what was typed here is older than what is typed now.
    const echo = this.sent.indexOf(text);
    this.sent.splice(0, echo < 0 ? Infinity : echo + 1);
    if (echo < 0 && text !== this.area.value) {
      this.typing = false;
      this.area.value = text;
    }
    this.drawGutter();
  }

  drawErrors() {
    const errors = this.host.get("errors");
    this.area.setAttribute("aria-invalid", String(errors.length > 0));
    this.errors.hidden = !errors.length;
    this.errors.replaceChildren(...errors.map((error) => make("li", {},
      this.host.button(`Line ${error.line}, column ${error.column}:`,
        () => this.onError(error), { class: "ksm-link" }),
      ` ${error.why}`)));
    this.drawGutter();
  }

  drawGutter() {
    const bad = new Set(this.host.get("errors").map((error) => error.line));
    const lines = this.area.value.split(LINE, MOST_LINES + 1).length;
    this.gutter.hidden = lines > MOST_LINES;
    this.gutter.replaceChildren();
    if (this.gutter.hidden) return;
    for (let line = 1; line <= lines; line += 1) {
      const number = bad.has(line) ? make("strong", {}, `! ${line}`) : `${line}`;
      this.gutter.append(number, LINE);
    }
    this.gutter.scrollTop = this.area.scrollTop;
  }
}
