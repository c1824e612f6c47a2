// Designs beside each other, aligned by step.

class Compare {
  constructor(host) {
    this.host = host;
    this.panel = new Panel(host, "Compare designs, step by step",
      () => this.panel.open(!this.panel.isOpen));
    this.element = this.panel.element;
    this.legend = make("legend");
    this.choices = make("div.ksm-choices");
    this.firsts = make("ul.ksm-firsts");
    this.note = make("p.ksm-note");
    this.table = make("div.ksm-wide", { tabindex: 0, role: "region", "aria-label": "Verdicts by step" });
    this.panel.inside.append(
      make("fieldset.ksm-designs", {}, this.legend, this.choices),
      this.firsts, this.table, this.note);
  }

  get checked() {
    return [...this.choices.querySelectorAll("input:checked")].map((box) => box.value);
  }

  onCheck(box) {
    if (this.checked.length > this.host.get("most_beside")) {
      box.checked = false;
      this.host.tell(`At most ${this.host.get("most_beside")} beside it.`, this.legend);
      return;
    }
    this.host.send({ op: "beside", designs: this.checked });
  }

  draw() {
    const { host } = this;
    host.part("beside", ["designs", "design"], () => this.drawChoices());
    host.part("comparison", ["comparison", "step"], (first) => {
      if (first) this.panel.open(host.get("beside").length > 0);
      this.drawTable();
    });
    if (!host.settled()) return;
    const beside = host.get("beside");
    for (const box of this.choices.querySelectorAll("input")) {
      box.checked = beside.includes(box.value);
    }
  }

  drawChoices() {
    const design = this.host.get("design");
    const focused = this.host.focused()?.value;
    this.legend.textContent = `Beside ${design}, up to ${this.host.get("most_beside")}`;
    this.choices.replaceChildren(...this.host.get("designs")
      .filter(({ id }) => id !== design)
      .map(({ id }) => {
        const box = make("input", {
          type: "checkbox", value: id, change: () => this.onCheck(box),
        });
        const [label] = this.host.labelled(id, box);
        if (id === focused) queueMicrotask(() => box.focus());
        return make("div.ksm-field", {}, box, label);
      }));
  }

  drawTable() {
    const { designs, rows, firsts, note } = this.host.get("comparison");
    this.firsts.replaceChildren(...firsts.map((first) => make("li", {}, first)));
    this.table.hidden = !rows.length;
    write(this.note, note);
    if (!rows.length) {
      this.table.replaceChildren();
      return;
    }
    const step = this.host.focused()?.closest?.(".ksm-goto")?.value;
    this.table.replaceChildren(make("table.ksm-table.ksm-by-step", {},
      make("caption.ksm-aside", {}, "Verdicts of each design after each step"),
      make("thead", {}, make("tr", {},
        make("th", { scope: "col" }, "After step"),
        ...designs.map((design, n) => make("th", { scope: "col" }, `${n + 1}: ${design}`)))),
      make("tbody", {}, ...rows.map((row) => this.row(row)))));
    if (step) this.table.querySelector(`.ksm-goto[value="${step}"]`)?.focus();
    reveal(this.table, this.table.querySelector("[aria-current]"));
  }

  row({ step, text, cells }) {
    const here = step === this.host.get("step");
    const goto = this.host.button(`${step} `, () => this.host.send({ op: "seek", step }),
      { class: "ksm-goto", value: step });
    goto.append(make(step ? "code" : "span", {}, text));
    return make("tr", { "aria-current": here ? "step" : null },
      make("th", { scope: "row" }, goto), ...cells.map((cell) => this.cell(cell)));
  }

  cell({ verdict, text, first }) {
    if (!verdict) {
      return make("td.ksm-none", {}, make("span", { "aria-hidden": "true" }, "\u2013"),
        make("span.ksm-aside", {}, text));
    }
    const td = make(`td.ksm-${verdict}`, {}, text);
    if (first) {
      td.classList.add("ksm-first");
      td.append(" ", make("strong", {}, "first miss"));
    }
    return td;
  }
}
