/** A titled box around one canvas: header with legend and buttons, sharp at any pixel ratio, pointer and keys passed on. */
import { getContext2d, createElement, createIcon } from "../draw/dom.js";

/** @import { Point, Ui } from "../ui.js" */

export class Panel {
  /** @param {Ui} ui @param {{key: string, title: string, help: string, enlarge?: string}} about keys of texts, and what "enlarge" names */
  constructor(ui, about) {
    this.ui = ui;
    this.about = about;
    this.title = ui.t(about.title);
    this.legend = createElement("div", { class: "tp-legend" });
    this.tools = createElement("div", { class: "tp-tools" });
    this.heading = createElement("h3", { class: "tp-title", text: this.title });
    this.canvas = createElement("canvas", { class: "tp-canvas", role: "img", tabindex: "0", "aria-label": this.title });
    this.plot = createElement("div", { class: "tp-plot" }, [this.canvas]);
    this.body = createElement("div", { class: "tp-panel-body" }, [this.plot]);
    const header = createElement("header", { class: "tp-header" }, [this.heading, this.legend, this.tools]);
    this.node = createElement("section", { class: `tp-panel tp-panel-${about.key}`, "aria-label": this.title }, [
      header,
      this.body,
    ]);
    this.#addHelp(ui.t(about.help));
    if (about.enlarge) this.#addEnlarge(about.enlarge);
    this.width = 0;
    this.height = 0;
    this.ratio = 1;
    /** Whether the toggle is pressed. */
    this.toggled = false;
    this.noteText = "";
    /** @type {HTMLButtonElement | null} the toggle */
    this.toggle = null;
    this.describedAt = -Infinity;
    this.observer = new ResizeObserver(() => ui.redraw());
    this.observer.observe(this.plot);
    this.#listen();
  }

  /** Handlers of pointer and arrow keys, set by the chart. */
  onPointer = (/** @type {Point | null} */ _point) => {};
  onMove = (/** @type {number} */ _direction) => {};

  /** Fits the canvas to its box and returns a cleared context in CSS pixels; null while it has no room. @returns {CanvasRenderingContext2D | null} */
  beginDrawing() {
    const width = this.plot.clientWidth;
    const height = this.plot.clientHeight;
    if (width < 24 || height < 24) return null;
    // Over 3 nobody sees the difference, and the time to fill grows with its square.
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    // Setting a size clears the canvas even if it is the same.
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    Object.assign(this, { width, height, ratio });
    const context = getContext2d(this.canvas);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `11px ${this.ui.theme.font}`;
    return context;
  }

  /** Says the newest values to those who do not see the picture, at most once in two seconds. @param {string} text */
  describe(text) {
    const now = performance.now();
    // A screen reader would read nothing else if it changed with every frame.
    if (now - this.describedAt < 2000) return;
    this.describedAt = now;
    this.canvas.setAttribute("aria-label", text ? `${this.title}: ${text}` : this.title);
  }

  /** @param {string} text shown in place of the picture; empty: nothing */
  showNote(text) {
    // Called with every frame: the DOM is touched only where something changed.
    if (text === this.noteText) return;
    this.noteText = text;
    this.plot.querySelector(".tp-note")?.remove();
    if (text) this.plot.append(createElement("p", { class: "tp-note", text }));
  }

  /** A small two-state button in the header. @param {string} label @param {string} help @param {string} memory key under which the choice is kept @param {boolean} start */
  addToggle(label, help, memory, start) {
    const stored = remember(memory);
    const button = createElement("button", { class: "tp-toggle", type: "button", text: label, title: help });
    const set = (/** @type {boolean} */ on) => {
      button.setAttribute("aria-pressed", String(on));
      this.toggled = on;
    };
    set(stored === null ? start : stored === "1");
    button.addEventListener("click", () => {
      set(!this.toggled);
      remember(memory, this.toggled ? "1" : "0");
      this.ui.redraw();
    });
    this.toggle = button;
    this.tools.prepend(button);
  }

  destroy() {
    this.observer.disconnect();
  }

  /** @param {string} text */
  #addHelp(text) {
    const tip = createElement("div", {
      class: "tp-tip",
      role: "tooltip",
      id: `tp-tip-${this.about.key}`,
      text,
      hidden: true,
    });
    const label = this.ui.t("how_to_read", { title: this.title });
    const button = createElement("button", {
      class: "tp-tool",
      type: "button",
      "aria-label": label,
      "aria-describedby": tip.id,
      text: "?",
    });
    const createHandler = (/** @type {boolean} */ on) => () => {
      tip.hidden = !on;
    };
    button.addEventListener("pointerenter", createHandler(true));
    button.addEventListener("pointerleave", createHandler(false));
    button.addEventListener("focus", createHandler(true));
    button.addEventListener("blur", createHandler(false));
    button.addEventListener("keydown", (event) => event.key === "Escape" && createHandler(false)());
    this.tools.append(button);
    this.node.append(tip);
  }

  /** @param {string} name */
  #addEnlarge(name) {
    const label = this.ui.t("enlarge", { title: this.title });
    const open = () => this.ui.enlarge(name);
    const button = createElement(
      "button",
      { class: "tp-tool", type: "button", "aria-label": label, title: label, onclick: open },
      [createIcon("enlarge")],
    );
    button.dataset.enlarge = name;
    this.canvas.addEventListener("dblclick", open);
    this.canvas.addEventListener("keydown", (event) => event.key === "Enter" && open());
    this.tools.append(button);
  }

  #listen() {
    const locate = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    this.canvas.addEventListener("pointermove", (event) => this.onPointer(locate(event)));
    this.canvas.addEventListener("pointerdown", (event) => this.onPointer(locate(event)));
    for (const name of ["pointerleave", "pointercancel", "blur"])
      this.canvas.addEventListener(name, () => this.onPointer(null));
    this.canvas.addEventListener("keydown", (event) => {
      const direction = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      if (event.key === "Escape") this.onPointer(null);
      if (!direction) return;
      // Arrows would scroll the page.
      event.preventDefault();
      this.onMove(direction);
    });
  }
}

/** A choice of this browser; storage may be closed to us. @param {string} key @param {string} [value] @returns {string | null} */
export function remember(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(`playground.${key}`, value);
    return localStorage.getItem(`playground.${key}`);
  } catch {
    return null;
  }
}
