/** A chart of traces over steps: axes, lines, marks of edits, a crosshair shared by all charts, values under the cursor. */
import { drawVerticalLine, drawXAxis, drawYAxis } from "../draw/axes.js";
import { drawLine, findRange } from "../draw/lines.js";
import { Panel } from "./panel.js";
import { createLinearScale, createLogScale, roundLogDomain, roundDomain } from "../draw/scale.js";
import { formatColor } from "../draw/theme.js";

/** @import { Box } from "../draw/axes.js" */
/** @import { Line } from "../draw/lines.js" */
/** @import { Scale } from "../draw/scale.js" */
/** @import { Row } from "../draw/tooltip.js" */
/** @import { Point, Ui } from "../ui.js" */
/**
 * What a chart shows. `channels` are the keys of those it draws, `lines` are the traces now, `domain` may narrow what the data span, `band` is a healthy range,
 * `mark` is a point to ring, `more` adds rows to the tooltip.
 * @typedef {{key: string, channels: string[], title: string, help: string, enlarge?: string, lines: () => Line[], log: () => boolean,
 *   domain?: (low: number, high: number) => [number, number], unit?: () => string, percent?: () => boolean, band?: () => number[] | null,
 *   mark?: () => {step: number, value: number} | null, more?: (step: number) => Row[]}} ChartSpec
 */

/** Height of the line above the plot that says the unit: over the plot it would hide where lines end. */
const UNIT_HEIGHT = 16;

export class TimeChart {
  /** @param {Ui} ui @param {ChartSpec} spec */
  constructor(ui, spec) {
    this.ui = ui;
    this.spec = spec;
    this.channels = spec.channels;
    this.panel = new Panel(ui, spec);
    this.node = this.panel.node;
    /** @type {Line[]} the lines drawn last */
    this.lines = [];
    /** @type {Box | null} where they were drawn */
    this.box = null;
    /** @type {Scale | null} from steps to pixels */
    this.x = null;
    /** @type {number | null} */
    this.pointerY = null;
    /** @type {() => HTMLElement[]} what the header says of the lines, set by those who make a chart */
    this.legend = () => [];
    /** @type {(() => HTMLElement[]) | undefined} the same where there is little room */
    this.briefLegend = undefined;
    this.panel.onPointer = (pointer) => this.#hover(pointer);
    this.panel.onMove = (direction) => this.#moveCursor(direction);
  }

  draw() {
    const context = this.panel.beginDrawing();
    if (!context) return;
    const { ui, panel } = this;
    const lines = this.spec.lines();
    const top = this.spec.unit?.() ? UNIT_HEIGHT : 8;
    const box = { left: 42, top, right: panel.width - 8, bottom: panel.height - 22 };
    const x = createLinearScale(ui.run.stepRange, box.left, box.right);
    const y = this.#createYScale(lines, box);
    this.box = box;
    this.x = x;
    this.lines = lines;
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    const empty = !lines.some(({ trace }) => trace.length);
    panel.showNote(empty && ui.run.frameCount ? ui.t("not_measured") : "");
    const shade = this.#drawBand(context, box, y);
    drawYAxis(context, box, y, { ...look, labels: !empty, percent: this.spec.percent?.() });
    drawXAxis(context, box, x, { ...look, unit: ui.t("steps") });
    context.save();
    context.beginPath();
    context.rect(box.left, box.top - 2, box.right - box.left + 2, box.bottom - box.top + 3);
    context.clip();
    this.#drawEdits(context, box, x);
    for (const line of lines) drawLine(context, line, x, y);
    this.#drawMark(context, x, y);
    this.#drawCursor(context, box, x, y, lines);
    context.restore();
    this.#drawUnit(context, box, shade);
    panel.describe(
      lines
        .filter((line) => !line.quiet)
        .map((line) => `${line.name} ${this.#formatValue(line.trace.read(-1, line.column))}`)
        .join(", "),
    );
  }

