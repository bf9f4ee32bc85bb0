/** The prediction of a network with one input, with the examples. */
import { drawXAxis, drawYAxis, drawVerticalLine } from "../draw/axes.js";
import { createLegendItem } from "../draw/legend.js";
import { Panel } from "./panel.js";
import { drawDisagreementBand } from "./disagreement.js";
import { createLinearScale, roundDomain } from "../draw/scale.js";
import { formatColor } from "../draw/theme.js";

/** @import { Box } from "../draw/axes.js" */
/** @import { Scale } from "../draw/scale.js" */
/** @import { Values } from "../stream/protocol.js" */
/** @import { Point, Ui } from "../ui.js" */

export class CurveView {
  channels = ["curve", "spread"];

  /** @param {Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.panel = new Panel(ui, { key: "curve", title: "curve", help: "curve_help", enlarge: "output" });
    this.node = this.panel.node;
    /** @type {Point | null} */
    this.pointer = null;
    this.panel.onPointer = (pointer) => {
      this.pointer = pointer;
      if (!pointer) ui.tooltip.hide(this.panel.canvas);
      ui.redraw();
    };
  }

  legend = () => {
    const { theme, t } = this.ui;
    return [
      createLegendItem("solid", theme.accent, t("prediction")),
      createLegendItem("dot", theme.muted, t("train")),
      createLegendItem("ring", theme.muted, t("validation")),
    ];
  };

  draw() {
    const context = this.panel.beginDrawing();
    const curve = this.ui.run.latest.curve;
    if (!context || !curve) return;
    const { panel, ui } = this;
    const [x0, x1] = ui.run.channels.get("curve")?.extent ?? [-1, 1];
    const box = { left: 42, top: 8, right: panel.width - 8, bottom: panel.height - 22 };
    const x = createLinearScale([x0, x1], box.left, box.right);
    const y = createLinearScale(this.#computeDomain(curve.values), box.bottom, box.top);
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    drawYAxis(context, box, y, look);
    drawXAxis(context, box, x, { ...look, unit: "x" });
    drawDisagreementBand(context, ui, box, y);
    this.#drawPoints(context, x, y);
    this.#drawLine(context, curve.values, box, y);
    this.#drawCursor(context, curve.values, box, x, y);
    const r2 = ui.run.readEpochValue("validation_metric");
    panel.describe(`${ui.t("r2")} ${ui.format.fixed(r2, 3)}`);
  }

  /** The axis spans the examples: an early prediction far off leaves the plot instead of flattening it. @param {Values} curve */
  #computeDomain(curve) {
    const points = this.ui.run.points;
    let [low, high] = [Infinity, -Infinity];
    const include = (/** @type {number} */ value) => {
      low = Math.min(low, value);
      high = Math.max(high, value);
    };
    if (points) for (let i = 0; i < points.shape[0]; i += 1) include(points.values[i * points.shape[1] + 1]);
    else curve.forEach((value) => Number.isFinite(value) && include(value));
    const margin = (high - low) * 0.08;
    return roundDomain(low - margin, high + margin);
  }

  /** @param {CanvasRenderingContext2D} context @param {Scale} x @param {Scale} y */
  #drawPoints(context, x, y) {
    const { run, theme } = this.ui;
    if (!run.points) return;
    const [count, width] = run.points.shape;
    for (let i = 0; i < count; i += 1) {
      const offset = i * width;
      const validation = run.points.values[offset + 3] > 0;
      context.beginPath();
      context.arc(x.map(run.points.values[offset]), y.map(run.points.values[offset + 1]), 2.5, 0, 2 * Math.PI);
      context.fillStyle = formatColor(validation ? theme.ground : theme.muted, validation ? 0.8 : 0.75);
      context.fill();
      context.lineWidth = 1.25;
      context.strokeStyle = formatColor(theme.muted);
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Values} values @param {Box} box @param {Scale} y */
  #drawLine(context, values, box, y) {
    context.save();
    context.beginPath();
    // A line far outside would be drawn over the axes.
    context.rect(box.left, box.top - 1, box.right - box.left, box.bottom - box.top + 2);
    context.clip();
    context.beginPath();
    // A value that is not finite is a gap, not a jump to the next one.
    let penDown = false;
    values.forEach((value, i) => {
      const px = box.left + (i / (values.length - 1)) * (box.right - box.left);
      if (!Number.isFinite(value)) penDown = false;
      else if (penDown) context.lineTo(px, y.map(value));
      else {
        context.moveTo(px, y.map(value));
        penDown = true;
      }
    });
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.strokeStyle = formatColor(this.ui.theme.accent);
    context.stroke();
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {Values} values @param {Box} box @param {Scale} x @param {Scale} y */
  #drawCursor(context, values, box, x, y) {
    const { pointer, ui } = this;
    if (!pointer || pointer.x < box.left || pointer.x > box.right) return;
    drawVerticalLine(context, box, pointer.x, formatColor(ui.theme.text, 0.6), this.panel.ratio);
    const value = values[Math.round(((pointer.x - box.left) / (box.right - box.left)) * (values.length - 1))];
    const rows = [{ name: ui.t("prediction"), value: ui.format.value(value), color: ui.theme.accent }];
    ui.tooltip.show(
      this.panel.canvas,
      pointer.x,
      pointer.y,
      `x ${ui.format.coordinate(x.invert(pointer.x), x.domain[1] - x.domain[0])}`,
      rows,
    );
    if (!Number.isFinite(value)) return;
    context.beginPath();
    context.arc(pointer.x, y.map(value), 3.5, 0, 2 * Math.PI);
    context.fillStyle = formatColor(ui.theme.accent);
    context.fill();
  }
}
