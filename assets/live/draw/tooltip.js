/** The little table beside the cursor: a heading and rows of swatch, name, value. */
import { element } from "./dom.js";
import { css } from "./theme.js";

/** @typedef {{name: string, value: string, color?: import("./theme.js").Rgb, mark?: "solid" | "dashed" | "dot" | "ring"}} Row */

const MOST_ROWS = 14;

export class Tooltip {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.node = element("div", { class: "tp-tooltip", "aria-hidden": "true", hidden: true });
    root.append(this.node);
  }

  /** @param {HTMLElement} canvas @param {number} x @param {number} y place on the canvas @param {string} heading @param {Row[]} rows */
  show(canvas, x, y, heading, rows) {
    this.owner = canvas;
    const list = rows.slice(0, MOST_ROWS).flatMap((row) => [
      element("i", {
        class: `tp-swatch tp-swatch-${row.mark ?? "solid"}`,
        style: row.color ? `color:${css(row.color)}` : "visibility:hidden",
      }),
      element("span", { text: row.name }),
      element("b", { text: row.value }),
    ]);
    if (rows.length > MOST_ROWS)
      list.push(element("i"), element("span", { text: `+${rows.length - MOST_ROWS}` }), element("b"));
    this.node.replaceChildren(element("strong", { text: heading }), element("div", { class: "tp-tooltip-rows" }, list));
    this.node.hidden = false;
    this.#position(canvas, x, y);
  }

  /** @param {HTMLElement} [canvas] only when this canvas showed it */
  hide(canvas) {
    if (canvas && canvas !== this.owner) return;
    this.node.hidden = true;
    this.owner = null;
  }

  /** Beside the cursor, within the component. @param {HTMLElement} canvas @param {number} x @param {number} y */
  #position(canvas, x, y) {
    const frame = this.root.getBoundingClientRect();
    const box = canvas.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const [px, py] = [box.left - frame.left + x, box.top - frame.top + y];
    const left = px + 14 + width > frame.width ? px - 14 - width : px + 14;
    const top = Math.min(py + 14, frame.height - height - 4);
    this.node.style.transform = `translate(${Math.round(Math.max(0, left))}px, ${Math.round(Math.max(0, top))}px)`;
  }
}
