/** The network: input maps, then the response map of every unit of every layer, linked as the layers are. */
import { drawLabel } from "../draw/axes.js";
import { arrange, GAP, GUTTER } from "./columns.js";
import { resolveInputs } from "./graph.js";
import { drawMap, findSample, PixelBuffer, paintSigned } from "../draw/heat_map.js";
import { CanvasCache } from "../draw/canvas_cache.js";
import { sliceMatrices, drawPlainLinks, drawWeightedLinks } from "./links.js";
import { formatColor } from "../draw/theme.js";

/** @import { Cell, Slot } from "./columns.js" */
/** @import { Reading } from "../stream/protocol.js" */
/** @import { Point, Ui } from "../ui.js" */
/** @typedef {{name: string, cells: Cell[], count: number, hidden: number, missing: boolean}} Column */
/** @typedef {import("./columns.js").Cell & {layer: number, unit: number}} UnitCell */

/** So many units a run sends at most. */
const MAX_UNITS = 1024;
const INPUT_CELLS = 24;

export class NetworkView {
  channels = ["units", "weights"];

  /** @param {Ui} ui @param {import("./panel.js").Panel} panel whose canvas it draws on */
  constructor(ui, panel) {
    this.ui = ui;
    this.panel = panel;
    this.linkCache = new CanvasCache();
    this.unitBuffer = new PixelBuffer();
    this.inputBuffer = new PixelBuffer();
    /** @type {UnitCell[]} */
    this.cells = [];
  }

  /** Whether the run sends unit maps. */
  get available() {
    return Boolean(this.ui.run.latest.units);
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {Slot[]} slots @param {number} top @param {number} bottom
   * @param {Point | null} pointer
   */
  draw(context, slots, top, bottom, pointer) {
    const { run, theme } = this.ui;
    const reading = run.latest.units;
    if (!reading) return false;
    const shape = /** @type {[number, number, number]} */ (reading.shape);
    // All maps in one buffer: one call of putImageData a frame, and not one a unit.
    paintSigned(this.unitBuffer, /** @type {Int8Array} */ (reading.values), shape, theme);
    const columns = this.#buildColumns(slots, top, bottom);
    this.cells = /** @type {UnitCell[]} */ (columns.slice(1).flatMap(({ cells }) => cells));
    const geometry = columns.map(({ name, cells }) => [name, cells.length, cells[0]?.x, cells[0]?.y, cells[0]?.size]);
    // Thousands of curves that only change with the weights: a hover redraws units alone.
    this.linkCache.draw(
      context,
      this.panel,
      JSON.stringify([theme.text, top, bottom, geometry, run.latest.weights ? run.frameCount : 0]),
      (cacheContext) => this.#drawLinks(cacheContext, columns),
    );
    context.imageSmoothingEnabled = true;
    this.#drawInputs(context, columns[0].cells);
    for (const cell of this.cells) {
      drawMap(context, this.unitBuffer, cell.unit, shape, {
        x: cell.x,
        y: cell.y,
        width: cell.size,
        height: cell.size,
      });
      this.#drawFrame(context, cell, cell === this.#findCell(pointer));
    }
    context.fillStyle = formatColor(theme.muted);
    context.textAlign = "center";
    context.textBaseline = "bottom";
    columns.forEach(({ hidden, missing }, i) => {
      const slot = slots[i - 1];
      if (missing)
        context.fillText(
          this.ui.t("units_too_many"),
          (slot.left + slot.right) / 2,
          (top + bottom) / 2,
          slot.right - slot.left,
        );
      if (hidden)
        context.fillText(
          this.ui.t("more_units", { count: this.ui.format.integer(hidden) }),
          (slot.left + slot.right) / 2,
          bottom,
        );
    });
    const cell = this.#findCell(pointer);
    if (cell && pointer) this.#showTooltip(cell, pointer, reading);
    return Boolean(cell);
  }

  /** The input column and one per layer. @param {Slot[]} slots @param {number} top @param {number} bottom */
  #buildColumns(slots, top, bottom) {
    const { run } = this.ui;
    const names = run.channels.get("units")?.series ?? [];
    const inputs = arrange(2, { left: 0, right: GUTTER - GAP * 2 }, top, bottom);
    /** @type {Column[]} */
    const columns = [{ name: "input", cells: inputs.cells, count: 2, hidden: 0, missing: false }];
    run.layers.forEach((name, layer) => {
      /** @type {number[]} */
      const units = [];
      names.forEach((layerOfUnit, unit) => layerOfUnit === name && units.push(unit));
      const { cells, hidden } = arrange(units.length, slots[layer], top, bottom);
      columns.push({
        name,
        hidden,
        count: units.length,
        missing: !units.length && names.length >= MAX_UNITS,
        cells: cells.map((cell) => ({ ...cell, layer, unit: units[cell.index] })),
      });
    });
    return columns;
  }

