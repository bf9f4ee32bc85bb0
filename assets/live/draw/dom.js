/** Elements and canvas contexts. Nothing is parsed as HTML: names come from files and experiments of strangers. */

/**
 * An element with attributes, listeners and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [properties] "class", "text", "on…" and attributes
 * @param {(Node | null | undefined)[]} [children]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function createElement(tag, properties = {}, children = []) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** The 2d context of a canvas. It throws where the canvas has a context of another kind. @param {HTMLCanvasElement} canvas */
export function getContext2d(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no 2d context: the canvas has one of another kind");
  return context;
}

/** Sets a node's text where it differs. @param {Node} node @param {string} text */
export function setText(node, text) {
  // Even an equal text replaces the text node: a selection is lost, and live regions are read out again.
  if (node.textContent !== text) node.textContent = text;
}

/** @type {Record<string, string>} 20 × 20 outlines; "~" marks what is stroked instead of filled. */
const ICONS = {
  play: "M6 3.5v13l11-6.5z",
  pause: "M5 3.5h3.5v13H5zM11.5 3.5H15v13h-3.5z",
  step: "M5 4v12l9-6zM15 4h2v12h-2z",
  epoch: "M2 4v12l7-6zM9 4v12l7-6zM16.5 4h2v12h-2z",
  reset: "~M4.5 10a5.8 5.8 0 1 0 1.8-4.2M6.6 2.6v3.5h3.5",
  seed: "~M4 6a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM7.4 7.4h.02M12.6 12.6h.02M10 10h.02M12.6 7.4h.02M7.4 12.6h.02",
  enlarge: "~M11.5 4H16v4.5M16 4l-5 5M8.5 16H4v-4.5M4 16l5-5",
};

/** An icon of 20 × 20 units, hidden from screen readers: its button has the label. @param {keyof typeof ICONS} name */
export function createIcon(name) {
  const space = "http://www.w3.org/2000/svg";
  // An svg of `createElement` would be an unknown HTML element, which draws nothing.
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  const stroked = ICONS[name].startsWith("~");
  path.setAttribute("d", ICONS[name].replace("~", ""));
  path.setAttribute("class", stroked ? "tp-stroked" : "tp-filled");
  svg.append(path);
  return svg;
}
