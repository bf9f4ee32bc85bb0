/** Marks pairs and heat: pictures over what is made of them, and rows of numbers along an axis. */
import { element } from "../draw/dom.js";
import { Picture, paintSigned } from "../draw/heat_map.js";
import { css } from "../draw/theme.js";
import { measureOf } from "./about.js";
import { MarkView, signed } from "./mark_view.js";
import { upright } from "./tiles.js";

/** @typedef {import("../stream/protocol.js").Reading} Reading */

const GAP = 4;
const LABELS = 132;
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
  picture = new Picture();

  legend = () => [this.ramp("−", "+"), element("span", { text: measureOf(this.channel) })];

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, reading) {
    const { panel } = this;
    const [count, height, width] = reading.shape;
    const maps = upright(signed(reading), count, height, width);
    paintSigned(this.picture, maps, [count, height, width], this.ui.theme);
    const pairs = count / 2;
    const room = (panel.width + GAP) / pairs - GAP;
    const scale = Math.min(room / width, (panel.height - GAP) / 2 / height);
    const [w, h] = height === 1 ? [room, (panel.height - GAP) / 2] : [width * scale, height * scale];
    const left = (panel.width - pairs * (w + GAP) + GAP) / 2;
    const top = (panel.height - 2 * h - GAP) / 2;
    context.imageSmoothingEnabled = false;
    for (let i = 0; i < count; i += 1) {
      const x = left + (i % pairs) * (w + GAP);
      const y = top + (i < pairs ? 0 : h + GAP);
      context.drawImage(this.picture.canvas, 0, i * height, width, height, x, y, w, h);
      context.strokeStyle = css(this.ui.theme.text, 0.28);
      context.lineWidth = 1;
      context.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
    }
  }
}

/** Inputs above, what the network makes of them below. */
export class ReconstructionView extends PairsView {
  legend = () => [this.ramp("−", `+ · ${this.ui.t("pairs_rows")}`)];
}

/** Smallest and largest of the finite numbers. @param {ArrayLike<number>} values @returns {[number, number]} */
export function span(values) {
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
  picture = new Picture();
  /** What stands under the columns. */
  below = "";

  legend = () => {
    const [low, high] = this.range(this.ui.run.latest[this.key]?.values ?? []);
    const { format } = this.ui;
    return [element("span", { text: measureOf(this.channel) }), this.ramp(format.short(low), format.short(high))];
  };

  /** What the ends of the colors stand for. @param {ArrayLike<number>} values */
  range(values) {
    return span(values);
  }

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, { values, shape: [rows, steps] }) {
    const { panel, ui } = this;
    const names = this.channel?.series ?? [];
    const [low, high] = this.range(values);
    const numbers = new Int8Array(values.length);
    values.forEach((value, i) => (numbers[i] = Math.round(((2 * (value - low)) / (high - low || 1) - 1) * 127) || 0));
    paintSigned(this.picture, numbers, [rows, 1, steps], ui.theme);
    const height = Math.min(24, (panel.height - 14) / rows);
    const labels = Math.min(LABELS, panel.width / 3);
    const width = Math.max(20, panel.width - labels - 40);
    context.textBaseline = "middle";
    context.imageSmoothingEnabled = false;
    for (let row = 0; row < rows; row += 1) {
      const y = row * height;
      const own = [...values.subarray(row * steps, (row + 1) * steps)].filter(Number.isFinite);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      context.textAlign = "left";
      context.fillStyle = css(ui.theme.text);
      context.fillText(this.label(names[row] ?? String(row + 1)), 0, y + height / 2, labels - 4);
      context.drawImage(this.picture.canvas, 0, row, steps, 1, labels, y, width, height - 2);
      context.fillText(ui.format.fixed(mean, 2), labels + width + 6, y + height / 2);
    }
    context.fillStyle = css(ui.theme.muted);
    context.textBaseline = "top";
    if (this.below) context.fillText(ui.t(this.below), labels, rows * height, width);
    panel.describe(names.map((name) => this.label(name)).join(", "));
  }

  /** @param {string} name of a row */
  label(name) {
    return this.ui.layer(name);
  }
}

/** One row a gate, one column a step of the sequence; how far it is open, 0 to 1. */
export class GatesView extends HeatView {
  below = "sequence_time";

  legend = () => [this.ramp("0", "1")];

  /** @returns {[number, number]} */
  range() {
    return [0, 1];
  }

  /** "2 lstm · forget" in the reader's words. @param {string} name */
  label(name) {
    const [layer, gate] = name.split(" · ");
    return `${this.ui.layer(layer)} · ${this.ui.t(GATES[gate] ?? gate)}`;
  }
}
