// Moving a VMA: drag it, or pick it up and use the arrow keys. A move is an
// mremap to another place of the same process; the kernel model says whether
// it does that.

// A pointer that has moved less has not dragged, in pixels.
const STILL = 5;
// While a VMA is held at the edge of the picture it goes on by a page each
// time, in milliseconds; the edge is so wide, in units of the picture.
const NUDGE = 350;
const EDGE = 8;
// So much of a held VMA is always seen, in units of the picture.
const GHOST = 74;

class Mover {
  constructor(host, picture) {
    this.host = host;
    this.picture = picture;
    this.vmas = [];
    this.handles = make("div.ksm-handles", {
      role: "group",
      "aria-label": "VMAs: the arrow keys choose one, Enter picks it up",
      keydown: (event) => this.onKey(event),
    });
    const board = make("div.ksm-board", {
      pointerdown: (event) => this.onDown(event),
      pointermove: (event) => this.onMove(event),
      pointerup: (event) => this.onUp(event),
      pointercancel: () => this.leave(),
    }, picture, this.handles);
    this.hint = make("p.ksm-note.ksm-hint");
    this.element = make("div.ksm-mover", {}, board, this.buildForm(), this.hint);
  }

  buildForm() {
    this.to = make("input", {
      type: "number", min: 0, step: 1, input: () => this.aim(Number(this.to.value)),
    });
    const [label, to] = this.host.labelled("Move to page", this.to);
    this.label = label;
    this.form = make("form.ksm-move", {
      hidden: "", novalidate: "", "aria-label": "Move a VMA",
      submit: (event) => { event.preventDefault(); this.drop(); },
      keydown: (event) => { if (event.key === "Escape") this.leave(true); },
    },
    make("div.ksm-field", {}, label, to),
    make("div.ksm-buttons", {},
      make("button", { type: "submit" }, "Move"),
      this.host.button("Leave it", () => this.leave(true))));
    return this.form;
  }

  // ----- what there is

  // After another picture was drawn.
  drawHandles() {
    const { host } = this;
    const focused = [...this.handles.children].indexOf(host.focused());
    const was = this.vmas[focused];
    this.leave();
    this.svg = this.picture.querySelector("svg");
    this.scale = new Scale(this.svg);
    this.size = this.svg.viewBox.baseVal;
    this.vmas = [...this.svg.querySelectorAll("rect[data-start]")].map((rect) => ({
      process: rect.dataset.process,
      start: Number(rect.dataset.start),
      pages: Number(rect.dataset.pages),
      x: rect.x.baseVal.value,
      y: rect.y.baseVal.value,
      width: rect.width.baseVal.value,
      height: rect.height.baseVal.value,
    }));
    this.handles.replaceChildren(...this.vmas.map((vma) => this.handle(vma)));
    this.handles.hidden = !this.vmas.length;
    write(this.hint, this.vmas.length
      ? "To move a VMA, drag it, or choose it and use the arrow keys." : "");
    const next = this.dropped ?? was;
    this.choose(Math.max(0, this.placed(next, was)), focused >= 0);
  }

  // Where in this picture a VMA is that was moved, or was not.
  placed(...wanted) {
    const found = wanted.filter(Boolean).map(({ process, start }) => this.vmas
      .findIndex((vma) => vma.process === process && vma.start === start));
    return found.find((place) => place >= 0) ?? -1;
  }

  handle(vma) {
    const button = make("button.ksm-handle", {
      type: "button", tabindex: -1, click: () => this.onPress(vma),
      "aria-label": `VMA ${this.name(vma)}`, "aria-pressed": "false",
    });
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    button.style.left = percent(vma.x, this.size.width);
    button.style.top = percent(vma.y, this.size.height);
    button.style.width = percent(vma.width, this.size.width);
    button.style.height = percent(vma.height, this.size.height);
    return button;
  }

  name({ process, start, pages }) {
    return `${process} ${start}+${pages}`;
  }

  // Say of a handle whether its VMA is held.
  press(vma, yes) {
    this.handles.children[this.vmas.indexOf(vma)].setAttribute("aria-pressed", String(yes));
  }

  // One of the VMAs is the one that the Tab key comes to.
  choose(place, focus = false) {
    [...this.handles.children].forEach((handle, n) => {
      handle.tabIndex = n === place ? 0 : -1;
      if (n === place && focus) handle.focus({ preventScroll: true });
    });
  }

  // What became of the last move, if it could not even be tried.
  draw() {
    if (!this.dropped || !this.host.settled()) return;
    const error = this.host.get("form_error");
    if (error) write(this.hint, error);
    this.dropped = null;
  }

  // ----- picking up and dropping

