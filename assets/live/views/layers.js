/** The middle of the screen: one column a layer, with unit maps above, activations over steps and their numbers below. */
import { drawVerticalLine, drawXAxis, drawYAxis } from "../draw/axes.js";
import { createLegendRamp } from "../draw/legend.js";
import { GUTTER, MAX_LAYERS, computeMinWidth, layOutColumns } from "./columns.js";
import { createElement } from "../draw/dom.js";
import { PixelBuffer } from "../draw/heat_map.js";
import { findExtent, paintHistogram, ROW_SIZE, buildShades } from "../draw/histogram.js";
import { drawLine } from "../draw/lines.js";
import { NumberTable } from "./numbers.js";
import { Panel } from "./panel.js";
import { createLinearScale, roundDomain } from "../draw/scale.js";
import { NetworkView } from "./network.js";
import { formatColor } from "../draw/theme.js";

/** @import { Box } from "../draw/axes.js" */
/** @import { Scale } from "../draw/scale.js" */
/** @import { Trace } from "../stream/trace.js" */
/** @import { Point, Ui } from "../ui.js" */
/** @import { Slot } from "./columns.js" */

const NAME_HEIGHT = 20;
const NETWORK_SHARE = 0.54;

export class LayersView {
  /** @param {Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.panel = new Panel(ui, {
      key: "layers",
      title: "layers",
      help: "layers_help",
      enlarge: "activation_histogram",
    });
    this.node = this.panel.node;
    this.panel.addToggle(ui.t("shared_scale"), ui.t("shared_scale_help"), "shared_scale", true);
    this.network = new NetworkView(ui, this.panel);
    this.numbers = new NumberTable(ui);
    this.channels = ["activation_histogram", ...this.numbers.channels, ...this.network.channels];
    this.content = createElement("div", { class: "tp-depth" }, [this.panel.plot, this.numbers.node]);
    // Canvas and table scroll sideways together, or columns and numbers would part.
    this.panel.body.append(createElement("div", { class: "tp-scroll" }, [this.content]));
    /** @type {PixelBuffer[]} */
    this.buffers = [];
    /** @type {Slot[]} */
    this.columns = [];
    /** Upper end of the histograms, in CSS pixels. */
    this.top = 0;
    /** The layer whose histogram the pointer is over, or -1. */
    this.hoveredLayer = -1;
    /** @type {Point | null} */
    this.pointer = null;
    this.panel.onPointer = (pointer) => this.#hover(pointer);
    this.panel.onMove = (direction) => this.#moveCursor(direction);
  }

  legend = () => {
    const { theme, t } = this.ui;
    const first = this.ui.run.channels.has("members")
      ? [createElement("span", { text: t("member", { number: "1" }) })]
      : [];
    return [...first, createLegendRamp(t("few"), [formatColor(theme.text, 0.1), formatColor(theme.text)], t("many"))];
  };

  draw() {
    const { ui, panel } = this;
    const { layers } = ui.run;
    const tooMany = layers.length > MAX_LAYERS;
    panel.showNote(tooMany ? ui.t("layers_too_many", { count: ui.format.integer(layers.length) }) : "");
    this.content.style.minWidth = tooMany ? "" : `${computeMinWidth(layers.length)}px`;
    this.numbers.draw(tooMany ? [] : layers);
    const context = panel.beginDrawing();
    if (!context || tooMany || !ui.run.frameCount) return;
    const columns = layOutColumns(panel.width, layers.length);
    const bottom = panel.height - 22;
    const split = this.network.available
      ? Math.round(NAME_HEIGHT + (bottom - NAME_HEIGHT) * NETWORK_SHARE)
      : NAME_HEIGHT;
    this.top = split + (this.network.available ? 12 : 4);
    this.columns = columns;
    this.#drawNames(context, columns);
    const onUnit = this.network.available && this.network.draw(context, columns, NAME_HEIGHT + 10, split, this.pointer);
    // The network and the histograms share one canvas and one tooltip.
    if (!onUnit && this.pointer && this.pointer.y < this.top) ui.tooltip.hide(panel.canvas);
    this.#drawHistograms(context, columns, bottom);
    panel.describe(
      layers
        .map((name) => `${ui.formatLayer(name)} ${ui.t("std")} ${this.numbers.readRows(name, ui.run.step)[1].value}`)
        .join(", "),
    );
  }

  /** @param {CanvasRenderingContext2D} context @param {Slot[]} columns */
  #drawNames(context, columns) {
    const { ui } = this;
    context.font = `600 11px ${ui.theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    ui.run.layers.forEach((name, i) => {
      const { left, right } = columns[i];
      context.fillStyle = formatColor(ui.layerColor(name));
      context.fillRect(left, 5, 8, 8);
      context.fillStyle = formatColor(ui.theme.text);
      const label = ui.formatLayer(name);
      // "2 dense" becomes "2": the number is enough to find the layer elsewhere.
      const fits = context.measureText(label).width <= right - left - 12;
      context.fillText(fits ? label : label.split(" ")[0], left + 12, 9.5, right - left - 12);
    });
    context.font = `11px ${ui.theme.font}`;
    if (!this.network.available) return;
    context.fillStyle = formatColor(ui.theme.muted);
    context.textAlign = "center";
    context.fillText(ui.t("layer_input"), (GUTTER - 16) / 2, 9.5);
  }

  /** @param {CanvasRenderingContext2D} context @param {Slot[]} columns @param {number} bottom */
  #drawHistograms(context, columns, bottom) {
    const { ui, top } = this;
    const channel = ui.run.channels.get("activation_histogram");
    const trace = ui.run.traces.activation_histogram;
    if (!channel || !trace?.length || bottom - top < 30) return;
    // The output is left out of the shared axis: logits and targets have a scale of their own.
    const hidden = channel.series
      .map((_, i) => i)
      .filter((i) => channel.series.length < 2 || i < channel.series.length - 1);
    const shared = roundDomain(...findExtent(trace, hidden));
    context.fillStyle = formatColor(ui.theme.muted);
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(ui.t("activation"), 0, bottom + 5);
    channel.series.forEach((name, layer) => {
      const slot = columns[ui.run.layers.indexOf(name)];
      const box = { left: slot.left, right: slot.right, top, bottom };
      const isShared = this.panel.toggled && hidden.includes(layer);
      this.#drawHistogram(
        context,
        box,
        trace,
        layer,
        isShared ? shared : roundDomain(...findExtent(trace, [layer])),
        isShared,
      );
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {Box} box @param {Trace} trace @param {number} layer @param {[number, number]} domain
   * @param {boolean} isShared whether all layers have this domain
   */
  #drawHistogram(context, box, trace, layer, domain, isShared) {
    const { ui, panel } = this;
    const name = ui.run.channels.get("activation_histogram")?.series[layer] ?? "";
    const buffer = (this.buffers[layer] ??= new PixelBuffer());
    const [width, height] = [Math.floor(box.right - box.left), Math.floor(box.bottom - box.top)];
    paintHistogram(buffer, trace, layer, {
      width,
      height,
      span: ui.run.stepRange,
      domain,
      colors: buildShades(ui.layerColor(name)),
    });
    const x = createLinearScale(ui.run.stepRange, box.left, box.right);
    const y = createLinearScale(domain, box.bottom, box.top);
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    context.fillStyle = formatColor(ui.theme.text, 0.025);
    context.fillRect(box.left, box.top, width, height);
    drawYAxis(context, box, y, { ...look, labels: false });
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer.canvas, box.left, box.top, width, height);
    if (!isShared || layer === 0) drawYAxis(context, box, y, { ...look, inside: !isShared, bare: true });
    drawXAxis(context, box, x, { ...look, unit: width > 120 ? ui.t("steps") : undefined });
    this.#drawMean(context, box, name, x, y);
    for (const event of ui.run.log)
      if (event.kind === "edit")
        drawVerticalLine(context, box, x.map(event.step), formatColor(ui.theme.text, 0.45), panel.ratio, [2, 3]);
    if (ui.cursor.step !== null)
      drawVerticalLine(context, box, x.map(ui.cursor.step), formatColor(ui.theme.text, 0.6), panel.ratio);
    if (ui.cursor.step !== null && ui.cursor.chart === this && this.hoveredLayer === layer)
      this.#showTooltip(ui.cursor.step, layer, name, box, x);
  }

  /** The mean as a thin line over the histogram. @param {CanvasRenderingContext2D} context @param {Box} box @param {string} name @param {Scale} x @param {Scale} y */
  #drawMean(context, box, name, x, y) {
    const { ui } = this;
    const trace = ui.run.traces.activation_mean;
    const column = ui.run.channels.get("activation_mean")?.series.indexOf(name) ?? -1;
    if (!trace || column < 0) return;
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.clip();
    drawLine(context, { name, color: ui.theme.text, alpha: 0.55, thickness: 1, trace, column }, x, y);
    context.restore();
  }

  /** @param {number} step @param {number} layer @param {string} name @param {Box} box @param {Scale} x */
  #showTooltip(step, layer, name, box, x) {
    const { ui } = this;
    const trace = ui.run.traces.activation_histogram;
    const row = trace.findNearest(step);
    const rows = this.numbers.readRows(name, step);
    const [low, high] = [trace.read(row, layer * ROW_SIZE), trace.read(row, layer * ROW_SIZE + 1)];
    rows.unshift({
      name: ui.t("unit_range"),
      value: `${ui.format.short(Number(low.toPrecision(3)))} … ${ui.format.short(Number(high.toPrecision(3)))}`,
    });
    const pointer = this.pointer ?? { x: x.map(step), y: box.top };
    ui.tooltip.show(
      this.panel.canvas,
      pointer.x,
      pointer.y,
      `${ui.formatLayer(name)} · ${ui.t("steps")} ${ui.format.integer(step)}`,
      rows,
    );
  }

  /** @param {Point | null} pointer */
  #hover(pointer) {
    const { ui } = this;
    this.pointer = pointer;
    const series = ui.run.channels.get("activation_histogram")?.series ?? [];
    const trace = ui.run.traces.activation_histogram;
    const slot =
      pointer && pointer.y >= this.top && trace?.length
        ? this.columns.findIndex(({ left, right }) => pointer.x >= left && pointer.x <= right)
        : -1;
    this.hoveredLayer = slot < 0 ? -1 : series.indexOf(ui.run.layers[slot]);
    if (!pointer || this.hoveredLayer < 0) {
      if (!pointer) ui.tooltip.hide(this.panel.canvas);
      ui.setCursor(null, null);
      return;
    }
    const { left, right } = this.columns[slot];
    const [first, last] = ui.run.stepRange;
    ui.setCursor(trace.steps[trace.findNearest(first + ((pointer.x - left) / (right - left)) * (last - first))], this);
  }

  /** @param {number} direction */
  #moveCursor(direction) {
    const trace = this.ui.run.traces.activation_histogram;
    if (!trace?.length) return;
    const { cursor } = this.ui;
    const now = cursor.step === null ? trace.length : trace.findNearest(cursor.step);
    if (!(this.hoveredLayer >= 0)) this.hoveredLayer = 0;
    this.ui.setCursor(trace.steps[Math.min(trace.length - 1, Math.max(0, now + direction))], this);
  }
}
