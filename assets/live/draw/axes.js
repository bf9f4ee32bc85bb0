/** Axes, grid lines and their labels, on whole device pixels. */
import { commonBase } from "./scale.js";
import { css } from "./theme.js";

/** @import { Scale } from "./scale.js" */
/** @import { Theme } from "./theme.js" */
/** @import { Formats } from "../text/number_format.js" */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */

/** The middle of the device pixel nearest to a place, so that hairlines are one pixel wide. @param {number} place @param {number} ratio */
export function crisp(place, ratio) {
  return (Math.round(place * ratio - 0.5) + 0.5) / ratio;
}

/** @param {CanvasRenderingContext2D} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function segment(context, x0, y0, x1, y1) {
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
export function yAxis(context, box, scale, look) {
  const { theme, format, ratio } = look;
  const ticks = scale.ticks(Math.max(2, Math.min(8, Math.floor((box.bottom - box.top) / 22))));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(ticks[0]) || 1;
  const base = scale.kind === "log" ? 0 : commonBase(ticks);
  context.lineWidth = 1 / ratio;
  context.textAlign = look.inside ? "left" : "right";
  context.textBaseline = "middle";
  for (const tick of ticks) {
    const y = crisp(scale.map(tick), ratio);
    context.strokeStyle = css(theme.grid);
    if (!look.bare) segment(context, box.left, y, box.right, y);
    if (look.labels === false) continue;
    const label =
      scale.kind === "log"
        ? format.logTick(tick)
        : look.percent
          ? format.percent(tick, step < 0.01 ? 1 : 0)
          : format.tick(tick - base, step);
    const at = Math.min(box.bottom - 4, Math.max(box.top + 4, y));
    if (look.inside) plate(context, label, box.left + 3, at, theme);
    else {
      context.fillStyle = css(theme.muted);
      context.fillText(label, box.left - 6, at);
    }
  }
  if (base && look.labels !== false) yBase(context, box, base, look);
}

/** What the labels of the vertical axis leave out, at its upper end. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} base @param {{theme: Theme, format: Formats}} look */
export function yBase(context, box, base, look) {
  Object.assign(context, { textAlign: "left", textBaseline: "middle" });
  plate(context, look.format.base(base), box.left + 4, box.top + 8, look.theme);
}

/** The same of the horizontal axis, at its right end. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} base @param {{theme: Theme, format: Formats}} look */
export function xBase(context, box, base, look) {
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  plate(context, look.format.base(base), box.right - 4, box.bottom - 8, look.theme);
}

/** Text on a plate of the ground color, legible above any picture, aligned as the context says. @param {CanvasRenderingContext2D} context @param {string} text @param {number} x @param {number} y @param {Theme} theme */
export function plate(context, text, x, y, theme) {
  const width = context.measureText(text).width;
  context.fillStyle = css(theme.ground, 0.84);
  context.fillRect(context.textAlign === "right" ? x - width - 2 : x - 2, y - 6, width + 4, 12);
  context.fillStyle = css(theme.muted);
  context.fillText(text, x, y);
}

/**
 * The axis of steps: ticks below the box, its unit at the right end.
 * @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} scale
 * @param {{theme: Theme, format: Formats, ratio: number, unit?: string}} look
 */
export function xAxis(context, box, scale, look) {
  const { theme, format, ratio, unit } = look;
  const ticks = scale.ticks(Math.max(1, Math.floor((box.right - box.left) / 64)));
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  const base = commonBase(ticks);
  const y = crisp(box.bottom, ratio);
  context.lineWidth = 1 / ratio;
  context.strokeStyle = css(theme.line);
  segment(context, box.left, y, box.right, y);
  context.fillStyle = css(theme.muted);
  context.textBaseline = "top";
  context.textAlign = "right";
  const end = unit ? box.right - context.measureText(unit).width - 8 : box.right;
  if (unit) context.fillText(unit, box.right, box.bottom + 5);
  context.textAlign = "center";
  for (const tick of ticks) {
    const x = crisp(scale.map(tick), ratio);
    segment(context, x, y, x, y + 3);
    const label = format.tick(tick - base, step);
    const half = context.measureText(label).width / 2;
    const at = Math.max(x, box.left + half);
    if (at + half <= end) context.fillText(label, at, box.bottom + 5);
  }
  if (base) xBase(context, box, base, look);
}

/** A vertical line. @param {CanvasRenderingContext2D} context @param {Box} box @param {number} x @param {string} color @param {number} ratio @param {number[]} [dash] */
export function vertical(context, box, x, color, ratio, dash = []) {
  const at = crisp(x, ratio);
  context.save();
  context.lineWidth = 1 / ratio;
  context.strokeStyle = color;
  context.setLineDash(dash);
  segment(context, at, box.top, at, box.bottom);
  context.restore();
}
