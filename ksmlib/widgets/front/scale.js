// Which page lies where across a picture of ksmlib.draw.scene.

class Scale {
  constructor(svg) {
    this.column = Number(svg.dataset.column);
    this.places = svg.dataset.columns.split(" ").filter(Boolean)
      .map((place) => place.split(":").map(Number));
  }

  // The left edge of a page. Pages that are not shown lie between those that
  // are, or go on beyond the last.
  left(page) {
    const after = this.places.findIndex(([shown]) => shown >= page);
    if (after < 0) return this.beyond(this.places.at(-1), page);
    const [shown, x] = this.places[after];
    if (shown === page) return x;
    if (after === 0) return this.beyond(this.places[0], page);
    const [before, left] = this.places[after - 1];
    const gap = x - left - this.column;
    return left + this.column + (gap * (page - before - 1)) / (shown - before - 1);
  }

  beyond([shown, x], page) {
    return x + (page - shown) * this.column;
  }

  // The page at a place across.
  page(x) {
    const after = this.places.findIndex(([, left]) => left > x);
    if (after === 0) return this.places[0][0] + Math.floor((x - this.places[0][1]) / this.column);
    const [page, left] = this.places.at(after < 0 ? -1 : after - 1);
    const columns = (x - left) / this.column;
    if (after < 0) return page + Math.floor(columns);
    if (columns < 1) return page;
    const [next, right] = this.places[after];
    const gap = right - left - this.column;
    const into = (x - left - this.column) / gap;
    return Math.min(next - 1, page + 1 + Math.floor(into * (next - page - 1)));
  }
}
