/** The plane of the drawing pad as a picture: a grid, the points, and the cross that the arrow keys move. */
import { HALF_EXTENT } from "./drawing.js";
import { getContext2d } from "../draw/dom.js";
import { createLinearScale } from "../draw/scale.js";
import { formatColor } from "../draw/theme.js";

/** @import { Drawing, Task } from "./drawing.js" */
/** @import { Scale } from "../draw/scale.js" */
/** @import { Theme } from "../draw/theme.js" */

/** @param {HTMLCanvasElement} canvas @param {number} side in CSS pixels @param {Theme} theme @param {Drawing} drawing @param {{x: number, y: number} | null} cursor */
export function paintPlane(canvas, side, theme, drawing, cursor) {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  Object.assign(canvas.style, { width: `${side}px`, height: `${side}px` });
  Object.assign(canvas, { width: side * ratio, height: side * ratio });
  const context = getContext2d(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [x, y] = [
    createLinearScale([-HALF_EXTENT, HALF_EXTENT], 0, side),
    createLinearScale([-HALF_EXTENT, HALF_EXTENT], side, 0),
  ];
  drawGrid(context, theme, side, x, y);
  for (const point of drawing.points)
    drawPoint(context, theme, drawing.task, x.map(point.x), y.map(point.y), point.label);
  if (cursor) drawCross(context, theme, x.map(cursor.x), y.map(cursor.y));
}

/** Lines at whole numbers, the axes stronger. @param {CanvasRenderingContext2D} context @param {Theme} theme @param {number} side @param {Scale} x @param {Scale} y */
function drawGrid(context, theme, side, x, y) {
  context.clearRect(0, 0, side, side);
  context.lineWidth = 1;
  for (let tick = 1 - HALF_EXTENT; tick < HALF_EXTENT; tick += 1) {
    context.strokeStyle = formatColor(tick === 0 ? theme.muted : theme.grid);
    context.beginPath();
    /** @type {[[number, number], [number, number]][]} */
    const segments = [
      [
        [x.map(tick), 0],
        [x.map(tick), side],
      ],
      [
        [0, y.map(tick)],
        [side, y.map(tick)],
      ],
    ];
    for (const [a, b] of segments) {
      context.moveTo(...a);
      context.lineTo(...b);
    }
    context.stroke();
  }
  context.fillStyle = formatColor(theme.muted);
  context.font = `11px ${theme.font}`;
  for (const tick of [-4, -2, 2, 4]) {
    context.fillText(String(tick).replace("-", "−"), x.map(tick) + 3, y.map(0) - 4);
    context.fillText(String(tick).replace("-", "−"), x.map(0) + 4, y.map(tick) - 3);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Theme} theme @param {Task} task @param {number} px @param {number} py @param {number} label */
function drawPoint(context, theme, task, px, py, label) {
  context.fillStyle = formatColor(task === "regression" ? theme.valueColor(label) : theme.classColor(label));
  context.strokeStyle = formatColor(task === "regression" ? theme.muted : theme.ground);
  context.lineWidth = 1;
  context.beginPath();
  context.arc(px, py, 4.5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Theme} theme @param {number} px @param {number} py */
function drawCross(context, theme, px, py) {
  context.strokeStyle = formatColor(theme.accent);
  context.lineWidth = 2;
  context.beginPath();
  for (const [dx, dy] of [
    [9, 0],
    [0, 9],
  ]) {
    context.moveTo(px - dx, py - dy);
    context.lineTo(px + dx, py + dy);
  }
  context.stroke();
}
