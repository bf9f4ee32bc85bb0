/** A panel of its own for one channel, whose newest reading it draws. */
import { helpOf, measureOf, titleOf } from "./about.js";
import { element } from "../draw/dom.js";
import { legendRamp } from "../draw/legend.js";
import { css } from "../draw/theme.js";
import { Panel } from "./panel.js";

/** @typedef {import("../ui.js").Ui} Ui */
/** @typedef {import("../stream/protocol.js").Reading} Reading */

export class MarkView {
  /** @param {Ui} ui @param {string} key of the channel @param {boolean} [enlarges] whether the page has a large form of it */
  constructor(ui, key, enlarges = true) {
    this.ui = ui;
    this.key = key;
    this.channels = [key];
    const about = { key, title: titleOf(ui, key), help: helpOf(ui, key) };
    this.panel = new Panel(ui, enlarges ? { ...about, enlarge: key } : about);
    this.node = this.panel.node;
  }

  get there() {
    return this.ui.run.channels.has(this.key);
  }

  /** @returns {import("../stream/protocol.js").Channel | undefined} */
  get channel() {
    return this.ui.run.channels.get(this.key);
  }

  /** @returns {HTMLElement[]} */
  legend = () => [element("span", { class: "tp-legend-item", text: measureOf(this.channel) })];

  draw() {
    const reading = this.ui.run.latest[this.key];
    if (!this.there || !reading) return;
    const context = this.panel.begin();
    if (context) this.paint(context, reading);
  }

  /** @param {CanvasRenderingContext2D} _context @param {Reading} _reading */
  paint(_context, _reading) {}

  /** The colors of values between two words. @param {string} low @param {string} high */
  ramp(low, high) {
    const { theme } = this.ui;
    const stops = [-1, -0.5, 0, 0.5, 1].map((value) => css(theme.value(value)));
    return legendRamp(low, stops, high);
  }
}

/** The largest absolute value of a reading, for readings that are not in units of their scale. @param {Reading} reading */
function largest({ values }) {
  let top = 0;
  for (const value of values) if (Math.abs(value) > top && Math.abs(value) < Infinity) top = Math.abs(value);
  return top || 1;
}

/** A reading as whole numbers from −127 to 127, which is how maps are sent. @param {Reading} reading @returns {Int8Array} */
export function signed(reading) {
  if (reading.values instanceof Int8Array) return reading.values;
  const top = largest(reading);
  return Int8Array.from(/** @type {Float32Array} */ (reading.values), (value) => Math.round((127 * value) / top) || 0);
}
