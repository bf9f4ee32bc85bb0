/** The tooltip beside the cursor: a heading and rows of swatch, name, value. */
import { createElement } from "./dom.js";
import { formatColor } from "./theme.js";

/** @typedef {{name: string, value: string, color?: import("./theme.js").Rgb, mark?: "solid" | "dashed" | "dot" | "ring"}} Row */

const MOST_ROWS = 14;

export class Tooltip {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.node = createElement("div", { class: "tp-tooltip", "aria-hidden": "true", hidden: true });
    root.append(this.node);
  }

  /** Shows rows beside a point of a canvas. @param {HTMLElement} canvas @param {number} x @param {number} y CSS pixels on the canvas @param {string} heading @param {Row[]} rows */
  show(canvas, x, y, heading, rows) {
    this.owner = canvas;
    const list = rows.slice(0, MOST_ROWS).flatMap((row) => [
      createElement("i", {
        class: `tp-swatch tp-swatch-${row.mark ?? "solid"}`,
        style: row.color ? `color:${formatColor(row.color)}` : "visibility:hidden",
      }),
      createElement("span", { text: row.name }),
      createElement("b", { text: row.value }),
    ]);
    if (rows.length > MOST_ROWS)
      list.push(createElement("i"), createElement("span", { text: `+${rows.length - MOST_ROWS}` }), createElement("b"));
    this.node.replaceChildren(
      createElement("strong", { text: heading }),
      createElement("div", { class: "tp-tooltip-rows" }, list),
    );
    this.node.hidden = false;
    this.#moveBeside(canvas, x, y);
  }

  /** Hides the tooltip. @param {HTMLElement} [canvas] only when this canvas showed it: another one may have shown its own since */
  hide(canvas) {
    if (canvas && canvas !== this.owner) return;
    this.node.hidden = true;
    this.owner = null;
  }

  /** Beside the cursor, within the component. @param {HTMLElement} canvas @param {number} x @param {number} y */
  #moveBeside(canvas, x, y) {
    const frame = this.root.getBoundingClientRect();
    const box = canvas.getBoundingClientRect();
    // Measured after the rows are in it: the size decides on which side of the cursor there is room.
    const { offsetWidth: width, offsetHeight: height } = this.node;
    const [px, py] = [box.left - frame.left + x, box.top - frame.top + y];
    const left = px + 14 + width > frame.width ? px - 14 - width : px + 14;
    const top = Math.min(py + 14, frame.height - height - 4);
    // A transform moves it without another layout of the page.
    this.node.style.transform = `translate(${Math.round(Math.max(0, left))}px, ${Math.round(Math.max(0, top))}px)`;
  }
}
