/** A chart of traces over steps: axes, lines, marks of edits, a crosshair shared by all charts, values under the cursor. */
import { vertical, xAxis, yAxis } from "../draw/axes.js";
import { drawLine, range } from "../draw/lines.js";
import { Panel } from "./panel.js";
import { linear, logarithmic, logDomain, niceDomain } from "../draw/scale.js";
import { css } from "../draw/theme.js";

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
 *   mark?: () => {step: number, value: number} | null, more?: (step: number) => Row[]}} Spec
 */

/** Height of the line above the plot that says the unit: over the plot it would hide where lines end. */
const UNIT_LINE = 16;

export class TimeChart {
  /** @param {Ui} ui @param {Spec} spec */
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
    this.panel.pointer = (pointer) => this.#hover(pointer);
    this.panel.move = (direction) => this.#walk(direction);
  }

  draw() {
    const context = this.panel.begin();
    if (!context) return;
    const { ui, panel } = this;
    const lines = this.spec.lines();
    const top = this.spec.unit?.() ? UNIT_LINE : 8;
    const box = { left: 42, top, right: panel.width - 8, bottom: panel.height - 22 };
    const x = linear(ui.run.span, box.left, box.right);
    const y = this.#yScale(lines, box);
    this.box = box;
    this.x = x;
    this.lines = lines;
    const look = { theme: ui.theme, format: ui.format, ratio: panel.ratio };
    const empty = !lines.some(({ trace }) => trace.length);
    panel.note(empty && ui.run.frames ? ui.t("not_measured") : "");
    const shade = this.#band(context, box, y);
    yAxis(context, box, y, { ...look, labels: !empty, percent: this.spec.percent?.() });
    xAxis(context, box, x, { ...look, unit: ui.t("steps") });
    context.save();
    context.beginPath();
    context.rect(box.left, box.top - 2, box.right - box.left + 2, box.bottom - box.top + 3);
    context.clip();
    this.#edits(context, box, x);
    for (const line of lines) drawLine(context, line, x, y);
    this.#mark(context, x, y);
    this.#cursor(context, box, x, y, lines);
    context.restore();
    this.#unit(context, box, shade);
    panel.describe(
      lines
        .filter((line) => !line.quiet)
        .map((line) => `${line.name} ${this.#text(line.trace.at(-1, line.column))}`)
        .join(", "),
    );
  }

  /** @param {Line[]} lines @param {Box} box */
  #yScale(lines, box) {
    const logs = this.spec.log();
    let [low, high] = range(lines, logs);
    if (this.spec.domain && high >= low) [low, high] = this.spec.domain(low, high);
    return logs
      ? logarithmic(logDomain(low, high), box.bottom, box.top)
      : linear(niceDomain(low, high), box.bottom, box.top);
  }

  /** Fills the healthy range and returns the color of its legend, or nothing. @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} y */
  #band(context, box, y) {
    const band = this.spec.band?.();
    if (!band) return "";
    const { theme } = this.ui;
    const clamp = (/** @type {number} */ value) => Math.min(box.bottom, Math.max(box.top, y.map(value)));
    const [bottom, top] = band.map(clamp);
    if (bottom - top < 1) return "";
    context.fillStyle = css(theme.class(2), 0.13);
    context.fillRect(box.left, top, box.right - box.left, bottom - top);
    return css(theme.class(2), 0.3);
  }

  /** What the vertical axis measures, and what the band is. @param {CanvasRenderingContext2D} context @param {Box} box @param {string} shade */
  #unit(context, box, shade) {
    const unit = this.spec.unit?.() ?? "";
    const text = shade ? `${this.ui.t("guide_band")}   ${unit}` : unit;
    if (!text) return;
    const y = UNIT_LINE / 2;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillStyle = css(this.ui.theme.muted);
    context.fillText(text, box.right, y);
    if (!shade) return;
    context.fillStyle = shade;
    context.fillRect(box.right - context.measureText(text).width - 14, y - 4, 10, 8);
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} x */
  #edits(context, box, x) {
    for (const event of this.ui.run.log) {
      if (event.kind === "edit")
        vertical(context, box, x.map(event.step), css(this.ui.theme.text, 0.45), this.panel.ratio, [2, 3]);
    }
  }

  /** A ring around a point that counts. @param {CanvasRenderingContext2D} context @param {Scale} x @param {Scale} y */
  #mark(context, x, y) {
    const point = this.spec.mark?.();
    if (!point) return;
    context.beginPath();
    context.arc(x.map(point.step), y.map(point.value), 5, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.strokeStyle = css(this.ui.theme.text);
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {Scale} x @param {Scale} y @param {Line[]} lines */
  #cursor(context, box, x, y, lines) {
    const { cursor, theme } = this.ui;
    if (cursor.step === null) return;
    vertical(context, box, x.map(cursor.step), css(theme.text, 0.6), this.panel.ratio);
    if (cursor.chart !== this) return;
    for (const line of lines) {
      const at = line.trace.nearest(cursor.step);
      const value = line.trace.at(at, line.column);
      if (at < 0 || line.quiet || !Number.isFinite(y.map(value))) continue;
      context.beginPath();
      context.arc(x.map(line.trace.steps[at]), y.map(value), 3, 0, 2 * Math.PI);
      context.fillStyle = css(line.color);
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = css(theme.ground);
      context.stroke();
    }
    this.#tell(cursor.step, box, x);
  }

  /** @param {number} step @param {Box} box @param {Scale} x */
  #tell(step, box, x) {
    const { ui } = this;
    /** @type {Row[]} */
    const rows = this.lines.map((line) => ({
      name: line.name,
      value: this.#text(line.trace.at(line.trace.nearest(step), line.column)),
      color: line.color,
      mark: line.dash?.length ? "dashed" : "solid",
    }));
    rows.push(...(this.spec.more?.(step) ?? []), ...this.#changes(step, x));
    ui.tooltip.show(
      this.panel.canvas,
      x.map(step),
      this.pointerY ?? box.top,
      `${ui.t("steps")} ${ui.format.integer(step)}`,
      rows,
    );
  }

  /** @param {number} value */
  #text(value) {
    return this.spec.percent?.() ? this.ui.format.percent(value) : this.ui.format.value(value);
  }

  /** Edits within four pixels of the cursor. @param {number} step @param {Scale} x */
  #changes(step, x) {
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
      this.ui.point(null, null);
      this.ui.tooltip.hide(this.panel.canvas);
      return;
    }
    this.pointerY = pointer.y;
    const [first, last] = this.ui.run.span;
    const step = Math.min(last, Math.max(first, this.x.invert(pointer.x)));
    this.ui.point(this.#snap(step), this);
  }

  /** The measured step nearest to another, of the first line that has any. @param {number} step */
  #snap(step) {
    const line =
      this.lines.find(({ trace, quiet }) => trace.length && !quiet) ?? this.lines.find(({ trace }) => trace.length);
    return line ? line.trace.steps[line.trace.nearest(step)] : Math.round(step);
  }

  /** @param {number} direction */
  #walk(direction) {
    const line = this.lines?.find(({ trace, quiet }) => trace.length && !quiet);
    if (!line) return;
    const now = this.ui.cursor.step === null ? line.trace.length : line.trace.nearest(this.ui.cursor.step);
    const next = Math.min(line.trace.length - 1, Math.max(0, now + direction));
    this.ui.point(line.trace.steps[next], this);
  }
}
