/** Maps over the plane as pictures: one byte a cell in, one pixel a cell out, the first row at the bottom. */
import { getContext2d } from "./dom.js";
import { mix, pack } from "./theme.js";

/** @typedef {import("./theme.js").Theme} Theme */

/** A canvas of our own to paint on, kept between frames. */
export class PixelBuffer {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = getContext2d(this.canvas);
    this.image = this.context.createImageData(1, 1);
    this.colors = new Uint32Array(this.image.data.buffer);
  }

  /** Pixels of the wanted size, as packed colors; call `done` when they are filled. @param {number} width @param {number} height */
  resize(width, height) {
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    if (this.image.width !== width || this.image.height !== height) {
      this.image = this.context.createImageData(width, height);
      this.colors = new Uint32Array(this.image.data.buffer);
    }
    return this.colors;
  }

  flush() {
    this.context.putImageData(this.image, 0, 0);
  }
}

/**
 * Lays a map over a box. Its samples were taken from end to end, so the middles of the outer ones lie on the edges.
 * @param {CanvasDrawImage} context @param {{canvas: CanvasImageSource}} buffer @param {number} map which of the maps in the column
 * @param {number[]} shape (maps, rows, columns) @param {{x: number, y: number, width: number, height: number}} box
 */
export function drawMap(context, buffer, map, [, rows, columns], { x, y, width, height }) {
  context.drawImage(buffer.canvas, 0.5, map * rows + 0.5, columns - 1, rows - 1, x, y, width, height);
}

/** The sample of a map nearest to a share of the way from end to end. @param {number} share @param {number} count */
export function findSample(share, count) {
  return Math.max(0, Math.min(count - 1, Math.round(share * (count - 1))));
}

/**
 * Maps in a column, each upright: map k fills rows k·h … k·h + h - 1.
 * @param {PixelBuffer} buffer @param {Int8Array} values (K, H, W) @param {[number, number, number]} shape @param {Theme} theme
 */
export function paintSigned(buffer, values, [count, height, width], theme) {
  const pixels = buffer.resize(width, height * count);
  const table = theme.valueTable;
  for (let map = 0; map < count; map += 1) {
    for (let row = 0; row < height; row += 1) {
      let from = (map * height + row) * width;
      let to = (map * height + height - 1 - row) * width;
      for (let column = 0; column < width; column += 1) pixels[to++] = table[values[from++] + 128];
    }
  }
  buffer.flush();
}

/**
 * The likeliest class at every point, the paler the less sure.
 * @param {PixelBuffer} buffer @param {Int8Array} values (K, H, W), probabilities × 127 @param {[number, number, number]} shape @param {Theme} theme
 */
export function paintClasses(buffer, values, [count, height, width], theme) {
  const pixels = buffer.resize(width, height);
  const size = height * width;
  const shades = buildClassShades(count, theme);
  for (let row = 0; row < height; row += 1) {
    let to = (height - 1 - row) * width;
    for (let column = 0; column < width; column += 1) {
      const cell = row * width + column;
      let best = 0;
      for (let k = 1; k < count; k += 1) if (values[k * size + cell] > values[best * size + cell]) best = k;
      pixels[to++] = shades[best * 128 + Math.max(0, values[best * size + cell])];
    }
  }
  buffer.flush();
}

/** @param {number} count @param {Theme} theme */
function buildClassShades(count, theme) {
  const shades = new Uint32Array(count * 128);
  for (let k = 0; k < count; k += 1) {
    for (let p = 0; p < 128; p += 1) {
      const certainty = Math.max(0, (p / 127 - 1 / count) / (1 - 1 / count));
      shades[k * 128 + p] = pack(mix(theme.ground, theme.classColor(k), 0.12 + 0.6 * certainty));
    }
  }
  return shades;
}
