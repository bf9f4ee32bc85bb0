/** A plane to draw points on: with mouse, finger or keys. */
import { element, write } from "../draw/dom.js";
import { CLASSES, Drawing, MOST, REACH } from "./drawing.js";
import { paintPlane } from "./pad_plane.js";
import { translator } from "../text/texts.js";
import { css, readTheme, watchTheme } from "../draw/theme.js";

/** @import { Task } from "./drawing.js" */
/** @typedef {{trigger: (name: string, value: object) => void}} Api */
/** @typedef {"tool" | "label" | "task"} Choice a group of radio buttons */
/** @typedef {"point" | "spray" | "erase"} Tool */
/** @typedef {[value: string | number, text: string, mark?: number]} Option */
/** @typedef {{drawn: string, task: Task, stamp: string, texts: Record<string, string>}} Data */

const APART = 0.35; // between two points of one stroke
const RUBBER = 0.45;
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
    this.words = "";
    /** @type {unknown} of the drawing that the page sent last */
    this.stamp = undefined;
    this.drawing = new Drawing();
    this.t = translator();
    /** @type {{x: number, y: number} | null} where the stroke under way added last */
    this.last = null;
    this.canvas = element("canvas", { tabindex: "0", role: "application" });
    this.bar = element("div", { class: "tp-pad-bar", role: "toolbar" });
    this.status = element("output", { class: "tp-pad-said", "aria-live": "polite" });
    this.node = element("div", { class: "tp-pad" }, [this.bar, this.canvas, this.status]);
    this.sheet = element("link", { rel: "stylesheet", href: new URL("./pad.css", import.meta.url).href });
    root.append(this.sheet, this.node);
    this.stopTheme = watchTheme(this.node, () => this.paint());
    this.size = new ResizeObserver(() => this.paint());
    this.size.observe(this.node);
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.#up());
    for (const name of ["focus", "blur"]) this.canvas.addEventListener(name, () => this.paint());
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Data} data */
  update(data) {
    const words = JSON.stringify(data.texts);
    if (words !== this.words) this.t = translator(data.texts);
    if (data.stamp !== this.stamp) this.drawing = new Drawing(data.drawn, data.task);
    if (words !== this.words || data.stamp !== this.stamp) this.#build();
    Object.assign(this, { words, stamp: data.stamp });
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
    const group = (/** @type {string} */ name, /** @type {Choice} */ key, /** @type {Option[]} */ options) =>
      element(
        "div",
        { class: "tp-pad-group", role: "radiogroup", "aria-label": t(name) },
        options.map((option) => this.#option(key, option)),
      );
    /** @type {Option[]} */
    const tools = [
      ["point", t("pad_point")],
      ["spray", t("pad_spray")],
      ["erase", t("pad_erase")],
    ];
    /** @type {Option[]} */
    const classes = Array.from({ length: CLASSES }, (_, c) => [c, String(c + 1), c]);
    /** @type {Option[]} */
    const tasks = [
      ["classification", t("pad_classes")],
      ["regression", t("pad_values")],
    ];
    /** @param {"value" | "spread"} key @param {string} text @param {number} low @param {number} high */
    const slider = (key, text, low, high) => {
      const input = element("input", {
        type: "range",
        min: low,
        max: high,
        step: 0.1,
        value: this[key],
        "aria-label": text,
      });
      input.addEventListener("input", () => Object.assign(this, { [key]: Number(input.value) }));
      return element("label", { class: "tp-pad-slider" }, [element("span", { text }), input]);
    };
    this.bar.setAttribute("aria-label", t("pad_tools"));
    this.canvas.setAttribute("aria-label", t("pad_plane"));
    const act = (/** @type {string} */ key, /** @type {() => void} */ run) =>
      element("button", { type: "button", text: t(key), onclick: run });
    this.bar.replaceChildren(
      group("pad_tools", "tool", tools),
      drawing.task === "regression" ? slider("value", t("pad_value"), -1, 1) : group("pad_class", "label", classes),
      slider("spread", t("pad_spread"), 0.1, 2),
      group("pad_labels", "task", tasks),
      act("pad_undo", () => this.#stroke(() => this.drawing.undo(), false)),
      act("pad_clear", () => this.#stroke(() => this.drawing.clear())),
    );
    this.#mark();
  }

  /** @param {Choice} key @param {Option} option */
  #option(key, [value, text, mark]) {
    const button = element("button", { type: "button", role: "radio", text });
    Object.assign(button.dataset, { key, value: String(value) });
    if (mark !== undefined) button.dataset.mark = String(mark);
    button.addEventListener("click", () => this.#choose(key, value));
    return button;
  }

  /** @param {Choice} key @param {string | number} value */
  #choose(key, value) {
    if (key === "task") this.#stroke(() => this.drawing.become(/** @type {Task} */ (value)));
    else if (key === "tool") this.tool = /** @type {Tool} */ (value);
    else this.label = Number(value);
    this.#mark();
  }

  #mark() {
    const now = { tool: this.tool, label: this.label, task: this.drawing.task };
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("[role=radio]"))) {
      button.setAttribute(
        "aria-checked",
        String(button.dataset.value === String(now[/** @type {Choice} */ (button.dataset.key)])),
      );
    }
  }

  /** One change as a whole: it can be undone, and the page hears of it. @param {() => void} change @param {boolean} [undoable] whether it is a step of its own to undo */
  #stroke(change, undoable = true) {
    const task = this.drawing.task;
    if (undoable) this.drawing.begin();
    change();
    if (!undoable || this.drawing.end()) this.#tell();
    if (task !== this.drawing.task) this.#build();
    this.paint();
  }

  #tell() {
    this.count += 1;
    this.api.trigger("drawn", { drawn: this.drawing.text, task: this.drawing.task, n: this.count });
  }

  get mark() {
    return this.drawing.task === "regression" ? this.value : this.label;
  }

  /** What the tool does at a point. @param {{x: number, y: number}} point @param {number} many points of a spray */
  #apply({ x, y }, many) {
    const { drawing, tool, mark, spread } = this;
    if (tool === "erase") drawing.erase(x, y, RUBBER);
    else if (tool === "spray") drawing.spray(x, y, mark, spread, many);
    else drawing.add(x, y, mark);
    if (tool !== "erase" && drawing.room < 1) write(this.status, this.t("pad_full", { most: String(MOST) }));
  }

  /** Where the pointer is on the plane. @param {PointerEvent} event */
  #pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    /** @param {number} part @param {number} low @param {number} size */
    const share = (part, low, size) => (2 * (part - low)) / size - 1;
    return {
      x: REACH * share(event.clientX, box.left, box.width),
      y: -REACH * share(event.clientY, box.top, box.height),
    };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing.begin();
    this.last = this.#pointOf(event);
    this.#apply(this.last, 6);
    this.paint();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.last) return;
    for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const place = this.#pointOf(each);
      if (this.tool !== "erase" && Math.hypot(place.x - this.last.x, place.y - this.last.y) < APART) continue;
      this.last = place;
      this.#apply(place, 2);
    }
    this.paint();
  }

  #up() {
    if (!this.last) return;
    this.last = null;
    if (this.drawing.end()) this.#tell();
    this.paint();
  }

  /** Arrows move a cross, space does what a click does there; digits choose a class. @param {KeyboardEvent} event */
  #key(event) {
    const arrow = ARROWS[event.key];
    const step = event.shiftKey ? 1 : 0.25;
    const digit = Number(event.key);
    if (arrow) {
      const moved = (/** @type {number} */ at, /** @type {number} */ by) =>
        Math.min(REACH, Math.max(-REACH, at + by * step));
      this.cursor = { x: moved(this.cursor.x, arrow[0]), y: moved(this.cursor.y, arrow[1]) };
    } else if (event.key === " " || event.key === "Enter") this.#stroke(() => this.#apply(this.cursor, 6));
    else if (event.key === "Delete" || event.key === "Backspace")
      this.#stroke(() => this.drawing.erase(this.cursor.x, this.cursor.y, RUBBER));
    else if (event.key === "z" && (event.ctrlKey || event.metaKey)) this.#stroke(() => this.drawing.undo(), false);
    else if (digit >= 1 && digit <= CLASSES) this.#choose("label", digit - 1);
    else return;
    event.preventDefault();
    this.paint();
  }

  paint() {
    if (!this.words) return;
    const theme = readTheme(this.node);
    const side = Math.max(160, Math.min(560, Math.floor(this.node.clientWidth)));
    const cursor = this.canvas.matches(":focus-visible") ? this.cursor : null;
    paintPlane(this.canvas, side, theme, this.drawing, cursor);
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("[data-mark]")))
      button.style.setProperty("--mark", css(theme.class(Number(button.dataset.mark))));
    if (this.drawing.room > 0)
      write(this.status, this.t("pad_count", { count: String(this.drawing.points.length), most: String(MOST) }));
    this.canvas.dataset.points = String(this.drawing.points.length);
  }
}
