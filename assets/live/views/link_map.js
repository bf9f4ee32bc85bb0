/** Mark links: a number for every link of the network, between columns of units; as strips where the units are not known. */
import { Picture, paintSigned } from "../draw/heat_map.js";
import { css } from "../draw/theme.js";
import { feeds } from "./graph.js";
import { matrices, weightedLinks } from "./links.js";
import { MarkView, signed } from "./mark_view.js";

/** @typedef {import("../stream/protocol.js").Reading} Reading */

const HEAD = 14;
const LARGEST = 8;

export class LinkMapView extends MarkView {
  picture = new Picture();

  legend = () => [this.ramp("−", "+")];

  /** @param {CanvasRenderingContext2D} context @param {Reading} reading */
  paint(context, reading) {
    const { ui } = this;
    const columns = this.#columns();
    const names = columns.map(({ name }) => name);
    const fed = feeds(ui.run.graph, names);
    const known = matrices(ui.run, columns, fed, this.key);
    if (!known.size) {
      this.#strip(context, reading);
      return;
    }
    for (const to of columns.slice(1)) {
      const matrix = known.get(to.name);
      let first = 0;
      for (const place of fed.get(to.name) ?? []) {
        if (matrix) weightedLinks(context, columns[place], to, matrix, first, ui.theme);
        first += columns[place].count;
      }
    }
    context.textBaseline = "top";
    for (const { name, cells } of columns) {
      context.textAlign = name === "input" ? "left" : name === "output" ? "right" : "center";
      context.fillStyle = css(ui.theme.text);
      for (const { x, y, size } of cells) context.fillRect(x, y, size, size);
      const label = name === "input" ? ui.t("layer_input") : ui.layer(name).split(" ")[0];
      const at = { left: 0, right: this.panel.width, center: (cells[0]?.x ?? 0) + (cells[0]?.size ?? 0) / 2 };
      if (cells.length) context.fillText(label, at[context.textAlign], 0);
    }
    this.panel.describe(names.map((name) => ui.layer(name)).join(", "));
  }

  /** The inputs and one column for each layer that has unit maps. */
  #columns() {
    const { run } = this.ui;
    const owners = run.channels.get("units")?.series ?? [];
    const counts = [2, ...run.layers.map((name) => owners.filter((owner) => owner === name).length)];
    const each = (this.panel.width - 24) / Math.max(1, counts.length - 1);
    return ["input", ...run.layers].map((name, place) => {
      const count = counts[place];
      const gap = (this.panel.height - HEAD - 4) / Math.max(1, count);
      const size = Math.max(2, Math.min(LARGEST, gap - 2));
      const cells = Array.from({ length: count }, (_, index) => ({
        index,
        x: 12 + place * each - size / 2,
        y: HEAD + (index + 0.5) * gap - size / 2,
        size,
      }));
      return { name, count, cells };
    });
  }

  /** All numbers in reading order. @param {CanvasRenderingContext2D} context @param {Reading} reading */
  #strip(context, reading) {
    const { panel, ui } = this;
    const numbers = signed(reading);
    const across = Math.max(1, Math.ceil(Math.sqrt((numbers.length * panel.width) / Math.max(1, panel.height))));
    const rows = Math.ceil(numbers.length / across);
    const padded = new Int8Array(across * rows);
    padded.set(numbers);
    paintSigned(this.picture, padded, [rows, 1, across], ui.theme);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.picture.canvas, 0, 0, panel.width, panel.height);
  }
}
