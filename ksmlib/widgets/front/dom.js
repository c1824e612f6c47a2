// Elements and small helpers.

// What stays free below a part that is scrolled to, in pixels.
const MARGIN = 6;

// An element: tag.class, attributes (functions listen), children.
function make(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// An element for an SVG.
function makeSvg(svg, tag, attributes, ...children) {
  const element = document.createElementNS(svg.namespaceURI, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// A picture made by ksmlib.draw.svg, which escapes all that anybody typed.
function drawSvg(element, svg) {
  element.innerHTML = svg;
  return element.querySelector("svg");
}

// aria-disabled, as a disabled button would lose the focus.
function able(button, yes) {
  button.setAttribute("aria-disabled", yes ? "false" : "true");
}

function isAble(button) {
  return button.getAttribute("aria-disabled") !== "true";
}

// aria-current, as whatever value it has, or none.
function current(element, value) {
  if (value) element.setAttribute("aria-current", value);
  else element.removeAttribute("aria-current");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

// Scroll a box until a part of it is seen; the page stays where it is.
function reveal(box, part) {
  if (!part) return;
  const top = part.offsetTop;
  const low = top + part.offsetHeight - box.clientHeight + MARGIN;
  if (box.scrollTop > top) box.scrollTop = top;
  else if (box.scrollTop < low) box.scrollTop = low;
}

function option(value, label = value) {
  return make("option", { value }, label);
}

// Is typing there undone by the browser itself?
function takesText(target) {
  return target.matches("textarea, input:not([type=range]):not([type=checkbox])");
}

function withModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
}
