/** A plane to draw points on: with mouse, finger or keys. */
import { createElement, setText } from "../draw/dom.js";
import { MAX_CLASSES, Drawing, MAX_POINTS, HALF_EXTENT } from "./drawing.js";
import { paintPlane } from "./pad_plane.js";
import { createTranslator } from "../text/texts.js";
import { formatColor, readTheme, watchTheme } from "../draw/theme.js";

/** @import { Task } from "./drawing.js" */
/** @typedef {{trigger: (name: string, value: object) => void}} Api */
/** @typedef {"tool" | "label" | "task"} Choice a group of radio buttons */
/** @typedef {"point" | "spray" | "erase"} Tool */
/** @typedef {[value: string | number, text: string, mark?: number]} Option */
/** @typedef {{drawn: string, task: Task, stamp: string, texts: Record<string, string>}} Data */

const MIN_SPACING = 0.35; // between two points of one stroke
const ERASER_RADIUS = 0.45;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * Mounts the pad; `drawn` is triggered at the end of every stroke.
 * @param {HTMLElement} root @param {Api} api
 */
export function create(root, api) {
  const pad = new Pad(root, api);
  return { update: (/** @type {Data} */ data) => pad.update(data), destroy: () => pad.destroy() };
}

class Pad {
  /** @param {HTMLElement} root @param {Api} api */
  constructor(root, api) {
    this.api = api;
    this.count = 0;
    /** @type {Tool} */
    this.tool = "point";
    this.label = 0;
    this.value = 1;
    this.spread = 0.6;
    this.cursor = { x: 0, y: 0 };
    this.textsKey = "";
    /** @type {unknown} of the drawing that the page sent last */
    this.stamp = undefined;
    this.drawing = new Drawing();
    this.t = createTranslator();
    /** @type {{x: number, y: number} | null} where the stroke under way added last */
    this.lastPoint = null;
    this.canvas = createElement("canvas", { tabindex: "0", role: "application" });
    this.bar = createElement("div", { class: "tp-pad-bar", role: "toolbar" });
    this.status = createElement("output", { class: "tp-pad-status", "aria-live": "polite" });
    this.node = createElement("div", { class: "tp-pad" }, [this.bar, this.canvas, this.status]);
    this.sheet = createElement("link", { rel: "stylesheet", href: new URL("./pad.css", import.meta.url).href });
    root.append(this.sheet, this.node);
    this.stopTheme = watchTheme(this.node, () => this.paint());
    this.size = new ResizeObserver(() => this.paint());
    this.size.observe(this.node);
    this.canvas.addEventListener("pointerdown", (event) => this.#beginStroke(event));
    this.canvas.addEventListener("pointermove", (event) => this.#continueStroke(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.#endStroke());
    for (const name of ["focus", "blur"]) this.canvas.addEventListener(name, () => this.paint());
    this.canvas.addEventListener("keydown", (event) => this.#handleKey(event));
  }

  /** @param {Data} data */
  update(data) {
    const textsKey = JSON.stringify(data.texts);
    if (textsKey !== this.textsKey) this.t = createTranslator(data.texts);
    if (data.stamp !== this.stamp) this.drawing = new Drawing(data.drawn, data.task);
    if (textsKey !== this.textsKey || data.stamp !== this.stamp) this.#build();
    Object.assign(this, { textsKey, stamp: data.stamp });
    this.paint();
  }

  destroy() {
    this.stopTheme();
    this.size.disconnect();
    this.node.remove();
    this.sheet.remove();
  }

  /** The buttons: what a stroke does, with which class or value, and how widely it sprays. */
  #build() {
    const { t, drawing } = this;
    const createGroup = (/** @type {string} */ name, /** @type {Choice} */ key, /** @type {Option[]} */ options) =>
      createElement(
        "div",
        { class: "tp-pad-group", role: "radiogroup", "aria-label": t(name) },
        options.map((option) => this.#createOption(key, option)),
      );
    /** @type {Option[]} */
    const tools = [
      ["point", t("pad_point")],
      ["spray", t("pad_spray")],
      ["erase", t("pad_erase")],
    ];
    /** @type {Option[]} */
    const classes = Array.from({ length: MAX_CLASSES }, (_, c) => [c, String(c + 1), c]);
    /** @type {Option[]} */
    const tasks = [
      ["classification", t("pad_classes")],
      ["regression", t("pad_values")],
    ];
    /** @param {"value" | "spread"} key @param {string} text @param {number} low @param {number} high */
    const createSlider = (key, text, low, high) => {
      const input = createElement("input", {
        type: "range",
        min: low,
        max: high,
        step: 0.1,
        value: this[key],
        "aria-label": text,
      });
      input.addEventListener("input", () => Object.assign(this, { [key]: Number(input.value) }));
      return createElement("label", { class: "tp-pad-slider" }, [createElement("span", { text }), input]);
    };
    this.bar.setAttribute("aria-label", t("pad_tools"));
    this.canvas.setAttribute("aria-label", t("pad_plane"));
    const createButton = (/** @type {string} */ key, /** @type {() => void} */ run) =>
      createElement("button", { type: "button", text: t(key), onclick: run });
    this.bar.replaceChildren(
      createGroup("pad_tools", "tool", tools),
      drawing.task === "regression"
        ? createSlider("value", t("pad_value"), -1, 1)
        : createGroup("pad_class", "label", classes),
      createSlider("spread", t("pad_spread"), 0.1, 2),
      createGroup("pad_labels", "task", tasks),
      createButton("pad_undo", () => this.#applyChange(() => this.drawing.undo(), false)),
      createButton("pad_clear", () => this.#applyChange(() => this.drawing.clear())),
    );
    this.#updateChecked();
  }

  /** @param {Choice} key @param {Option} option */
  #createOption(key, [value, text, mark]) {
    const button = createElement("button", { type: "button", role: "radio", text });
    Object.assign(button.dataset, { key, value: String(value) });
    if (mark !== undefined) button.dataset.mark = String(mark);
    button.addEventListener("click", () => this.#choose(key, value));
    return button;
  }

  /** @param {Choice} key @param {string | number} value */
  #choose(key, value) {
    if (key === "task") this.#applyChange(() => this.drawing.convertTo(/** @type {Task} */ (value)));
    else if (key === "tool") this.tool = /** @type {Tool} */ (value);
    else this.label = Number(value);
    this.#updateChecked();
  }

  #updateChecked() {
    const now = { tool: this.tool, label: this.label, task: this.drawing.task };
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("[role=radio]"))) {
      button.setAttribute(
        "aria-checked",
        String(button.dataset.value === String(now[/** @type {Choice} */ (button.dataset.key)])),
      );
    }
  }

  /** One change as a whole: it can be undone, and the page hears of it. @param {() => void} change @param {boolean} [undoable] whether it is a step of its own to undo */
  #applyChange(change, undoable = true) {
    const task = this.drawing.task;
    if (undoable) this.drawing.beginStroke();
    change();
    if (!undoable || this.drawing.endStroke()) this.#emitDrawing();
    if (task !== this.drawing.task) this.#build();
    this.paint();
  }

