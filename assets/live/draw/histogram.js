/** A histogram over steps: one column of pixels a moment, value upwards, shade by count. */
import { pack } from "./theme.js";

/** Numbers of one layer in a row of the trace: low end, high end, then 32 counts. */
export const ROW_SIZE = 34;
const SHADE_COUNT = 64;

/** Smallest and largest value of some layers over all rows of a trace. @param {import("../stream/trace.js").Trace} trace @param {number[]} layers @param {number} [row] numbers of one layer @returns {[number, number]} */
export function findExtent(trace, layers, row = ROW_SIZE) {
  let low = Infinity;
  let high = -Infinity;
  for (let frame = 0; frame < trace.length; frame += 1) {
    for (const layer of layers) {
      const offset = frame * trace.width + layer * row;
      // Comparisons with NaN are false: a row without a measurement changes neither end.
      if (trace.values[offset] < low) low = trace.values[offset];
      if (trace.values[offset + 1] > high) high = trace.values[offset + 1];
    }
  }
  return [low, high];
}

/** Shades of one color from none to full, packed for image data; half of the shares lie below 10 %, hence the root. @param {import("./theme.js").Rgb} color */
export function buildShades(color) {
  return Uint32Array.from({ length: SHADE_COUNT + 1 }, (_, i) =>
    i === 0 ? 0 : pack(color, Math.round(24 + 231 * Math.sqrt(i / SHADE_COUNT))),
  );
}

/**
 * Paints one layer: a row of the trace holds until the next one. A pixel that several bins share shows the fullest.
 * @param {import("./heat_map.js").PixelBuffer} buffer @param {import("../stream/trace.js").Trace} trace @param {number} layer
 * @param {{width: number, height: number, span: [number, number], domain: [number, number], colors: Uint32Array, row?: number}} look
 */
export function paintHistogram(buffer, trace, layer, look) {
  const { width, height, span, domain, colors, row = ROW_SIZE } = look;
  const pixels = buffer.resize(width, height);
  pixels.fill(0);
  const valuePerRow = (domain[1] - domain[0]) / height;
  let frame = -1;
  for (let column = 0; column < width; column += 1) {
    const step = span[0] + ((column + 1) / width) * (span[1] - span[0]);
    // Steps rise from left to right, so that one pass over the trace serves all columns.
    while (frame + 1 < trace.length && trace.steps[frame + 1] <= step) frame += 1;
    if (frame < 0) continue;
    paintColumn(
      pixels,
      column,
      width,
      height,
      trace.values,
      frame * trace.width + layer * row,
      domain[1],
      valuePerRow,
      colors,
      row - 2,
    );
  }
  buffer.flush();
}

/**
 * One frame of one layer, into one column of pixels.
 * @param {Uint32Array} pixels @param {number} column @param {number} width @param {number} height
 * @param {Float32Array} values @param {number} offset where the layer's row begins @param {number} top the axis' upper end
 * @param {number} perRow what a row of pixels spans @param {Uint32Array} colors @param {number} bins
 */
function paintColumn(pixels, column, width, height, values, offset, top, perRow, colors, bins) {
  const low = values[offset];
  const high = values[offset + 1];
  // Not measured: NaN.
  if (!(high >= low)) return;
  let fullest = 0;
  for (let bin = 0; bin < bins; bin += 1) fullest = Math.max(fullest, values[offset + 2 + bin]);
  if (!(fullest > 0)) return;
  const size = (high - low) / bins;
  for (let bin = 0; bin < bins; bin += 1) {
    const count = values[offset + 2 + bin];
    if (!(count > 0)) continue;
    const color = colors[Math.max(1, Math.round((count / fullest) * SHADE_COUNT))];
    // A bin that ends exactly on a row of pixels must not spill into the next one by a rounding error.
    const first = Math.max(0, Math.floor((top - (low + (bin + 1) * size)) / perRow + 1e-6));
    const last = Math.min(height - 1, Math.max(first, Math.ceil((top - (low + bin * size)) / perRow - 1e-6) - 1));
    for (let row = first; row <= last; row += 1) {
      const pixel = row * width + column;
      // Shades differ in alpha alone, the highest byte: the larger word is the fuller shade.
      if (color > pixels[pixel]) pixels[pixel] = color;
    }
  }
}
