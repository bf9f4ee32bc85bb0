/** How far the members of an ensemble lie apart: a map over the plane, or a band around the curve. */
import { mix, pack, formatColor } from "../draw/theme.js";

/** @typedef {import("../ui.js").Ui} Ui */

/** From the ground's color at 0 to the accent at the whole scale. @param {import("../draw/theme.js").Theme} theme @param {number} share */
function mixShade(theme, share) {
  return mix(theme.ground, theme.accent, 0.85 * Math.max(0, share));
}

/** Paints the standard deviation between members over the plane. @param {import("../draw/heat_map.js").PixelBuffer} buffer @param {import("../stream/protocol.js").Reading} reading (1, H, W) @param {import("../draw/theme.js").Theme} theme */
export function paintDisagreement(buffer, reading, theme) {
  const [, height, width] = reading.shape;
  const pixels = buffer.resize(width, height);
  const shades = Uint32Array.from({ length: 128 }, (_, i) => pack(mixShade(theme, i / 127)));
  for (let row = 0; row < height; row += 1) {
    let from = row * width;
    let to = (height - 1 - row) * width;
    for (let column = 0; column < width; column += 1) pixels[to++] = shades[Math.max(0, reading.values[from++])];
  }
  buffer.flush();
}

/** The color bar of the map, from 0 to its scale. @param {CanvasRenderingContext2D} context @param {Ui} ui @param {import("../draw/axes.js").Box} box @param {number} left @param {number} width */
export function drawDisagreementBar(context, ui, box, left, width) {
  const height = box.bottom - box.top;
  for (let row = 0; row < height; row += 1) {
    context.fillStyle = formatColor(mixShade(ui.theme, 1 - row / (height - 1)));
    // Half a pixel into the next row: at fractional pixel ratios exact rows leave pale seams.
    context.fillRect(left, box.top + row, width, 1.5);
  }
  const scale = ui.run.latest.disagreement_scale?.values[0] ?? 0.5;
  context.fillStyle = formatColor(ui.theme.muted);
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const share of [0, 0.5, 1]) {
    const y = box.bottom - share * height;
    context.fillText(
      ui.format.short(Number((share * scale).toPrecision(2))),
      left + width + 5,
      Math.min(box.bottom - 5, Math.max(box.top + 5, y)),
    );
  }
}

/** A band of one standard deviation to either side of the curve. @param {CanvasRenderingContext2D} context @param {Ui} ui @param {import("../draw/axes.js").Box} box @param {import("../draw/scale.js").Scale} y */
export function drawDisagreementBand(context, ui, box, y) {
  const { curve, spread } = ui.run.latest;
  if (!curve || !spread || spread.values.length !== curve.values.length) return;
  const last = curve.values.length - 1;
  const toPixel = (/** @type {number} */ i) => box.left + (i / last) * (box.right - box.left);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  context.beginPath();
  for (let i = 0; i <= last; i += 1) context.lineTo(toPixel(i), y.map(curve.values[i] + spread.values[i]));
  // One polygon: the upper edge forward, the lower one back.
  for (let i = last; i >= 0; i -= 1) context.lineTo(toPixel(i), y.map(curve.values[i] - spread.values[i]));
  context.fillStyle = formatColor(ui.theme.accent, 0.3);
  context.fill();
  context.restore();
}