  #emitDrawing() {
    this.count += 1;
    this.api.trigger("drawn", { drawn: this.drawing.text, task: this.drawing.task, n: this.count });
  }

  get activeLabel() {
    return this.drawing.task === "regression" ? this.value : this.label;
  }

  /** What the tool does at a point. @param {{x: number, y: number}} point @param {number} sprayCount points of a spray */
  #applyTool({ x, y }, sprayCount) {
    const { drawing, tool, activeLabel, spread } = this;
    if (tool === "erase") drawing.erase(x, y, ERASER_RADIUS);
    else if (tool === "spray") drawing.spray(x, y, activeLabel, spread, sprayCount);
    else drawing.add(x, y, activeLabel);
    if (tool !== "erase" && drawing.remaining < 1)
      setText(this.status, this.t("pad_full", { most: String(MAX_POINTS) }));
  }

  /** Where the pointer is on the plane. @param {PointerEvent} event */
  #locate(event) {
    const box = this.canvas.getBoundingClientRect();
    /** @param {number} part @param {number} low @param {number} size */
    const normalize = (part, low, size) => (2 * (part - low)) / size - 1;
    return {
      x: HALF_EXTENT * normalize(event.clientX, box.left, box.width),
      y: -HALF_EXTENT * normalize(event.clientY, box.top, box.height),
    };
  }

  /** @param {PointerEvent} event */
  #beginStroke(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing.beginStroke();
    this.lastPoint = this.#locate(event);
    this.#applyTool(this.lastPoint, 6);
    this.paint();
  }

  /** @param {PointerEvent} event */
  #continueStroke(event) {
    if (!this.lastPoint) return;
    for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const point = this.#locate(each);
      if (this.tool !== "erase" && Math.hypot(point.x - this.lastPoint.x, point.y - this.lastPoint.y) < MIN_SPACING)
        continue;
      this.lastPoint = point;
      this.#applyTool(point, 2);
    }
    this.paint();
  }

  #endStroke() {
    if (!this.lastPoint) return;
    this.lastPoint = null;
    if (this.drawing.endStroke()) this.#emitDrawing();
    this.paint();
  }

  /** Arrows move a cross, space does what a click does there; digits choose a class. @param {KeyboardEvent} event */
  #handleKey(event) {
    const arrow = ARROWS[event.key];
    const step = event.shiftKey ? 1 : 0.25;
    const digit = Number(event.key);
    if (arrow) {
      const moveWithin = (/** @type {number} */ at, /** @type {number} */ by) =>
        Math.min(HALF_EXTENT, Math.max(-HALF_EXTENT, at + by * step));
      this.cursor = { x: moveWithin(this.cursor.x, arrow[0]), y: moveWithin(this.cursor.y, arrow[1]) };
    } else if (event.key === " " || event.key === "Enter") this.#applyChange(() => this.#applyTool(this.cursor, 6));
    else if (event.key === "Delete" || event.key === "Backspace")
      this.#applyChange(() => this.drawing.erase(this.cursor.x, this.cursor.y, ERASER_RADIUS));
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.#applyChange(() => this.drawing.undo(), false);
    else if (digit >= 1 && digit <= MAX_CLASSES) this.#choose("label", digit - 1);
    else return;
    event.preventDefault();
    this.paint();
  }

  paint() {
    if (!this.textsKey) return;
    const theme = readTheme(this.node);
    const side = Math.max(160, Math.min(560, Math.floor(this.node.clientWidth)));
    const cursor = this.canvas.matches(":focus-visible") ? this.cursor : null;
    paintPlane(this.canvas, side, theme, this.drawing, cursor);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("[data-mark]")))
      button.style.setProperty("--mark", formatColor(theme.classColor(Number(button.dataset.mark))));
    if (this.drawing.remaining > 0)
      setText(
        this.status,
        this.t("pad_count", { count: String(this.drawing.points.length), most: String(MAX_POINTS) }),
      );
    this.canvas.dataset.points = String(this.drawing.points.length);
  }
}
