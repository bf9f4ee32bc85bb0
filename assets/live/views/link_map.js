/** Mark links: a number for every link of the network, drawn between columns of units; as pixels where units are not known. */
import { PixelBuffer, paintSigned } from "../draw/heat_map.js";
import { formatColor } from "../draw/theme.js";
import { resolveInputs } from "./graph.js";
import { sliceMatrices, drawWeightedLinks } from "./links.js";
import { MarkView, quantize } from "./mark_view.js";

/** @typedef {import("../stream/protocol.js").Reading} Reading */

const LABEL_HEIGHT = 14;
const MAX_CELL = 8;

export class LinkMapView extends MarkView {
  buffer = new PixelBuffer();

  legend = () => [this.createRamp("−", "+")];

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, reading) {
    const { ui } = this;
    const columns = this.#buildColumns();
    const names = columns.map(({ name }) => name);
    const inputsOf = resolveInputs(ui.run.graph, names);
    const matrices = sliceMatrices(ui.run, columns, inputsOf, this.key);
    // The numbers do not fit the columns, or the run sends no unit maps.
    if (!matrices.size) {
      this.#drawStrip(context, reading);
      return;
    }
    for (const to of columns.slice(1)) {
      const matrix = matrices.get(to.name);
      let first = 0;
      for (const index of inputsOf.get(to.name) ?? []) {
        if (matrix) drawWeightedLinks(context, columns[index], to, matrix, first, ui.theme);
        first += columns[index].count;
      }
    }
    context.textBaseline = "top";
    for (const { name, cells } of columns) {
      context.textAlign = name === "input" ? "left" : name === "output" ? "right" : "center";
      context.fillStyle = formatColor(ui.theme.text);
      for (const { x, y, size } of cells) context.fillRect(x, y, size, size);
      const label = name === "input" ? ui.t("layer_input") : ui.formatLayer(name).split(" ")[0];
      const anchors = { left: 0, right: this.panel.width, center: (cells[0]?.x ?? 0) + (cells[0]?.size ?? 0) / 2 };
      if (cells.length) context.fillText(label, anchors[context.textAlign], 0);
    }
    this.panel.describe(names.map((name) => ui.formatLayer(name)).join(", "));
  }

  /** The inputs and one column for each layer that has unit maps. */
  #buildColumns() {
    const { run } = this.ui;
    const unitLayers = run.channels.get("units")?.series ?? [];
    const counts = [2, ...run.layers.map((name) => unitLayers.filter((layer) => layer === name).length)];
    const spacing = (this.panel.width - 24) / Math.max(1, counts.length - 1);
    return ["input", ...run.layers].map((name, index) => {
      const count = counts[index];
      const gap = (this.panel.height - LABEL_HEIGHT - 4) / Math.max(1, count);
      const size = Math.max(2, Math.min(MAX_CELL, gap - 2));
      const cells = Array.from({ length: count }, (_, index) => ({
        index,
        x: 12 + index * spacing - size / 2,
        y: LABEL_HEIGHT + (index + 0.5) * gap - size / 2,
        size,
      }));
      return { name, count, cells };
    });
  }

  /** All numbers as pixels in reading order. @param {CanvasRenderingContext2D} context @param {Reading} reading */
  #drawStrip(context, reading) {
    const { panel, ui } = this;
    const numbers = quantize(reading);
    const across = Math.max(1, Math.ceil(Math.sqrt((numbers.length * panel.width) / Math.max(1, panel.height))));
    const rows = Math.ceil(numbers.length / across);
    const padded = new Int8Array(across * rows);
    padded.set(numbers);
    paintSigned(this.buffer, padded, [rows, 1, across], ui.theme);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.buffer.canvas, 0, 0, panel.width, panel.height);
  }
}
