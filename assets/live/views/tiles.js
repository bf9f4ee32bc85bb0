/** Marks grid, units and pictures: maps as tiles, as large as the panel lets them be. */
import { PixelBuffer, paintSigned } from "../draw/heat_map.js";
import { formatColor } from "../draw/theme.js";
import { createElement } from "../draw/dom.js";
import { formatMeasure } from "./about.js";
import { MarkView, quantize } from "./mark_view.js";

/** @typedef {import("../stream/protocol.js").Reading} Reading */

const GAP = 4;
const MIN_TILE = 12;

/**
 * Rows of tiles that fill a box best: how many stand side by side, how many there is room for, and how large they are.
 * @param {number} count @param {number} ratio width over height of one @param {number} width @param {number} height
 */
export function computeTiling(count, ratio, width, height) {
  const computeSize = (/** @type {number} */ across) => {
    const rows = Math.ceil(count / across);
    return Math.min((height + GAP) / rows - GAP, ((width + GAP) / across - GAP) / ratio);
  };
  let best = 1;
  for (let across = 2; across <= count; across += 1) if (computeSize(across) > computeSize(best)) best = across;
  const size = computeSize(best);
  if (size >= MIN_TILE) return { across: best, shown: count, size };
  // Too many for the panel: some at a size that can be read, rather than all as dots.
  const across = Math.max(1, Math.floor((width + GAP) / (MIN_TILE * ratio + GAP)));
  const rows = Math.max(1, Math.floor((height + GAP) / (MIN_TILE + GAP)));
  return { across, shown: Math.min(count, across * rows), size: MIN_TILE };
}

/** Turns every map upside down: pictures have their first row at the top, maps of the plane at the bottom. @param {Int8Array} values @param {number} count @param {number} height @param {number} width */
export function flipRows(values, count, height, width) {
  const flipped = new Int8Array(values.length);
  for (let map = 0; map < count; map += 1) {
    for (let row = 0; row < height; row += 1) {
      const from = (map * height + row) * width;
      flipped.set(values.subarray(from, from + width), (map * height + height - 1 - row) * width);
    }
  }
  return flipped;
}

export class TilesView extends MarkView {
  buffer = new PixelBuffer();

  legend = () => {
    const { ui } = this;
    const scale = ui.run.latest[`${this.key}_scale`]?.values;
    const ends = scale?.length === 1 ? [-scale[0], scale[0]].map((value) => ui.format.short(value)) : ["−", "+"];
    return [createElement("span", { text: formatMeasure(this.channel) }), this.createRamp(ends[0], ends[1])];
  };

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, reading) {
    const { panel, ui } = this;
    const [height, width] = reading.shape.slice(-2);
    const count = reading.values.length / (height * width);
    if (!count) return;
    const maps = quantize(reading);
    const pictures = this.channel?.mark === "pictures";
    paintSigned(this.buffer, pictures ? flipRows(maps, count, height, width) : maps, [count, height, width], ui.theme);
    const ratio = width / height;
    const { across, shown, size } = computeTiling(count, ratio, panel.width - 2, panel.height - 2);
    const [w, h] = [size * ratio, size];
    const left = (panel.width - Math.min(across, shown) * (w + GAP) + GAP) / 2;
    // Pixels of a picture are what the network sees; maps of the plane are samples of something smooth.
    context.imageSmoothingEnabled = !pictures;
    context.strokeStyle = formatColor(ui.theme.text, 0.28);
    context.lineWidth = 1;
    for (let i = 0; i < shown; i += 1) {
      const x = left + (i % across) * (w + GAP);
      const y = 1 + Math.floor(i / across) * (h + GAP);
      context.drawImage(this.buffer.canvas, 0, i * height, width, height, x, y, w, h);
      context.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
    }
    panel.describe(formatMeasure(this.channel));
  }
}
