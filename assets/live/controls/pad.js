/** A plane to draw points on: with mouse, finger or keys. */
import { element, write } from "../draw/dom.js";
import { CLASSES, Drawing, MOST, REACH } from "./drawing.js";
import { linear } from "../draw/scale.js";
import { translator } from "../text/texts.js";
import { css, readTheme, watchTheme } from "../draw/theme.js";

/** @typedef {{drawn: string, task: import("./drawing.js").Task, stamp: string, texts: Record<string, string>}} Data */

const APART = 0.35; // between two points of one stroke
const RUBBER = 0.45;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * Mounts the pad; `drawn` is triggered at the end of every stroke.
 * @param {HTMLElement} root @param {{trigger: (name: string, value: any) => void}} api
 */
export function create(root, api) {
  const pad = new Pad(root, api);
  return { update: (/** @type {Data} */ data) => pad.update(data), destroy: () => pad.destroy() };
}

class Pad {
  constructor(root, api) {
    this.api = api;
    this.count = 0;
    this.tool = "point";
    this.label = 0;
    this.value = 1;
    this.spread = 0.6;
    this.cursor = { x: 0, y: 0 };
    this.words = "";
    /** @type {unknown} of the drawing that the page sent last */
    this.stamp = undefined;
    this.drawing = new Drawing();
    this.canvas = element("canvas", { tabindex: "0", role: "application" });
    this.bar = element("div", { class: "tp-pad-bar", role: "toolbar" });
    this.said = element("output", { class: "tp-pad-said", "aria-live": "polite" });
    this.node = element("div", { class: "tp-pad" }, [this.bar, this.canvas, this.said]);
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
    const group = (name, key, options) =>
      element(
        "div",
        { class: "tp-pad-group", role: "radiogroup", "aria-label": t(name) },
        options.map(([value, text, mark]) => this.#option(key, value, text, mark)),
      );
    const tools = [
      ["point", t("pad_point")],
      ["spray", t("pad_spray")],
      ["erase", t("pad_erase")],
    ];
    const classes = Array.from({ length: CLASSES }, (_, c) => [c, String(c + 1), c]);
    const tasks = [
      ["classification", t("pad_classes")],
      ["regression", t("pad_values")],
    ];
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
    const act = (key, run) => element("button", { type: "button", text: t(key), onclick: run });
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

  #option(key, value, text, mark) {
    const button = element("button", { type: "button", role: "radio", text });
    Object.assign(button.dataset, { key, value });
    if (mark !== undefined) button.dataset.mark = String(mark);
    button.addEventListener("click", () => this.#choose(key, value));
    return button;
  }

  #choose(key, value) {
    if (key === "task") this.#stroke(() => this.drawing.become(value));
    else this[key] = value;
    this.#mark();
  }

  #mark() {
    const now = { tool: this.tool, label: this.label, task: this.drawing.task };
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("[role=radio]"))) {
      button.setAttribute("aria-checked", String(button.dataset.value === String(now[button.dataset.key])));
    }
  }

  /** One change as a whole: it can be undone, and the page hears of it. */
  #stroke(change, kept = true) {
    const task = this.drawing.task;
    if (kept) this.drawing.begin();
    change();
    if (!kept || this.drawing.end()) this.#tell();
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

  /** What the tool does at a place. */
  #apply({ x, y }, many) {
    const { drawing, tool, mark, spread } = this;
    if (tool === "erase") drawing.erase(x, y, RUBBER);
    else if (tool === "spray") drawing.spray(x, y, mark, spread, many);
    else drawing.add(x, y, mark);
    if (tool !== "erase" && drawing.room < 1) write(this.said, this.t("pad_full", { most: String(MOST) }));
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (part, low, size) => (2 * (part - low)) / size - 1;
    return {
      x: REACH * share(event.clientX, box.left, box.width),
      y: -REACH * share(event.clientY, box.top, box.height),
    };
  }

  #down(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing.begin();
    this.last = this.#place(event);
    this.#apply(this.last, 6);
    this.paint();
  }

  #move(event) {
    if (!this.last) return;
    for (const each of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const place = this.#place(each);
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
      const moved = (at, by) => Math.min(REACH, Math.max(-REACH, at + by * step));
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
    if (!this.t) return;
    const theme = readTheme(this.node);
    const side = Math.max(160, Math.min(560, Math.floor(this.node.clientWidth)));
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    Object.assign(this.canvas.style, { width: `${side}px`, height: `${side}px` });
    Object.assign(this.canvas, { width: side * ratio, height: side * ratio });
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const [x, y] = [linear([-REACH, REACH], 0, side), linear([-REACH, REACH], side, 0)];
    grid(context, theme, side, x, y);
    for (const point of this.drawing.points)
      dot(context, theme, this.drawing.task, x.map(point.x), y.map(point.y), point.c);
    if (this.canvas.matches(":focus-visible")) cross(context, theme, x.map(this.cursor.x), y.map(this.cursor.y));
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bar.querySelectorAll("[data-mark]")))
      button.style.setProperty("--mark", css(theme.class(Number(button.dataset.mark))));
    if (this.drawing.room > 0)
      write(this.said, this.t("pad_count", { count: String(this.drawing.points.length), most: String(MOST) }));
    this.canvas.dataset.points = String(this.drawing.points.length);
  }
}

/** Lines at whole numbers, the axes stronger. */
function grid(context, theme, side, x, y) {
  context.clearRect(0, 0, side, side);
  context.lineWidth = 1;
  for (let tick = 1 - REACH; tick < REACH; tick += 1) {
    context.strokeStyle = css(tick === 0 ? theme.muted : theme.grid);
    context.beginPath();
    for (const [a, b] of [
      [
        [x.map(tick), 0],
        [x.map(tick), side],
      ],
      [
        [0, y.map(tick)],
        [side, y.map(tick)],
      ],
    ]) {
      context.moveTo(...a);
      context.lineTo(...b);
    }
    context.stroke();
  }
  context.fillStyle = css(theme.muted);
  context.font = `11px ${theme.font}`;
  for (const tick of [-4, -2, 2, 4]) {
    context.fillText(String(tick).replace("-", "−"), x.map(tick) + 3, y.map(0) - 4);
    context.fillText(String(tick).replace("-", "−"), x.map(0) + 4, y.map(tick) - 3);
  }
}

function dot(context, theme, task, px, py, c) {
  context.fillStyle = css(task === "regression" ? theme.value(c) : theme.class(c));
  context.strokeStyle = css(task === "regression" ? theme.muted : theme.ground);
  context.lineWidth = 1;
  context.beginPath();
  context.arc(px, py, 4.5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}

function cross(context, theme, px, py) {
  context.strokeStyle = css(theme.accent);
  context.lineWidth = 2;
  context.beginPath();
  for (const [dx, dy] of [
    [9, 0],
    [0, 9],
  ]) {
    context.moveTo(px - dx, py - dy);
    context.lineTo(px + dx, py + dy);
  }
  context.stroke();
}