  /** @param {CanvasRenderingContext2D} context @param {Column[]} columns */
  #drawLinks(context, columns) {
    const names = columns.map(({ name }) => name);
    const inputsOf = resolveInputs(this.ui.run.graph, names);
    const matrices = sliceMatrices(this.ui.run, columns, inputsOf);
    for (const to of columns.slice(1)) {
      const matrix = matrices.get(to.name);
      let first = 0;
      for (const from of (inputsOf.get(to.name) ?? []).map((index) => columns[index])) {
        if (matrix) drawWeightedLinks(context, from, to, matrix, first, this.ui.theme);
        else drawPlainLinks(context, from, to, Boolean(this.ui.run.findNode(to.name)?.unitwise), this.ui.theme);
        first += from.count;
      }
    }
  }

  /** The two inputs as maps of themselves: x grows to the right, y upwards. @param {CanvasRenderingContext2D} context @param {Cell[]} cells */
  #drawInputs(context, cells) {
    const n = INPUT_CELLS;
    const values = new Int8Array(2 * n * n);
    for (let row = 0; row < n; row += 1) {
      for (let column = 0; column < n; column += 1) {
        values[row * n + column] = -127 + (254 * column) / (n - 1);
        values[(n + row) * n + column] = -127 + (254 * row) / (n - 1);
      }
    }
    paintSigned(this.inputBuffer, values, [2, n, n], this.ui.theme);
    cells.forEach((cell, i) => {
      drawMap(context, this.inputBuffer, i, [2, n, n], { x: cell.x, y: cell.y, width: cell.size, height: cell.size });
      this.#drawFrame(context, cell, false);
    });
    context.textAlign = "left";
    context.textBaseline = "middle";
    cells.forEach((cell, i) => drawLabel(context, i ? "y" : "x", cell.x + 4, cell.y + 8, this.ui.theme));
  }

  /** @param {CanvasRenderingContext2D} context @param {Cell} cell @param {boolean} strong */
  #drawFrame(context, cell, strong) {
    context.strokeStyle = formatColor(this.ui.theme.text, strong ? 1 : 0.28);
    context.lineWidth = strong ? 2 : 1;
    context.strokeRect(cell.x - 0.5, cell.y - 0.5, cell.size + 1, cell.size + 1);
  }

  /** @param {Point | null} pointer */
  #findCell(pointer) {
    if (!pointer) return undefined;
    return this.cells.find(
      ({ x, y, size }) => pointer.x >= x && pointer.x < x + size && pointer.y >= y && pointer.y < y + size,
    );
  }

  /** @param {UnitCell} cell @param {Point} pointer @param {Reading} reading */
  #showTooltip(cell, pointer, { values, shape }) {
    const { ui } = this;
    const [, height, width] = shape;
    const scale = ui.run.latest.units_scale?.values[cell.unit] ?? NaN;
    const column = findSample((pointer.x - cell.x) / cell.size, width);
    // The first row of a map is the plane's lowest.
    const row = height - 1 - findSample((pointer.y - cell.y) / cell.size, height);
    const share = values[(cell.unit * height + row) * width + column] / 127;
    ui.tooltip.show(
      this.panel.canvas,
      pointer.x,
      pointer.y,
      `${ui.formatLayer(ui.run.layers[cell.layer])} · ${ui.t("unit", { number: String(cell.index + 1) })}`,
      [
        {
          name: ui.t("activation"),
          // Sent in 127 steps: more digits were not measured.
          value: ui.format.short(Number((share * scale).toPrecision(2))),
          color: ui.theme.valueColor(share),
          mark: "dot",
        },
        { name: ui.t("unit_range"), value: `± ${ui.format.short(scale)}` },
      ],
    );
  }
}
