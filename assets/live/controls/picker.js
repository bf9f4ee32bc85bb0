/** A radio group of data sets as little pictures. */
import { getContext2d, createElement } from "../draw/dom.js";
import { PixelBuffer } from "../draw/heat_map.js";
import { formatColor, pack, mix, readTheme, watchTheme } from "../draw/theme.js";

/** @typedef {{trigger: (name: string, value: object) => void}} Api */
/** @typedef {{kind: string, title: string, mark: "points" | "image" | "curve" | "down" | "up", note?: string, points?: [number, number, number][], image?: number[][]}} Item */
/** @typedef {{label: string, selected: string, items: Item[]}} Data */

const TILE_SIZE = 48;
const TILES_PER_ROW = 5;

/**
 * Mounts the picker.
 * @param {HTMLElement} root @param {Api} api
 */
export function create(root, api) {
  const picker = new Picker(root, api);
  return { update: (/** @type {Data} */ data) => picker.update(data), destroy: () => picker.destroy() };
}

class Picker {
  /** @param {HTMLElement} root @param {Api} api */
  constructor(root, api) {
    this.api = api;
    this.count = 0;
    this.itemsKey = "";
    this.node = createElement("div", { class: "tp-picker", role: "radiogroup" });
    this.sheet = createElement("link", { rel: "stylesheet", href: new URL("./picker.css", import.meta.url).href });
    root.append(this.sheet, this.node);
    this.node.addEventListener("keydown", (event) => this.#handleKey(event));
    this.stopTheme = watchTheme(this.node, () => this.#paint());
    /** @type {{item: Item, button: HTMLButtonElement, canvas: HTMLCanvasElement}[]} */
    this.tiles = [];
  }

  /** @param {Data} data */
  update(data) {
    const itemsKey = JSON.stringify(data.items);
    if (itemsKey !== this.itemsKey) this.#build(data.items);
    this.itemsKey = itemsKey;
    this.node.setAttribute("aria-label", data.label);
    this.#select(data.selected);
    this.#paint();
  }

  destroy() {
    this.stopTheme();
    this.node.remove();
    this.sheet.remove();
  }

  /** @param {Item[]} items */
  #build(items) {
    for (const { button } of this.tiles) button.remove();
    this.tiles = items.map((item) => {
      const canvas = createElement("canvas", { "aria-hidden": "true" });
      const label = item.note ? `${item.title}: ${item.note}` : item.title;
      const button = createElement(
        "button",
        { class: `tp-tile tp-tile-${item.mark}`, type: "button", role: "radio", title: label, "aria-label": label },
        [canvas, createElement("span", { text: item.title })],
      );
      button.dataset.kind = item.kind;
      button.addEventListener("click", () => this.#pick(item.kind));
      return { item, button, canvas };
    });
    this.node.append(...this.tiles.map(({ button }) => button));
  }

  /** @param {string} kind */
  #select(kind) {
    const hasSelection = this.tiles.some(({ item }) => item.kind === kind);
    this.tiles.forEach(({ item, button }, i) => {
      button.setAttribute("aria-checked", String(item.kind === kind));
      button.tabIndex = item.kind === kind || (!hasSelection && i === 0) ? 0 : -1;
    });
  }

  /** @param {string} kind */
  #pick(kind) {
    this.#select(kind);
    this.count += 1;
    this.api.trigger("picked", { kind, n: this.count });
  }

  /** Arrows move and choose, as in any radio group. @param {KeyboardEvent} event */
  #handleKey(event) {
    const now = this.tiles.findIndex(({ button }) => button === event.target);
    /** @type {Record<string, number>} */
    const moves = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: TILES_PER_ROW,
      ArrowUp: -TILES_PER_ROW,
      Home: -now,
      End: this.tiles.length - 1 - now,
    };
    const by = moves[event.key];
    if (now < 0 || by === undefined) return;
    event.preventDefault();
    const count = this.tiles.length;
    const next = Math.abs(by) === TILES_PER_ROW ? now + by : (now + by + count) % count;
    const tile = this.tiles[next];
    if (!tile || next === now) return;
    tile.button.focus();
    this.#pick(tile.item.kind);
  }

  #paint() {
    const theme = readTheme(this.node);
    this.node.dataset.theme = theme.mode;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    for (const { item, canvas } of this.tiles) {
      Object.assign(canvas, { width: TILE_SIZE * ratio, height: TILE_SIZE * ratio });
      const context = getContext2d(canvas);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      if (item.mark === "image") drawImage(context, item.image ?? [], theme);
      else if (item.mark === "down" || item.mark === "up") drawTransferIcon(context, item.mark, theme);
      else drawPoints(context, item, theme);
    }
  }
}

/** Points or a curve, spread over the tile. @param {CanvasRenderingContext2D} context @param {Item} item @param {import("../draw/theme.js").Theme} theme */
function drawPoints(context, item, theme) {
  const points = item.points ?? [];
  const toPixel = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (/** @type {number} */ value) => (high > low ? (value - low) / (high - low) : 0.5) * (TILE_SIZE - 10) + 5;
  });
  const areClasses = points.every(([, , c]) => Number.isInteger(c) && c >= 0);
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.strokeStyle = formatColor(theme.accent);
  context.beginPath();
  for (const [x, y, c] of points) {
    const [px, py] = [toPixel[0](x), TILE_SIZE - toPixel[1](y)];
    if (item.mark === "curve") {
      context.lineTo(px, py);
      continue;
    }
    context.fillStyle = formatColor(areClasses ? theme.classColor(c) : theme.valueColor(c));
    context.beginPath();
    context.arc(px, py, points.length > 120 ? 1.2 : 1.6, 0, 2 * Math.PI);
    context.fill();
  }
  if (item.mark === "curve") context.stroke();
}

/** An arrow into a tray, or out of it: what has to be fetched, or brought. @param {CanvasRenderingContext2D} context @param {"down" | "up"} mark @param {import("../draw/theme.js").Theme} theme */
function drawTransferIcon(context, mark, theme) {
  const tip = mark === "down" ? 27 : 14;
  const wing = mark === "down" ? 22 : 19;
  context.strokeStyle = formatColor(theme.muted);
  context.lineWidth = 1.75;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  /** @type {[number, number, boolean?][]} */
  const outline = [
    [24, 14, true],
    [24, 27],
    [19, wing, true],
    [24, tip],
    [29, wing],
    [15, 29, true],
    [15, 33],
    [33, 33],
    [33, 29],
  ];
  for (const [x, y, begin] of outline) {
    if (begin) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.stroke();
}

/** A grey picture, its first row on top. @param {CanvasRenderingContext2D} context @param {number[][]} rows @param {import("../draw/theme.js").Theme} theme */
function drawImage(context, rows, theme) {
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  if (!width) return;
  const buffer = new PixelBuffer();
  const maximum = Math.max(...rows.flat(), 1e-9);
  const pixels = buffer.resize(width, height);
  rows.forEach((row, y) =>
    row.forEach(
      (value, x) => (pixels[y * width + x] = pack(mix(theme.ground, theme.text, Math.max(0, value) / maximum))),
    ),
  );
  buffer.flush();
  context.imageSmoothingEnabled = false;
  context.drawImage(buffer.canvas, 4, 4, TILE_SIZE - 8, TILE_SIZE - 8);
}