  /** @param {Line[]} lines @param {Box} box */
  #createYScale(lines, box) {
    const isLog = this.spec.log();
    let [low, high] = findRange(lines, isLog);
    if (this.spec.domain && high >= low) [low, high] = this.spec.domain(low, high);
    return isLog
      ? createLogScale(roundLogDomain(low, high), box.bottom, box.top)
      : createLinearScale(roundDomain(low, high), box.bottom, box.top);
  }

  /** Fills the healthy range and returns the color of its legend, or nothing. @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} y */
  #drawBand(context, box, y) {
    const band = this.spec.band?.();
    if (!band) return "";
    const { theme } = this.ui;
    const clamp = (/** @type {number} */ value) => Math.min(box.bottom, Math.max(box.top, y.map(value)));
    const [bottom, top] = band.map(clamp);
    if (bottom - top < 1) return "";
    context.fillStyle = formatColor(theme.classColor(2), 0.13);
    context.fillRect(box.left, top, box.right - box.left, bottom - top);
    return formatColor(theme.classColor(2), 0.3);
  }

  /** What the vertical axis measures, and what the band is. @param {CanvasRenderingContext2D} context @param {Box} box @param {string} shade */
  #drawUnit(context, box, shade) {
    const unit = this.spec.unit?.() ?? "";
    const text = shade ? `${this.ui.t("guide_band")}   ${unit}` : unit;
    if (!text) return;
    const y = UNIT_HEIGHT / 2;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillStyle = formatColor(this.ui.theme.muted);
    context.fillText(text, box.right, y);
    if (!shade) return;
    context.fillStyle = shade;
    context.fillRect(box.right - context.measureText(text).width - 14, y - 4, 10, 8);
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} x */
  #drawEdits(context, box, x) {
    for (const event of this.ui.run.log) {
      if (event.kind === "edit")
        drawVerticalLine(
          context,
          box,
          x.map(event.step),
          formatColor(this.ui.theme.text, 0.45),
          this.panel.ratio,
          [2, 3],
        );
    }
  }

  /** A ring around a point that counts. @param {CanvasRenderingContext2D} context @param {Scale} x @param {Scale} y */
  #drawMark(context, x, y) {
    const point = this.spec.mark?.();
    if (!point) return;
    context.beginPath();
    context.arc(x.map(point.step), y.map(point.value), 5, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.strokeStyle = formatColor(this.ui.theme.text);
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} x @param {Scale} y @param {Line[]} lines */
  #drawCursor(context, box, x, y, lines) {
    const { cursor, theme } = this.ui;
    if (cursor.step === null) return;
    drawVerticalLine(context, box, x.map(cursor.step), formatColor(theme.text, 0.6), this.panel.ratio);
    if (cursor.chart !== this) return;
    for (const line of lines) {
      const row = line.trace.findNearest(cursor.step);
      const value = line.trace.read(row, line.column);
      if (row < 0 || line.quiet || !Number.isFinite(y.map(value))) continue;
      context.beginPath();
      context.arc(x.map(line.trace.steps[row]), y.map(value), 3, 0, 2 * Math.PI);
      context.fillStyle = formatColor(line.color);
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = formatColor(theme.ground);
      context.stroke();
    }
    this.#showTooltip(cursor.step, box, x);
  }

  /** @param {number} step @param {Box} box @param {Scale} x */
  #showTooltip(step, box, x) {
    const { ui } = this;
    /** @type {Row[]} */
    const rows = this.lines.map((line) => ({
      name: line.name,
      value: this.#formatValue(line.trace.read(line.trace.findNearest(step), line.column)),
      color: line.color,
      mark: line.dash?.length ? "dashed" : "solid",
    }));
    rows.push(...(this.spec.more?.(step) ?? []), ...this.#createEditRows(step, x));
    ui.tooltip.show(
      this.panel.canvas,
      x.map(step),
      this.pointerY ?? box.top,
      `${ui.t("steps")} ${ui.format.integer(step)}`,
      rows,
    );
  }

  /** @param {number} value */
  #formatValue(value) {
    return this.spec.percent?.() ? this.ui.format.percent(value) : this.ui.format.value(value);
  }

  /** Edits within four pixels of the cursor. @param {number} step @param {Scale} x */
  #createEditRows(step, x) {
    const { ui } = this;
    return ui.run.log
      .filter((event) => event.kind === "edit" && Math.abs(x.map(event.step) - x.map(step)) <= 4)
      .map(({ detail }) => ({
        name: `${ui.t("edit")} ${detail?.path ?? ""}`,
        value: ui.format.short(Number(detail?.value)),
      }));
  }

  /** @param {Point | null} pointer */
  #hover(pointer) {
    if (!pointer || !this.x) {
      this.ui.setCursor(null, null);
      this.ui.tooltip.hide(this.panel.canvas);
      return;
    }
    this.pointerY = pointer.y;
    const [first, last] = this.ui.run.stepRange;
    const step = Math.min(last, Math.max(first, this.x.invert(pointer.x)));
    this.ui.setCursor(this.#snapToMeasured(step), this);
  }

  /** The measured step nearest to another, of the first line that has any. @param {number} step */
  #snapToMeasured(step) {
    const line =
      this.lines.find(({ trace, quiet }) => trace.length && !quiet) ?? this.lines.find(({ trace }) => trace.length);
    return line ? line.trace.steps[line.trace.findNearest(step)] : Math.round(step);
  }

  /** @param {number} direction */
  #moveCursor(direction) {
    const line = this.lines?.find(({ trace, quiet }) => trace.length && !quiet);
    if (!line) return;
    const now = this.ui.cursor.step === null ? line.trace.length : line.trace.findNearest(this.ui.cursor.step);
    const next = Math.min(line.trace.length - 1, Math.max(0, now + direction));
    this.ui.setCursor(line.trace.steps[next], this);
  }
}
