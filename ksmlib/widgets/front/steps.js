// The operations, and going from one to the next; what the last one changed.

class Steps {
  constructor(host) {
    this.host = host;
    this.first = host.button("First", () => this.seek(0));
    this.back = host.button("Back", () => host.send({ op: "seek", by: -1 }));
    this.forward = host.button("Forward", () => host.send({ op: "seek", by: 1 }));
    this.last = host.button("Last", () => this.seek(host.get("operations").length));
    this.slider = make("input", {
      type: "range", min: 0, step: 1,
      input: () => this.seek(Number(this.slider.value)),
    });
    this.list = make("ol.ksm-operations", { "aria-label": "Operations" });
    this.remove = host.button("Remove this step", () => this.onRemove());
    this.changes = make("ul.ksm-changes");
    this.changesHead = make("p.ksm-heading");
    this.counts = make("p.ksm-counts");
    this.branches = make("div.ksm-branches", { role: "group", "aria-label": "Branches" });
    const steps = make("div.ksm-steps", {
      role: "group", "aria-label": "Steps",
      keydown: (event) => this.onKey(event),
    },
    make("div.ksm-buttons", {}, this.first, this.back, this.forward, this.last),
    make("div.ksm-slider", {}, ...host.labelled("Step", this.slider),
      this.count = make("span.ksm-count", { "aria-hidden": "true" })),
    this.list,
    make("div.ksm-buttons", {}, this.remove));
    this.element = make("div.ksm-history", {},
      this.branches, steps, this.changesHead, this.counts, this.changes);
  }

  seek(step) {
    this.host.send({ op: "seek", step });
  }

  onRemove() {
    if (this.host.get("step")) this.host.send({ op: "delete" });
  }

  onKey(event) {
    if (withModifier(event)) return;
    const inList = this.list.contains(event.target);
    if (event.target === this.slider) return; // the browser's own keys are the same
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      ?? (inList ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined);
    if (by) this.host.send({ op: "seek", by });
    else if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(this.host.get("operations").length);
    else if (event.key === "Delete" && inList) this.onRemove();
    else return;
    event.preventDefault();
  }

  // Where the keyboard goes on when what had the focus is gone.
  focus() {
    this.list.querySelector("[aria-current]").focus({ preventScroll: true });
  }

  draw() {
    const { host } = this;
    host.part("branches", ["branches", "branch"], () => this.drawBranches());
    host.part("operations", ["operations"], () => this.drawOperations());
    host.part("step", ["operations", "step"], () => this.drawStep());
    host.part("changes", ["changes", "counts", "step", "operations"],
      () => this.drawChanges());
    if (host.settled()) this.slider.value = host.get("step");
  }

  drawBranches() {
    const branches = this.host.get("branches");
    const at = this.host.get("branch");
    const focused = [...this.branches.querySelectorAll("button")]
      .indexOf(this.host.focused());
    this.branches.hidden = branches.length < 2;
    const buttons = branches.map(({ label, differs }, branch) => {
      const button = this.host.button("", () => this.host.send({ op: "branch", branch }),
        { class: "ksm-branch" });
      button.append(make("span", {}, `${branch + 1}: ${label}`));
      if (differs) button.append(" ", make("span.ksm-note", {}, differs));
      current(button, branch === at && "true");
      return button;
    });
    this.branches.replaceChildren(make("span.ksm-note", {}, "Branches"), ...buttons);
    buttons[Math.min(focused, buttons.length - 1)]?.focus({ preventScroll: true });
  }

  drawOperations() {
    const items = [["Start"], ...this.host.get("operations").map((o) => [o.text, o])];
    this.list.replaceChildren(...items.map(([text, operation], step) => {
      const button = this.host.button("", () => this.seek(step),
        { class: "ksm-operation", tabindex: -1 });
      const li = make("li", { value: step }, button);
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
    const operations = this.host.get("operations");
    const step = this.host.get("step");
    const inList = this.list.contains(this.host.focused());
    [...this.list.children].forEach((li, number) => {
      const button = li.firstChild;
      const here = number === step;
      button.tabIndex = here ? 0 : -1;
      current(button, here && "step");
      if (here && inList) button.focus({ preventScroll: true });
    });
    reveal(this.list, this.list.children[step]);
    requestAnimationFrame(() => reveal(this.list, this.list.children[step]));
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
  }

  drawChanges() {
    const step = this.host.get("step");
    const refused = step > 0 && this.host.get("operations")[step - 1].errno;
    write(this.changesHead, step ? "What this step changed" : "");
    // The signs and the colour are those of the picture.
    this.counts.replaceChildren(...this.host.get("counts")
      .map((count) => make("span", {}, count)));
    this.counts.hidden = !this.counts.childNodes.length;
    this.changes.replaceChildren(...(refused
      ? [make("li", {}, "Nothing: it was refused.")]
      : this.host.get("changes").map((change) => make("li", {}, change))));
  }
}
