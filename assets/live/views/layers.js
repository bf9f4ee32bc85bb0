/** The middle of the screen: every layer in one column, its units above, its activations over time and their numbers below. */
import { vertical, xAxis, yAxis } from "../draw/axes.js";
import { legendRamp } from "../draw/legend.js";
import { GUTTER, MOST_LAYERS, neededWidth, slots } from "./columns.js";
import { element } from "../draw/dom.js";
import { Picture } from "../draw/heat_map.js";
import { extent, paintHistogram, ROW, shades } from "../draw/histogram.js";
import { drawLine } from "../draw/lines.js";
import { Numbers } from "./numbers.js";
import { Panel } from "./panel.js";
import { linear, niceDomain } from "../draw/scale.js";
import { NetworkView } from "./network.js";
import { css } from "../draw/theme.js";

/** @import { Box } from "../draw/axes.js" */
/** @import { Scale } from "../draw/scale.js" */
/** @import { Trace } from "../stream/trace.js" */
/** @import { Point, Ui } from "../ui.js" */
/** @import { Slot } from "./columns.js" */

const HEAD = 20;
const STAGE_SHARE = 0.54;

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
    this.panel.toggle(ui.t("shared_scale"), ui.t("shared_scale_help"), "shared_scale", true);
    this.stage = new NetworkView(ui, this.panel);
    this.numbers = new Numbers(ui);
    this.channels = ["activation_histogram", ...this.numbers.channels, ...this.stage.channels];
    this.depth = element("div", { class: "tp-depth" }, [this.panel.plot, this.numbers.node]);
    this.panel.body.append(element("div", { class: "tp-scroll" }, [this.depth]));
    /** @type {Picture[]} */
    this.pictures = [];
    /** @type {Slot[]} */
    this.columns = [];
    /** Where the histograms begin. */
    this.top = 0;
    /** The layer whose histogram the pointer is over, or -1. */
    this.over = -1;
    /** @type {Point | null} */
    this.pointer = null;
    this.panel.pointer = (pointer) => this.#hover(pointer);
    this.panel.move = (direction) => this.#walk(direction);
  }

  legend = () => {
    const { theme, t } = this.ui;
    const first = this.ui.run.channels.has("members") ? [element("span", { text: t("member", { number: "1" }) })] : [];
    return [...first, legendRamp(t("few"), [css(theme.text, 0.1), css(theme.text)], t("many"))];
  };

  draw() {
    const { ui, panel } = this;
    const { layers } = ui.run;
    const many = layers.length > MOST_LAYERS;
    panel.note(many ? ui.t("layers_too_many", { count: ui.format.integer(layers.length) }) : "");
    this.depth.style.minWidth = many ? "" : `${neededWidth(layers.length)}px`;
    this.numbers.draw(many ? [] : layers);
    const context = panel.begin();
    if (!context || many || !ui.run.frames) return;
    const columns = slots(panel.width, layers.length);
    const bottom = panel.height - 22;
    const split = this.stage.shown ? Math.round(HEAD + (bottom - HEAD) * STAGE_SHARE) : HEAD;
    this.top = split + (this.stage.shown ? 12 : 4);
    this.columns = columns;
    this.#names(context, columns);
    const onUnit = this.stage.shown && this.stage.draw(context, columns, HEAD + 10, split, this.pointer);
    if (!onUnit && this.pointer && this.pointer.y < this.top) ui.tooltip.hide(panel.canvas);
    this.#histograms(context, columns, bottom);
    panel.describe(
      layers
        .map((name) => `${ui.layer(name)} ${ui.t("std")} ${this.numbers.at(name, ui.run.step)[1].value}`)
        .join(", "),
    );
  }

  /** @param {CanvasRenderingContext2D} context @param {Slot[]} columns */
  #names(context, columns) {
    const { ui } = this;
    context.font = `600 11px ${ui.theme.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    ui.run.layers.forEach((name, i) => {
      const { left, right } = columns[i];
      context.fillStyle = css(ui.color(name));
      context.fillRect(left, 5, 8, 8);
      context.fillStyle = css(ui.theme.text);
      const label = ui.layer(name);
      const fits = context.measureText(label).width <= right - left - 12;
      context.fillText(fits ? label : label.split(" ")[0], left + 12, 9.5, right - left - 12);
    });
    context.font = `11px ${ui.theme.font}`;
    if (!this.stage.shown) return;
    context.fillStyle = css(ui.theme.muted);
    context.textAlign = "center";
    context.fillText(ui.t("layer_input"), (GUTTER - 16) / 2, 9.5);
  }

  /** @param {CanvasRenderingContext2D} context @param {Slot[]} columns @param {number} bottom */
  #histograms(context, columns, bottom) {
    const { ui, top } = this;
    const channel = ui.run.channels.get("activation_histogram");
    const trace = ui.run.traces.activation_histogram;
    if (!channel || !trace?.length || bottom - top < 30) return;
    const hidden = channel.series
      .map((_, i) => i)
      .filter((i) => channel.series.length < 2 || i < channel.series.length - 1);
    const shared = niceDomain(...extent(trace, hidden));
    context.fillStyle = css(ui.theme.muted);
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(ui.t("activation"), 0, bottom + 5);
    channel.series.forEach((name, layer) => {
      const slot = columns[ui.run.layers.indexOf(name)];
      const box = { left: slot.left, right: slot.right, top, bottom };
      const common = this.panel.on && hidden.includes(layer);
      this.#histogram(context, box, trace, layer, common ? shared : niceDomain(...extent(trace, [layer])), common);
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {Box} box @param {Trace} trace @param {number} layer @param {[number, number]} domain
   * @param {boolean} common whether all layers have this domain
   */
  #histogram(context, box, trace, layer, domain, common) {
    const { ui, panel } = this;
    const name = ui.run.channels.get("activation_histogram")?.series[layer] ?? "";
    const picture = (this.pictures[layer] ??= new Picture());
    const [width, height] = [Math.floor(box.right - box.left), Math.floor(box.bottom - box.top)];
    paintHistogram(picture, trace, layer, { width, height, span: ui.run.span, domain, colors: shades(ui.color(name)) });
    const x = linear(ui.run.span, box.left, box.right);
    const y = linear(domain, box.bottom, box.top);
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    context.fillStyle = css(ui.theme.text, 0.025);
    context.fillRect(box.left, box.top, width, height);
    yAxis(context, box, y, { ...look, labels: false });
    context.imageSmoothingEnabled = false;
    context.drawImage(picture.canvas, box.left, box.top, width, height);
    if (!common || layer === 0) yAxis(context, box, y, { ...look, inside: !common, bare: true });
    xAxis(context, box, x, { ...look, unit: width > 120 ? ui.t("steps") : undefined });
    this.#mean(context, box, name, x, y);
    for (const event of ui.run.log)
      if (event.kind === "edit")
        vertical(context, box, x.map(event.step), css(ui.theme.text, 0.45), panel.ratio, [2, 3]);
    if (ui.cursor.step !== null) vertical(context, box, x.map(ui.cursor.step), css(ui.theme.text, 0.6), panel.ratio);
    if (ui.cursor.step !== null && ui.cursor.chart === this && this.over === layer)
      this.#tell(ui.cursor.step, layer, name, box, x);
  }

  /** The mean as a thin line through the cloud. @param {CanvasRenderingContext2D} context @param {Box} box @param {string} name @param {Scale} x @param {Scale} y */
  #mean(context, box, name, x, y) {
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
  #tell(step, layer, name, box, x) {
    const { ui } = this;
    const trace = ui.run.traces.activation_histogram;
    const at = trace.nearest(step);
    const rows = this.numbers.at(name, step);
    const [low, high] = [trace.at(at, layer * ROW), trace.at(at, layer * ROW + 1)];
    rows.unshift({
      name: ui.t("unit_range"),
      value: `${ui.format.short(Number(low.toPrecision(3)))} … ${ui.format.short(Number(high.toPrecision(3)))}`,
    });
    const pointer = this.pointer ?? { x: x.map(step), y: box.top };
    ui.tooltip.show(
      this.panel.canvas,
      pointer.x,
      pointer.y,
      `${ui.layer(name)} · ${ui.t("steps")} ${ui.format.integer(step)}`,
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
    this.over = slot < 0 ? -1 : series.indexOf(ui.run.layers[slot]);
    if (!pointer || this.over < 0) {
      if (!pointer) ui.tooltip.hide(this.panel.canvas);
      ui.point(null, null);
      return;
    }
    const { left, right } = this.columns[slot];
    const [first, last] = ui.run.span;
    ui.point(trace.steps[trace.nearest(first + ((pointer.x - left) / (right - left)) * (last - first))], this);
  }

  /** @param {number} direction */
  #walk(direction) {
    const trace = this.ui.run.traces.activation_histogram;
    if (!trace?.length) return;
    const { cursor } = this.ui;
    const now = cursor.step === null ? trace.length : trace.nearest(cursor.step);
    if (!(this.over >= 0)) this.over = 0;
    this.ui.point(trace.steps[Math.min(trace.length - 1, Math.max(0, now + direction))], this);
  }
}
