// The picture of a step, and which walk it shows.

class Picture {
  constructor(host) {
    this.host = host;
    this.caption = make("figcaption.ksm-caption");
    this.refusal = make("p.ksm-refusal");
    this.stale = make("p.ksm-stale");
    this.design = make("select", {
      change: () => host.send({ op: "design", design: this.design.value }),
    });
    this.folio = make("select", {
      change: () => host.send({ op: "folio", folio: this.folio.value }),
    });
    this.folioField = make("div.ksm-field", {}, ...host.labelled("of", this.folio));
    this.picture = make("div.ksm-picture");
    this.mover = new Mover(host, this.picture);
    this.element = make("figure.ksm-figure", {},
      this.caption, this.refusal, this.stale,
      make("div.ksm-fields", {},
        make("div.ksm-field", {}, ...host.labelled("Walk by", this.design)),
        this.folioField),
      this.mover.element);
  }

  draw() {
    const { host } = this;
    host.part("caption", ["caption"], () => write(this.caption, host.get("caption")));
    host.part("refusal", ["operations", "step"], () => this.drawRefusal());
    host.part("stale", ["stale", "errors"], () => this.drawStale());
    host.part("designs", ["designs"], () => {
      const label = (d) => option(d.id, `${d.id}: ${d.title}`);
      this.design.replaceChildren(...host.get("designs").map(label));
    });
    host.part("folios", ["walks"], () => this.drawFolios());
    host.part("svg", ["svg"], () => {
      drawSvg(this.picture, host.get("svg"));
      this.mover.drawHandles();
    });
    this.mover.draw();
    if (!host.settled()) return;
    this.design.value = host.get("design");
    this.folio.value = host.get("folio");
  }

  drawRefusal() {
    const step = this.host.get("step");
    const operation = step ? this.host.get("operations")[step - 1] : {};
    write(this.refusal, operation.errno
      ? `Refused, ${operation.errno}: ${operation.why}. Nothing changed.` : "");
  }

  drawStale() {
    const error = this.host.get("errors")[0];
    const stale = this.host.get("stale");
    write(this.stale, stale
      ? `The last good history is on show: line ${error.line} of the text has an error.`
      : "");
  }

  drawFolios() {
    const folios = this.host.get("walks").map((walk) => walk.folio);
    this.folioField.hidden = folios.length < 2;
    if (folios.join() !== [...this.folio.options].map((o) => o.value).join()) {
      this.folio.replaceChildren(...folios.map((folio) => option(folio)));
    }
  }
}
