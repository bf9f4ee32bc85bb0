/** Maps over the plane: one byte a cell in, one pixel a cell out. Row 0 of a map is the lowest y, row 0 of a canvas its top. */
import { getContext2d } from "./dom.js";
import { mix, pack } from "./theme.js";

/** @typedef {import("./theme.js").Theme} Theme */

/**
 * An offscreen canvas and its pixels as packed colors, reused between frames. A color a cell from a table takes 0.1 ms
 * for 24 maps of 46 × 46; the same with `fillRect` takes over 100 ms (Chromium without a GPU).
 */
export class PixelBuffer {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = getContext2d(this.canvas);
    this.image = this.context.createImageData(1, 1);
    this.colors = new Uint32Array(this.image.data.buffer);
  }

  /** The pixels of the wanted size as packed colors, row by row; `flush` shows them. @param {number} width @param {number} height */
  resize(width, height) {
    // Assigning a size clears the canvas and allocates it anew, even where it is the same.
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    if (this.image.width !== width || this.image.height !== height) {
      this.image = this.context.createImageData(width, height);
      // A view of the same bytes: one store a pixel instead of four.
      this.colors = new Uint32Array(this.image.data.buffer);
    }
    return this.colors;
  }

  /** Shows the pixels on the canvas. */
  flush() {
    this.context.putImageData(this.image, 0, 0);
  }
}

/**
 * Draws a map over a box. Samples were taken from end to end, so the centers of the outer ones lie on the edges.
 * @param {CanvasDrawImage} context @param {{canvas: CanvasImageSource}} buffer @param {number} map index in the column of maps
 * @param {number[]} shape (maps, rows, columns) @param {{x: number, y: number, width: number, height: number}} box
 */
export function drawMap(context, buffer, map, [, rows, columns], { x, y, width, height }) {
  // A sample is the center of its pixel: the outer halves of the outer pixels are no part of the plane. With them dots
  // would lie beside what the network answers there.
  context.drawImage(buffer.canvas, 0.5, map * rows + 0.5, columns - 1, rows - 1, x, y, width, height);
}

/** The index of the sample nearest to a share of the way from end to end. @param {number} share 0 to 1; beyond it the outer sample @param {number} count */
export function findSample(share, count) {
  return Math.max(0, Math.min(count - 1, Math.round(share * (count - 1))));
}

/**
 * Paints maps in a column: map k fills the pixel rows k·H … k·H + H - 1, its row 0 the lowest of them.
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
 * Paints the likeliest class of every cell, the paler the less certain.
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

/** Packed colors, (count, 128): a class and its probability × 127. @param {number} count @param {Theme} theme */
function buildClassShades(count, theme) {
  const shades = new Uint32Array(count * 128);
  for (let k = 0; k < count; k += 1) {
    for (let p = 0; p < 128; p += 1) {
      // 1 / K is what a network without an opinion gives every one of K classes.
      const certainty = Math.max(0, (p / 127 - 1 / count) / (1 - 1 / count));
      // At most 0.72 of the class's color: the examples on top have all of it and stay visible.
      shades[k * 128 + p] = pack(mix(theme.ground, theme.classColor(k), 0.12 + 0.6 * certainty));
    }
  }
  return shades;
}
