// A walk through the trees, node by node. Python has drawn the trees and says
// what becomes of which node when; here it is played.

// From one look to the next, in milliseconds.
const PACE = 1800;

class Watch {
  constructor(host) {
    this.host = host;
    this.at = 0;
    this.panel = new Panel(host, "Watch the walk, node by node", () => this.onToggle());
    this.element = this.panel.element;
    this.caption = make("p.ksm-heading");
    this.first = host.button("To the start", () => this.go(0));
    this.back = host.button("Back", () => this.go(this.at - 1));
    this.play = host.button("Play", () => this.onPlay());
    this.forward = host.button("Forward", () => this.go(this.at + 1));
    this.last = host.button("To the end", () => this.go(Infinity));
    // Whoever asks for less motion goes from look to look by hand.
    this.play.hidden = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.count = make("span.ksm-count");
    this.question = make("p.ksm-question");
    this.now = make("p.ksm-now");
    this.ptes = make("ul.ksm-ptes", { "aria-label": "PTEs of the folio" });
    this.tree = make("div.ksm-tree");
    this.note = make("p.ksm-note");
    this.stage = make("div.ksm-stage", {
      role: "group", "aria-label": "Looks", keydown: (event) => this.onKey(event),
    },
    make("div.ksm-told", {},
      make("div.ksm-buttons", {},
        this.first, this.back, this.play, this.forward, this.last, this.count),
      this.question, this.now, this.ptes),
    this.tree);
    this.panel.inside.append(this.caption, this.note, this.stage);
  }

  close() {
    this.stop();
  }

  get frames() {
    return this.host.get("watch").frames ?? [];
  }

  // The frame that asks the question at hand.
  get asked() {
    return this.frames.slice(0, this.at + 1).findLastIndex((frame) => frame.asks);
  }

  // ----- what is done

  onToggle() {
    this.host.send({ op: "watch", on: !this.host.get("watching") });
  }

  onKey(event) {
    if (withModifier(event)) return;
    const to = {
      ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: Infinity,
    }[event.key];
    if (to === undefined) return;
    this.go(to);
    event.preventDefault();
  }

  onPlay() {
    if (this.timer) {
      this.stop();
      return;
    }
    if (this.at === this.frames.length - 1) this.show(0);
    this.timer = setInterval(() => this.step(), PACE);
    this.play.textContent = "Pause";
  }

  step() {
    this.show(this.at + 1);
    if (this.at === this.frames.length - 1) this.stop();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.play.textContent = "Play";
  }

  go(at) {
    this.stop();
    this.show(at);
  }

  show(at) {
    this.at = Math.min(Math.max(0, at), this.frames.length - 1);
    this.drawFrame();
    this.host.tell(this.frames[this.at].text);
  }

  // ----- what is drawn

  draw() {
    this.host.part("watch", ["watching", "watch", "walks_note"], () => {
      this.stop();
      this.at = 0;
      this.panel.open(this.host.get("watching"));
      const { caption = "" } = this.host.get("watch");
      write(this.caption, caption);
      write(this.note, caption ? "" : this.host.get("walks_note"));
      this.stage.hidden = !caption;
      this.shown = undefined;
      if (caption) this.drawFrame();
    });
  }

  drawFrame() {
    const last = this.frames.length - 1;
    const frame = this.frames[this.at];
    write(this.count, `${this.at + 1} of ${last + 1}`);
    const asked = this.frames[this.asked]?.text ?? "";
    write(this.question, asked);
    write(this.now, frame.text === asked ? "" : frame.text);
    able(this.first, this.at > 0);
    able(this.back, this.at > 0);
    able(this.forward, this.at < last);
    able(this.last, this.at < last);
    this.drawTree(frame.tree);
    this.drawMarks(frame.node);
    this.drawPtes();
  }

  drawTree(tree) {
    if (this.shown === tree) return;
    this.shown = tree;
    drawSvg(this.tree, tree === null ? "" : this.host.get("watch").trees[tree]);
    const by = (name) => new Map([...this.tree.querySelectorAll(`[data-${name}]`)]
      .map((element) => [Number(element.dataset[name]), element]));
    this.nodes = by("node");
    this.words = by("word");
  }

  // What the nodes have become since the question was asked.
  drawMarks(here) {
    const { marks } = this.host.get("watch");
    const now = new Map();
    for (const frame of this.frames.slice(Math.max(0, this.asked), this.at + 1)) {
      for (const [node, mark] of frame.marks) {
        // To be seen again on the way back up takes nothing away.
        if (mark !== "seen" || !now.has(node)) now.set(node, mark);
      }
    }
    for (const [node, rect] of this.nodes) {
      const { word, style } = marks[now.get(node)] ?? { word: "", style: "node" };
      rect.setAttribute("class", `b-${style}${node === here ? " ksm-at" : ""}`);
      this.words.get(node).textContent = word;
    }
  }

  // What was found until now; at the end, what was missed.
  drawPtes() {
    const { ptes, more, cut } = this.host.get("watch");
    const found = new Set(this.frames.slice(0, this.at + 1).map((frame) => frame.found));
    const over = !cut && this.at === this.frames.length - 1;
    const item = (pte) => {
      if (found.has(pte)) return make("li.ksm-found", {}, `${pte} found`);
      return over ? make("li.ksm-missed", {}, `${pte} missed`)
        : make("li.ksm-waiting", {}, `${pte} not yet`);
    };
    this.ptes.replaceChildren(...ptes.map(item), ...(more ? [make("li", {}, more)] : []));
  }
}
