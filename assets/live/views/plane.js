/** The network's output over the input plane, with the data points on it. */
import { drawArrows } from "./attack.js";
import { alignToPixel, drawXOffset, drawYOffset } from "../draw/axes.js";
import { createLegendItem } from "../draw/legend.js";
import { createElement } from "../draw/dom.js";
import { drawMap, findSample, PixelBuffer, paintClasses, paintSigned } from "../draw/heat_map.js";
import { CanvasCache } from "../draw/canvas_cache.js";
import { Panel } from "./panel.js";
import { findTickOffset, createLinearScale } from "../draw/scale.js";
import { paintDisagreement, drawDisagreementBar } from "./disagreement.js";
import { formatColor } from "../draw/theme.js";

/** @import { Box } from "../draw/axes.js" */
/** @import { Scale } from "../draw/scale.js" */
/** @import { Row } from "../draw/tooltip.js" */
/** @import { Reading } from "../stream/protocol.js" */
/** @import { Point, Ui } from "../ui.js" */

const BAR_WIDTH = 12;

export class PlaneView {
  channels = ["output", "disagreement"];

  /** @param {Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.panel = new Panel(ui, { key: "output", title: "output", help: "output_help", enlarge: "output" });
    this.node = this.panel.node;
    this.mapBuffer = new PixelBuffer();
    this.pointCache = new CanvasCache();
    /** @type {Box | null} where the map was drawn last */
    this.box = null;
    /** @type {Scale[]} from the plane to pixels, across and up */
    this.scales = [];
    /** @type {Point | null} */
    this.pointer = null;
    this.panel.addToggle(ui.t("disagreement"), ui.t("disagreement_help"), "disagreement", false);
    this.panel.onPointer = (pointer) => this.#hover(pointer);
  }

  /** How far the members lie apart, where that is what the map shall show. */
  get disagreement() {
    return this.panel.toggled ? this.ui.run.latest.disagreement : undefined;
  }

  /** Number of classes drawn in their own color; 0: values from -1 to 1. */
  get classCount() {
    const count = this.ui.run.latest.output?.shape[0] ?? 1;
    return count > 2 ? count : 0;
  }

  /** What the whole color range stands for, for regression; null for classes. */
  get scale() {
    return this.ui.run.classifies ? null : (this.ui.run.latest.output_scale?.values[0] ?? 1);
  }

  legend = () => {
    const { ui } = this;
    const { theme, t } = ui;
    const classes = this.scale === null ? Array.from({ length: this.classCount }, (_, k) => k) : [];
    const items = classes
      .slice(0, 4)
      .map((k) => createLegendItem("dot", theme.classColor(k), t("class", { name: String(k) })));
    if (classes.length > 4) items.push(createElement("span", { text: `+${classes.length - 4}` }));
    return [
      ...items,
      createLegendItem("dot", theme.text, t("train")),
      createLegendItem("ring", theme.text, t("validation")),
    ];
  };

  draw() {
    const context = this.panel.beginDrawing();
    const { run } = this.ui;
    const output = run.latest.output;
    if (this.panel.toggle) this.panel.toggle.hidden = !run.channels.has("disagreement");
    if (!context || !output) return;
    const side = Math.floor(
      Math.min(this.panel.height - 30, this.panel.width - 42 - (this.classCount && !this.disagreement ? 16 : 78)),
    );
    if (side < 40) return;
    const left = Math.max(
      36,
      Math.floor((this.panel.width - side - (this.classCount && !this.disagreement ? 0 : 48)) / 2),
    );
    const box = { left, top: 8, right: left + side, bottom: 8 + side };
    this.#drawMap(context, box, output);
    const [x0, x1, y0, y1] = run.channels.get("output")?.extent ?? [-1, 1, -1, 1];
    const x = createLinearScale([x0, x1], box.left, box.right);
    const y = createLinearScale([y0, y1], box.bottom, box.top);
    this.box = box;
    this.scales = [x, y];
    const offsets = this.#drawAxes(context, box, x, y);
    const { theme } = this.ui;
    const key = JSON.stringify([
      box,
      x.domain,
      y.domain,
      theme.mode,
      theme.ground,
      this.scale,
      run.id,
      run.points?.shape,
    ]);
    this.pointCache.draw(context, this.panel, key, (cacheContext) => this.#drawPoints(cacheContext, x, y));
    drawArrows(context, this.ui, x, y, run.latest.attack);
    if (offsets[0]) drawXOffset(context, box, offsets[0], this.ui); // above the points, or they hide it
    if (offsets[1]) drawYOffset(context, box, offsets[1], this.ui);
    if (this.disagreement) drawDisagreementBar(context, this.ui, box, box.right + 14, BAR_WIDTH);
    else if (!this.classCount) this.#drawColorBar(context, box);
    this.#drawCursor(context, box, output);
    this.panel.describe(this.#summarize());
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {Reading} output */
  #drawMap(context, box, output) {
    const shape = /** @type {[number, number, number]} */ (output.shape);
    const values = /** @type {Int8Array} */ (output.values);
    if (this.disagreement) paintDisagreement(this.mapBuffer, this.disagreement, this.ui.theme);
    else if (this.classCount) paintClasses(this.mapBuffer, values, shape, this.ui.theme);
    else paintSigned(this.mapBuffer, values, [1, shape[1], shape[2]], this.ui.theme);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    const drawnShape = this.disagreement?.shape ?? shape;
    drawMap(context, this.mapBuffer, 0, drawnShape, {
      x: box.left,
      y: box.top,
      width: box.right - box.left,
      height: box.bottom - box.top,
    });
  }

  /** Ticks and labels. @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} x @param {Scale} y @returns {number[]} what the labels of either axis leave out */
  #drawAxes(context, box, x, y) {
    const { theme, format } = this.ui;
    const { ratio } = this.panel;
    context.strokeStyle = formatColor(theme.line);
    context.lineWidth = 1 / ratio;
    context.strokeRect(
      alignToPixel(box.left, ratio),
      alignToPixel(box.top, ratio),
      box.right - box.left,
      box.bottom - box.top,
    );
    context.fillStyle = formatColor(theme.muted);
    const ticks = [x.ticks(5), y.ticks(5)];
    const steps = ticks.map((list) => (list.length > 1 ? list[1] - list[0] : 1));
    const offsets = ticks.map(findTickOffset);
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const tick of ticks[0])
      context.fillText(format.tick(tick - offsets[0], steps[0]), x.map(tick), box.bottom + 6);
    if (Math.max(...ticks[0].map(x.map)) < box.right - 14) context.fillText("x", box.right - 3, box.bottom + 6);
    context.textAlign = "right";
    context.textBaseline = "middle";
    if (Math.min(...ticks[1].map(y.map)) > box.top + 16) context.fillText("y", box.left - 6, box.top + 4);
    for (const tick of ticks[1])
      context.fillText(format.tick(tick - offsets[1], steps[1]), box.left - 6, Math.max(box.top + 5, y.map(tick)));
    return offsets;
  }

  /** @param {CanvasRenderingContext2D} context @param {Scale} x @param {Scale} y */
  #drawPoints(context, x, y) {
    const { run, theme } = this.ui;
    if (!run.points) return;
    const [count, width] = run.points.shape;
    const values = run.points.values;
    const radius = count > 400 ? 2.25 : 3;
    for (let i = 0; i < count; i += 1) {
      const offset = i * width;
      const color =
        this.scale === null
          ? theme.classColor(values[offset + 2])
          : theme.valueColor(Math.max(-1, Math.min(1, values[offset + 2] / this.scale)));
      context.beginPath();
      context.arc(x.map(values[offset]), y.map(values[offset + 1]), radius, 0, 2 * Math.PI);
      const validation = values[offset + 3] > 0;
      context.fillStyle = formatColor(validation ? theme.ground : color, validation ? 0.75 : 1);
      context.fill();
      context.lineWidth = validation ? 1.25 : 0.75;
      context.strokeStyle = validation ? formatColor(color) : formatColor(theme.ground, 0.9);
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box */
  #drawColorBar(context, box) {
    const { theme, format } = this.ui;
    const left = box.right + 14;
    for (let row = 0; row < box.bottom - box.top; row += 1) {
      context.fillStyle = formatColor(theme.valueColor(1 - (2 * row) / (box.bottom - box.top - 1)));
      context.fillRect(left, box.top + row, BAR_WIDTH, 1.5);
    }
    context.fillStyle = formatColor(theme.muted);
    context.textAlign = "left";
    context.textBaseline = "middle";
    const top = this.scale ?? 1;
    for (const value of [-1, 0, 1]) {
      const y = box.top + ((1 - value) / 2) * (box.bottom - box.top);
      context.fillText(
        format.short(Number((value * top).toPrecision(3))),
        left + BAR_WIDTH + 5,
        Math.min(box.bottom - 5, Math.max(box.top + 5, y)),
      );
    }
    this.#drawClassNames(context, left + BAR_WIDTH + 5, box);
  }

  /** Which end of the bar stands for which class. @param {CanvasRenderingContext2D} context @param {number} left @param {Box} box */
  #drawClassNames(context, left, box) {
    if (this.scale !== null) return;
    context.fillText(this.ui.t("class", { name: "1" }), left, box.top + 20);
    context.fillText(this.ui.t("class", { name: "0" }), left, box.bottom - 20);
  }

  /** @param {Point | null} pointer */
  #hover(pointer) {
    this.pointer =
      pointer &&
      this.box &&
      pointer.x >= this.box.left &&
      pointer.x < this.box.right &&
      pointer.y >= this.box.top &&
      pointer.y < this.box.bottom
        ? pointer
        : null;
    if (!this.pointer) this.ui.tooltip.hide(this.panel.canvas);
    this.ui.redraw();
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {Reading} output */
  #drawCursor(context, box, output) {
    if (!this.pointer) return;
    const { ui, pointer, panel } = this;
    context.strokeStyle = formatColor(ui.theme.text, 0.6);
    context.lineWidth = 1 / panel.ratio;
    context.beginPath();
    context.moveTo(box.left, alignToPixel(pointer.y, panel.ratio));
    context.lineTo(box.right, alignToPixel(pointer.y, panel.ratio));
    context.moveTo(alignToPixel(pointer.x, panel.ratio), box.top);
    context.lineTo(alignToPixel(pointer.x, panel.ratio), box.bottom);
    context.stroke();
    const heading = this.scales
      .map(
        (axis, i) =>
          `${"xy"[i]} ${ui.format.coordinate(axis.invert(i ? pointer.y : pointer.x), axis.domain[1] - axis.domain[0])}`,
      )
      .join(" · ");
    ui.tooltip.show(panel.canvas, pointer.x, pointer.y, heading, this.#readValues(pointer, box, output));
  }

  /** What the map says under the pointer. @param {Point} pointer @param {Box} box @param {Reading} output @returns {Row[]} */
  #readValues(pointer, box, { shape, values }) {
    const { ui } = this;
    const [count, height, width] = shape;
    const column = findSample((pointer.x - box.left) / (box.right - box.left), width);
    const row = height - 1 - findSample((pointer.y - box.top) / (box.bottom - box.top), height);
    const readShare = (/** @type {number} */ k) => values[(k * height + row) * width + column] / 127;
    if (this.scale !== null)
      return [
        {
          name: ui.t("prediction"),
          value: ui.format.fixed(readShare(0) * this.scale, 2),
          color: ui.theme.valueColor(readShare(0)),
          mark: "dot",
        },
      ];
    if (!this.classCount)
      return [
        {
          name: ui.t("class_difference"),
          value: ui.format.fixed(readShare(0), 2),
          color: ui.theme.valueColor(readShare(0)),
          mark: "dot",
        },
      ];
    return Array.from({ length: count }, (_, k) => ({
      name: `p(${ui.t("class", { name: String(k) })})`,
      value: ui.format.fixed(readShare(k), 2),
      color: ui.theme.classColor(k),
      mark: "dot",
    }));
  }

  #summarize() {
    const { ui } = this;
    const name = ui.t(ui.run.classifies ? "accuracy" : "r2");
    const value = ui.run.readEpochValue("validation_metric");
    return `${name} ${ui.run.classifies ? ui.format.percent(value) : ui.format.fixed(value, 3)}`;
  }
}
