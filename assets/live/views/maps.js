/** Panels of small maps: inputs over their reconstructions, and gates over the steps of the sequence. */
import { legendRamp } from "../draw/legend.js";
import { Picture, paintSigned } from "../draw/heat_map.js";
import { Panel } from "./panel.js";
import { css } from "../draw/theme.js";

const GAP = 4;
const LABELS = 132;
const GATES = {
  input: "gate_input",
  forget: "gate_forget",
  output: "gate_output",
  reset: "gate_reset",
  update: "gate_update",
};

/** A panel that is there only while the run has its channel. */
class MapsView {
  /** @param {import("../ui.js").Ui} ui @param {string} key of the channel and of the texts */
  constructor(ui, key) {
    this.ui = ui;
    this.key = key;
    this.panel = new Panel(ui, { key, title: key, help: `${key}_help` });
    this.node = this.panel.node;
    this.picture = new Picture();
  }

  get there() {
    return this.ui.run.channels.has(this.key);
  }

  draw() {
    const reading = this.ui.run.latest[this.key];
    const context = this.there && reading ? this.panel.begin() : null;
    if (context) this.paint(context, reading);
  }
}

/** Inputs above, what the network makes of them below. */
export class PairsView extends MapsView {
  constructor(ui) {
    super(ui, "reconstruction");
  }

  legend = () => {
    const { theme, t } = this.ui;
    return [
      legendRamp(
        "−",
        [-1, -0.5, 0, 0.5, 1].map((value) => css(theme.value(value))),
        `+ · ${t("pairs_rows")}`,
      ),
    ];
  };

  /** @param {CanvasRenderingContext2D} context @param {import("../stream/decode.js").Reading} reading */
  paint(context, { values, shape: [count, height, width] }) {
    const { panel } = this;
    paintSigned(
      this.picture,
      /** @type {Int8Array} */ (this.upright(values, count, height, width)),
      [count, height, width],
      this.ui.theme,
    );
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

  /** Pictures have their first row at the top, maps of the plane at the bottom. */
  upright(values, count, height, width) {
    const turned = new Int8Array(values.length);
    for (let map = 0; map < count; map += 1) {
      for (let row = 0; row < height; row += 1) {
        const from = (map * height + row) * width;
        turned.set(values.subarray(from, from + width), (map * height + height - 1 - row) * width);
      }
    }
    return turned;
  }
}

/** One row a gate, one column a step of the sequence; how far it is open, 0 to 1. */
export class GatesView extends MapsView {
  constructor(ui) {
    super(ui, "gates");
  }

  legend = () => {
    const { theme } = this.ui;
    return [
      legendRamp(
        "0",
        [-1, -0.5, 0, 0.5, 1].map((value) => css(theme.value(value))),
        "1",
      ),
    ];
  };

  /** @param {CanvasRenderingContext2D} context @param {import("../stream/decode.js").Reading} reading */
  paint(context, { values, shape: [rows, steps] }) {
    const { panel, ui } = this;
    const names = ui.run.channels.get(this.key).series;
    const signed = new Int8Array(values.length);
    values.forEach((value, i) => (signed[i] = Math.round((2 * value - 1) * 127) || 0));
    paintSigned(this.picture, signed, [rows, 1, steps], ui.theme);
    const height = Math.min(24, (panel.height - 14) / rows);
    const width = Math.max(20, panel.width - LABELS - 40);
    context.textBaseline = "middle";
    context.imageSmoothingEnabled = false;
    for (let row = 0; row < rows; row += 1) {
      const y = row * height;
      const own = [...values.subarray(row * steps, (row + 1) * steps)].filter(Number.isFinite);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      context.textAlign = "left";
      context.fillStyle = css(ui.theme.text);
      context.fillText(this.label(names[row]), 0, y + height / 2, LABELS - 4);
      context.drawImage(this.picture.canvas, 0, row, steps, 1, LABELS, y, width, height - 2);
      context.fillText(ui.format.fixed(mean, 2), LABELS + width + 6, y + height / 2);
    }
    context.fillStyle = css(ui.theme.muted);
    context.textBaseline = "top";
    context.fillText(ui.t("sequence_time"), LABELS, rows * height, width);
    panel.describe(names.map((name) => this.label(name)).join(", "));
  }

  /** "2 lstm · forget" in the reader's words. @param {string} name */
  label(name) {
    const [layer, gate] = name.split(" · ");
    return `${this.ui.layer(layer)} · ${this.ui.t(GATES[gate])}`;
  }
}
