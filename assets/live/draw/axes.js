/** Axes, grid lines and tick labels. Coordinates are CSS pixels; `ratio` is device pixels per CSS pixel. */
import { findTickOffset } from "./scale.js";
import { formatColor } from "./theme.js";

/** @import { Scale } from "./scale.js" */
/** @import { Theme } from "./theme.js" */
/** @import { Formats } from "../text/number_format.js" */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** The center of the device pixel nearest to a coordinate. @param {number} coordinate @param {number} ratio */
export function alignToPixel(coordinate, ratio) {
  // A stroke reaches half its width to either side: on the edge of a pixel a hairline would smear over two at half
  // strength.
  return (Math.round(coordinate * ratio - 0.5) + 0.5) / ratio;
}

/** @param {CanvasRenderingContext2D} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function strokeSegment(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/**
 * Horizontal grid lines with labels on the left.
 * @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} scale
 * @param {{theme: Theme, format: Formats, ratio: number, labels?: boolean, inside?: boolean, bare?: boolean, percent?: boolean}} look `inside` puts labels into the box, `bare` leaves the lines out
 */
export function drawYAxis(context, box, scale, look) {
  const { theme, format, ratio } = look;
  // One label every 22 px at most, twice the size of its font.
  const ticks = scale.ticks(Math.max(2, Math.min(8, Math.floor((box.bottom - box.top) / 22))));
  // The step decides how many decimals a label has; a single tick has no neighbor to take it from.
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(ticks[0]) || 1;
  // Decades have no common part that could be left out.
  const offset = scale.kind === "log" ? 0 : findTickOffset(ticks);
  context.lineWidth = 1 / ratio;
  context.textAlign = look.inside ? "left" : "right";
  context.textBaseline = "middle";
  for (const tick of ticks) {
    const y = alignToPixel(scale.map(tick), ratio);
    context.strokeStyle = formatColor(theme.grid);
    if (!look.bare) strokeSegment(context, box.left, y, box.right, y);
    if (look.labels === false) continue;
    const label =
      scale.kind === "log"
        ? format.logTick(tick)
        : look.percent
          ? format.percent(tick, step < 0.01 ? 1 : 0)
          : format.tick(tick - offset, step);
    // At the ends of the axis half of the label would lie outside of the canvas.
    const labelY = Math.min(box.bottom - 4, Math.max(box.top + 4, y));
    if (look.inside) drawLabel(context, label, box.left + 3, labelY, theme);
    else {
      context.fillStyle = formatColor(theme.muted);
      context.fillText(label, box.left - 6, labelY);
    }
  }
  if (offset && look.labels !== false) drawYOffset(context, box, offset, look);
}

/** The offset that the labels of the vertical axis leave out, at its upper end. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} offset @param {{theme: Theme, format: Formats}} look */
export function drawYOffset(context, box, offset, look) {
  Object.assign(context, { textAlign: "left", textBaseline: "middle" });
  drawLabel(context, look.format.offset(offset), box.left + 4, box.top + 8, look.theme);
}

/** The offset of the horizontal axis, at its right end. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} offset @param {{theme: Theme, format: Formats}} look */
export function drawXOffset(context, box, offset, look) {
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  drawLabel(context, look.format.offset(offset), box.right - 4, box.bottom - 8, look.theme);
}

/** Text on a plate of the ground color, legible above any map; aligned by the context's `textAlign`. @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {Theme} theme */
export function drawLabel(context, text, x, y, theme) {
  // `fillText` aligns itself; the plate behind it has to be moved by hand.
  const width = context.measureText(text).width;
  context.fillStyle = formatColor(theme.ground, 0.84);
  context.fillRect(context.textAlign === "right" ? x - width - 2 : x - 2, y - 6, width + 4, 12);
  context.fillStyle = formatColor(theme.muted);
  context.fillText(text, x, y);
}

/**
 * The horizontal axis: ticks below the box, the unit at its right end.
 * @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} scale
 * @param {{theme: Theme, format: Formats, ratio: number, unit?: string}} look
 */
export function drawXAxis(context, box, scale, look) {
  const { theme, format, ratio, unit } = look;
  const ticks = scale.ticks(Math.max(1, Math.floor((box.right - box.left) / 64)));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  const offset = findTickOffset(ticks);
  const y = alignToPixel(box.bottom, ratio);
  context.lineWidth = 1 / ratio;
  context.strokeStyle = formatColor(theme.line);
  strokeSegment(context, box.left, y, box.right, y);
  context.fillStyle = formatColor(theme.muted);
  context.textBaseline = "top";
  context.textAlign = "right";
  const rightEnd = unit ? box.right - context.measureText(unit).width - 8 : box.right;
  if (unit) context.fillText(unit, box.right, box.bottom + 5);
  context.textAlign = "center";
  for (const tick of ticks) {
    const x = alignToPixel(scale.map(tick), ratio);
    strokeSegment(context, x, y, x, y + 3);
    const label = format.tick(tick - offset, step);
    const halfWidth = context.measureText(label).width / 2;
    // The first label would stick out of the left edge of the box.
    const labelX = Math.max(x, box.left + halfWidth);
    // A label that would run into the unit is left out; its tick mark stays.
    if (labelX + halfWidth <= rightEnd) context.fillText(label, labelX, box.bottom + 5);
  }
  if (offset) drawXOffset(context, box, offset, look);
}

/** A vertical line over the height of a box. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} x @param {string} color @param {number} ratio @param {number[]} [dash] */
export function drawVerticalLine(context, box, x, color, ratio, dash = []) {
  const column = alignToPixel(x, ratio);
  // The dash pattern outlives the stroke: without `restore` all later lines would have it.
  context.save();
  context.lineWidth = 1 / ratio;
  context.strokeStyle = color;
  context.setLineDash(dash);
  strokeSegment(context, column, box.top, column, box.bottom);
  context.restore();
}
