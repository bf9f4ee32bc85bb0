/** Marks curve and arrows: functions of one input, and displacements on the plane. */
import { drawXAxis, drawYAxis } from "../draw/axes.js";
import { createLinearScale, roundDomain } from "../draw/scale.js";
import { formatColor } from "../draw/theme.js";
import { drawArrows } from "./attack.js";
import { MarkView } from "./mark_view.js";
import { findFiniteRange } from "./maps.js";

/** @typedef {import("../stream/protocol.js").Reading} Reading */

export class FunctionView extends MarkView {
  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, { values, shape }) {
    const { panel, ui } = this;
    const count = shape[shape.length - 1];
    const box = { left: 42, top: 8, right: panel.width - 8, bottom: panel.height - 22 };
    const x = createLinearScale(
      [this.channel?.extent?.[0] ?? 0, this.channel?.extent?.[1] ?? count - 1],
      box.left,
      box.right,
    );
    const y = createLinearScale(roundDomain(...findFiniteRange(values)), box.bottom, box.top);
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    drawYAxis(context, box, y, look);
    drawXAxis(context, box, x, { ...look, unit: "x" });
    context.lineWidth = 2;
    context.lineJoin = "round";
    for (let line = 0; line < values.length / count; line += 1) {
      context.beginPath();
      for (let i = 0; i < count; i += 1) {
        const value = values[line * count + i];
        // The first `lineTo` of a path only moves there.
        if (Number.isFinite(value)) context.lineTo(box.left + (i / (count - 1)) * (box.right - box.left), y.map(value));
      }
      context.strokeStyle = formatColor(line ? ui.theme.classColor(line) : ui.theme.accent);
      context.stroke();
    }
    panel.describe(`${ui.format.value(values[0])} … ${ui.format.value(values[values.length - 1])}`);
  }
}

export class ArrowsView extends MarkView {
  /** @param {CanvasRenderingContext2D} context @param {Reading} reading rows of x, y, to x, to y, whether it counts */
  paint(context, reading) {
    const { panel, ui } = this;
    const [x0, x1, y0, y1] = this.channel?.extent ?? [-1, 1, -1, 1];
    const side = Math.min(panel.height - 30, panel.width - 50);
    if (side < 24) return;
    const left = Math.max(42, (panel.width - side) / 2);
    const box = { left, top: 8, right: left + side, bottom: 8 + side };
    const [x, y] = [createLinearScale([x0, x1], box.left, box.right), createLinearScale([y0, y1], box.bottom, box.top)];
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    drawYAxis(context, box, y, look);
    drawXAxis(context, box, x, { ...look, unit: "x" });
    drawArrows(context, ui, x, y, reading);
    panel.describe(ui.format.integer(reading.shape[0]));
  }
}