  pick(vma) {
    this.held = { vma, to: vma.start };
    this.ghost = makeSvg(this.svg, "g", { class: "ksm-ghost" },
      makeSvg(this.svg, "rect", { rx: 2, y: vma.y - 3, height: vma.height + 6 }),
      makeSvg(this.svg, "text", {
        y: vma.y + vma.height / 2, "text-anchor": "middle", "font-size": 15,
      }));
    this.svg.append(this.ghost);
    this.label.textContent = `Move ${this.name(vma)} to page`;
    this.form.hidden = false;
    this.press(vma, true);
    this.choose(this.vmas.indexOf(vma));
    this.aim(vma.start);
    this.host.tell(`Holding ${this.name(vma)}. The arrow keys move it,`
      + " Enter drops it, Escape leaves it where it is.");
  }

  // The held VMA would go to this page.
  aim(page) {
    const { vma } = this.held;
    const last = this.host.get("most_pages") - vma.pages;
    this.held.to = Math.min(Math.max(0, Math.round(page) || 0), last);
    const { to } = this.held;
    if (this.to.value !== String(to)) this.to.value = to;
    this.to.max = last;
    const left = this.scale.left(to) + 1.5;
    const right = this.scale.left(to + vma.pages - 1) + this.scale.column - 1.5;
    this.drawGhost(left, right, `${to}+${vma.pages}`);
  }

  // Where the held VMA would lie; what is beyond the picture is cut off.
  drawGhost(left, right, place) {
    const { width } = this.size;
    const x = Math.min(Math.max(left, 2), width - GHOST - 2);
    const end = Math.max(Math.min(right, width - 2), x + GHOST);
    const [rect, text] = this.ghost.children;
    rect.setAttribute("x", x);
    rect.setAttribute("width", end - x);
    text.setAttribute("x", (x + end) / 2);
    text.textContent = left < 0 ? `\u2190 ${place}` : right > width ? `${place} \u2192` : place;
  }

  drop() {
    const { vma: { process, start, pages }, to } = this.held;
    this.leave(true);
    if (to === start) return;
    this.dropped = { process, start: to };
    this.host.send({ op: "add", form: "mremap", fields: { process, start, pages, to } });
  }

  leave(focus = false) {
    this.settle();
    if (!this.held) return;
    const { vma } = this.held;
    this.held = null;
    this.press(vma, false);
    this.ghost.remove();
    this.form.hidden = true;
    this.choose(this.vmas.indexOf(vma), focus);
  }

  // ----- the keyboard

  onPress(vma) {
    if (this.held?.vma === vma) this.drop();
    else {
      this.leave();
      this.pick(vma);
    }
  }

  onKey(event) {
    if (withModifier(event)) return;
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (this.held && event.key === "Escape") this.leave(true);
    else if (this.held && by) {
      this.aim(this.held.to + by);
      this.host.tell(`Page ${this.held.to}.`);
    } else if (by) {
      const place = [...this.handles.children].indexOf(event.target) + by;
      this.choose(Math.min(Math.max(0, place), this.vmas.length - 1), true);
    } else return;
    event.preventDefault();
  }

  // ----- pointer and touch

  point(event) {
    const matrix = this.svg.getScreenCTM().inverse();
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
  }

  under({ x, y }) {
    return this.vmas.findLast((vma) => x >= vma.x && x <= vma.x + vma.width
      && y >= vma.y && y <= vma.y + vma.height);
  }

  onDown(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    const point = this.point(event);
    const vma = this.under(point);
    if (!vma) return;
    this.drag = { vma, from: event.clientX, into: this.scale.page(point.x) - vma.start };
    event.currentTarget.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    const point = this.point(event);
    if (!this.drag) {
      this.picture.classList.toggle("ksm-grab", Boolean(this.under(point)));
      return;
    }
    const { vma, from } = this.drag;
    if (!this.drag.moving && Math.abs(event.clientX - from) < STILL) return;
    if (!this.drag.moving) this.takeUp(vma);
    this.drag.x = point.x;
    this.follow();
    this.nudge();
  }

  // The page under the pointer, and as many more as it was nudged by.
  follow() {
    const { x, into, nudged } = this.drag;
    this.aim(this.scale.page(x) - into + nudged);
  }

  takeUp(vma) {
    const { drag } = this;
    this.leave();
    this.pick(vma);
    this.drag = { ...drag, moving: true, nudged: 0 };
  }

  // At the edge there is no further to drag, but there are more pages.
  nudge() {
    const by = Number(this.drag.x > this.size.width - EDGE) - Number(this.drag.x < EDGE);
    if (by && this.nudging) return;
    clearInterval(this.nudging);
    this.nudging = by && setInterval(() => {
      this.drag.nudged += by;
      this.follow();
    }, NUDGE);
  }

  settle() {
    clearInterval(this.nudging);
    this.nudging = 0;
    this.drag = null;
  }

  onUp() {
    if (!this.drag) return;
    const { vma, moving } = this.drag;
    this.settle();
    if (moving) this.drop();
    else {
      this.onPress(vma);
      this.choose(this.vmas.indexOf(vma), true);
    }
  }
}
