/** Marks pairs and heat: pictures over what is made of them, and rows of numbers along an axis. */
import { createElement } from "../draw/dom.js";
import { PixelBuffer, paintSigned } from "../draw/heat_map.js";
import { formatColor } from "../draw/theme.js";
import { formatMeasure } from "./about.js";
import { MarkView, quantize } from "./mark_view.js";
import { flipRows } from "./tiles.js";

/** @typedef {import("../stream/protocol.js").Reading} Reading */

const GAP = 4;
const LABEL_WIDTH = 132;
/** @type {Record<string, string>} */
const GATES = {
  input: "gate_input",
  forget: "gate_forget",
  output: "gate_output",
  reset: "gate_reset",
  update: "gate_update",
};

/** The first half of the maps above, the second half below. */
export class PairsView extends MarkView {
  buffer = new PixelBuffer();

  legend = () => [this.createRamp("−", "+"), createElement("span", { text: formatMeasure(this.channel) })];

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, reading) {
    const { panel } = this;
    const [count, height, width] = reading.shape;
    const maps = flipRows(quantize(reading), count, height, width);
    paintSigned(this.buffer, maps, [count, height, width], this.ui.theme);
    const pairs = count / 2;
    const pairWidth = (panel.width + GAP) / pairs - GAP;
    const scale = Math.min(pairWidth / width, (panel.height - GAP) / 2 / height);
    // A single row has no shape to keep: it is stretched, or it would be a hairline.
    const [w, h] = height === 1 ? [pairWidth, (panel.height - GAP) / 2] : [width * scale, height * scale];
    const left = (panel.width - pairs * (w + GAP) + GAP) / 2;
    const top = (panel.height - 2 * h - GAP) / 2;
    context.imageSmoothingEnabled = false;
    for (let i = 0; i < count; i += 1) {
      const x = left + (i % pairs) * (w + GAP);
      const y = top + (i < pairs ? 0 : h + GAP);
      context.drawImage(this.buffer.canvas, 0, i * height, width, height, x, y, w, h);
      context.strokeStyle = formatColor(this.ui.theme.text, 0.28);
      context.lineWidth = 1;
      context.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
    }
  }
}

/** Inputs above, what the network makes of them below. */
export class ReconstructionView extends PairsView {
  legend = () => [this.createRamp("−", `+ · ${this.ui.t("pairs_rows")}`)];
}

/** Smallest and largest of the finite numbers. @param {ArrayLike<number>} values @returns {[number, number]} */
export function findFiniteRange(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i += 1) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return high >= low ? [low, high] : [0, 1];
}

/** One row a series, one column a place along the other axis. */
export class HeatView extends MarkView {
  buffer = new PixelBuffer();
  /** What stands under the columns. */
  axisText = "";

  legend = () => {
    const [low, high] = this.computeRange(this.ui.run.latest[this.key]?.values ?? []);
    const { format } = this.ui;
    return [
      createElement("span", { text: formatMeasure(this.channel) }),
      this.createRamp(format.short(low), format.short(high)),
    ];
  };

  /** What the ends of the colors stand for. @param {ArrayLike<number>} values */
  computeRange(values) {
    return findFiniteRange(values);
  }

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, { values, shape: [rows, steps] }) {
    const { panel, ui } = this;
    const names = this.channel?.series ?? [];
    const [low, high] = this.computeRange(values);
    const numbers = new Int8Array(values.length);
    values.forEach((value, i) => (numbers[i] = Math.round(((2 * (value - low)) / (high - low || 1) - 1) * 127) || 0));
    paintSigned(this.buffer, numbers, [rows, 1, steps], ui.theme);
    const height = Math.min(24, (panel.height - 14) / rows);
    const labels = Math.min(LABEL_WIDTH, panel.width / 3);
    const width = Math.max(20, panel.width - labels - 40);
    context.textBaseline = "middle";
    context.imageSmoothingEnabled = false;
    for (let row = 0; row < rows; row += 1) {
      const y = row * height;
      // Steps behind the end of a short sequence are NaN.
      const finite = [...values.subarray(row * steps, (row + 1) * steps)].filter(Number.isFinite);
      const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
      context.textAlign = "left";
      context.fillStyle = formatColor(ui.theme.text);
      context.fillText(this.formatRow(names[row] ?? String(row + 1)), 0, y + height / 2, labels - 4);
      context.drawImage(this.buffer.canvas, 0, row, steps, 1, labels, y, width, height - 2);
      context.fillText(ui.format.fixed(mean, 2), labels + width + 6, y + height / 2);
    }
    context.fillStyle = formatColor(ui.theme.muted);
    context.textBaseline = "top";
    if (this.axisText) context.fillText(ui.t(this.axisText), labels, rows * height, width);
    panel.describe(names.map((name) => this.formatRow(name)).join(", "));
  }

  /** @param {string} name of a row */
  formatRow(name) {
    return this.ui.formatLayer(name);
  }
}

/** One row a gate, one column a step of the sequence; how far it is open, 0 to 1. */
export class GatesView extends HeatView {
  axisText = "sequence_time";

  legend = () => [this.createRamp("0", "1")];

  /** @returns {[number, number]} */
  computeRange() {
    return [0, 1];
  }

  /** "2 lstm · forget" in the reader's words. @param {string} name */
  formatRow(name) {
    const [layer, gate] = name.split(" · ");
    return `${this.ui.formatLayer(layer)} · ${this.ui.t(GATES[gate] ?? gate)}`;
  }
}
