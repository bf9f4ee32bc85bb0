/** A panel of its own for one channel, whose newest reading it draws. */
import { getHelp, formatMeasure, getTitle } from "./about.js";
import { createElement } from "../draw/dom.js";
import { createLegendRamp } from "../draw/legend.js";
import { formatColor } from "../draw/theme.js";
import { Panel } from "./panel.js";

/** @typedef {import("../ui.js").Ui} Ui */
/** @typedef {import("../stream/protocol.js").Reading} Reading */

export class MarkView {
  /** @param {Ui} ui @param {string} key of the channel @param {boolean} [enlargeable] whether the page has a large form of it */
  constructor(ui, key, enlargeable = true) {
    this.ui = ui;
    this.key = key;
    this.channels = [key];
    const about = { key, title: getTitle(ui, key), help: getHelp(ui, key) };
    this.panel = new Panel(ui, enlargeable ? { ...about, enlarge: key } : about);
    this.node = this.panel.node;
  }

  get available() {
    return this.ui.run.channels.has(this.key);
  }

  /** @returns {import("../stream/protocol.js").Channel | undefined} */
  get channel() {
    return this.ui.run.channels.get(this.key);
  }

  /** @returns {HTMLElement[]} */
  legend = () => [createElement("span", { class: "tp-legend-item", text: formatMeasure(this.channel) })];

  draw() {
    const reading = this.ui.run.latest[this.key];
    if (!this.available || !reading) return;
    const context = this.panel.beginDrawing();
    if (context) this.paint(context, reading);
  }

  /** @param {CanvasRenderingContext2D} _context @param {Reading} _reading */
  paint(_context, _reading) {}

  /** The colors of values between two words. @param {string} low @param {string} high */
  createRamp(low, high) {
    const { theme } = this.ui;
    const stops = [-1, -0.5, 0, 0.5, 1].map((value) => formatColor(theme.valueColor(value)));
    return createLegendRamp(low, stops, high);
  }
}

/** The largest absolute value of a reading, for readings that are not in units of their scale. @param {Reading} reading */
function findLargest({ values }) {
  let top = 0;
  for (const value of values) if (Math.abs(value) > top && Math.abs(value) < Infinity) top = Math.abs(value);
  return top || 1;
}

/** A reading as whole numbers from −127 to 127, which is how maps are sent. @param {Reading} reading @returns {Int8Array} */
export function quantize(reading) {
  if (reading.values instanceof Int8Array) return reading.values;
  const top = findLargest(reading);
  return Int8Array.from(/** @type {Float32Array} */ (reading.values), (value) => Math.round((127 * value) / top) || 0);
}
