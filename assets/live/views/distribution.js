/** Mark histogram: the distribution of each series over the steps, side by side on one axis. */
import { drawYAxis } from "../draw/axes.js";
import { PixelBuffer } from "../draw/heat_map.js";
import { findExtent, paintHistogram, buildShades } from "../draw/histogram.js";
import { createLinearScale, roundDomain } from "../draw/scale.js";
import { formatColor } from "../draw/theme.js";
import { MarkView } from "./mark_view.js";

const AXIS_WIDTH = 42;
const LABEL_HEIGHT = 16;
const MIN_WIDTH = 20;
const GAP = 4;

export class DistributionView extends MarkView {
  /** @type {PixelBuffer[]} */
  buffers = [];

  /** @param {CanvasRenderingContext2D} context */
  paint(context) {
    const { panel, ui } = this;
    const trace = ui.run.traces[this.key];
    const names = this.channel?.series ?? [];
    if (!trace?.length || !names.length) return;
    const row = trace.width / names.length;
    const shown = Math.min(names.length, Math.max(1, Math.floor((panel.width - AXIS_WIDTH + GAP) / (MIN_WIDTH + GAP))));
    const columnWidth = (panel.width - AXIS_WIDTH + GAP) / shown;
    const indices = Array.from({ length: shown }, (_, i) => i);
    const domain = roundDomain(...findExtent(trace, indices, row));
    const box = { left: AXIS_WIDTH, top: LABEL_HEIGHT, right: panel.width, bottom: panel.height - 6 };
    const size = { width: Math.floor(columnWidth - GAP), height: Math.floor(box.bottom - box.top) };
    if (size.height < 8) return;
    drawYAxis(context, box, createLinearScale(domain, box.bottom, box.top), {
      theme: ui.theme,
      format: ui.format,
      ratio: panel.ratio,
    });
    // Shades of neighboring moments must not be blurred into each other.
    context.imageSmoothingEnabled = false;
    context.textAlign = "left";
    context.textBaseline = "top";
    for (const index of indices) {
      const buffer = (this.buffers[index] ??= new PixelBuffer());
      const look = { ...size, span: ui.run.stepRange, domain, colors: buildShades(ui.layerColor(names[index])), row };
      paintHistogram(buffer, trace, index, look);
      const left = AXIS_WIDTH + index * columnWidth;
      context.fillStyle = formatColor(ui.theme.text, 0.025);
      context.fillRect(left, box.top, size.width, size.height);
      context.drawImage(buffer.canvas, left, box.top, size.width, size.height);
      context.fillStyle = formatColor(ui.theme.text);
      const label = ui.formatLayer(names[index]);
      const fits = context.measureText(label).width <= size.width;
      context.fillText(fits ? label : label.split(" ")[0], left, 0, size.width);
    }
    panel.describe(names.map((name) => ui.formatLayer(name)).join(", "));
  }
}
