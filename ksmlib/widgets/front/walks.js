// The verdicts of a step: a table for each folio.

class Walks {
  constructor(host) {
    this.host = host;
    this.element = make("div.ksm-walks");
  }

  draw() {
    this.host.part("walks", ["walks", "design", "walks_note"], () => {
      const note = this.host.get("walks_note");
      this.element.replaceChildren(
        ...this.host.get("walks").map((walk) => this.table(walk)));
      if (note) this.element.append(make("p.ksm-note", {}, note));
    });
  }

  table(walk) {
    const head = (text) => make("th", { scope: "col" }, text);
    const number = (text) => make("td", {}, String(text));
    const rows = walk.rows.map((row) => make("tr", {
      "aria-current": row.design === this.host.get("design") ? "true" : null,
    },
    make("th", { scope: "row" }, row.design),
    make(row.missed ? "td.ksm-missed" : "td.ksm-found", {}, row.outcome),
    number(`${row.found}/${walk.of}`), number(row.vmas), number(row.nodes)));
    return make("table.ksm-table.ksm-verdicts", {},
      make("caption", {}, walk.caption),
      make("thead", {}, make("tr", {},
        ...["Design", "Verdict", "Found", "VMAs", "Nodes"].map(head))),
      make("tbody", {}, ...rows));
  }
}
