/** Points drawn by hand, without the screen: what the pad keeps, and how it is written in an experiment. */

/** @typedef {{x: number, y: number, label: number}} Point */
/** @typedef {"classification" | "regression"} Task */

export const HALF_EXTENT = 6;
export const MAX_POINTS = 500;
export const MAX_CLASSES = 5;
const MAX_UNDO = 100;

/** Three decimals, and no minus before a zero. @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000 || 0;
}

/** @param {number} value @param {number} limit */
function clamp(value, limit) {
  return round(Math.min(limit, Math.max(-limit, value)));
}

/** @param {string} text "x,y,label;x,y,label" @returns {Point[]} */
export function parse(text) {
  const rows = text.split(";").map((row) => row.split(",").map(Number));
  return rows.filter((row) => row.length === 3 && row.every(Number.isFinite)).map(([x, y, label]) => ({ x, y, label }));
}

/** @param {Point[]} points */
export function serialize(points) {
  return points.map(({ x, y, label }) => `${x},${y},${label}`).join(";");
}

/** A number of the normal distribution. @param {() => number} random from 0 to 1 */
export function sampleNormal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export class Drawing {
  /** @param {string} [text] @param {Task} [task] */
  constructor(text = "", task = "classification") {
    /** @type {Point[]} */
    this.points = parse(text).slice(0, MAX_POINTS);
    /** @type {Task} */
    this.task = task;
    /** @type {{points: Point[], task: Task}[]} */
    this.history = [];
  }

  get text() {
    return serialize(this.points);
  }

  get remaining() {
    return MAX_POINTS - this.points.length;
  }

  /** A stroke begins here: `undo` comes back to it. */
  beginStroke() {
    this.history.push({ points: this.points, task: this.task });
    if (this.history.length > MAX_UNDO) this.history.shift();
  }

  /** A stroke ends; one that changed nothing is forgotten. @returns {boolean} whether it changed anything */
  endStroke() {
    const before = this.history.at(-1);
    const changed = before !== undefined && (before.points !== this.points || before.task !== this.task);
    // A click on a spot without room would need two undos to take back what came before it.
    if (before && !changed) this.history.pop();
    return changed;
  }

  undo() {
    const before = this.history.pop();
    if (before) Object.assign(this, before);
    return before !== undefined;
  }

  clear() {
    if (this.points.length) this.points = [];
  }

  /** @param {number} x @param {number} y @param {number} label class, or value @returns {boolean} whether there was room */
  add(x, y, label) {
    if (this.remaining < 1) return false;
    const point = { x: clamp(x, HALF_EXTENT), y: clamp(y, HALF_EXTENT) };
    this.points = [...this.points, { ...point, label: this.task === "regression" ? clamp(label, 1) : label }];
    return true;
  }

  /**
   * Some points around a place.
   * @param {number} x @param {number} y @param {number} label @param {number} spread standard deviation @param {number} count @param {() => number} [random]
   */
  spray(x, y, label, spread, count, random = Math.random) {
    for (let i = 0; i < count; i += 1)
      this.add(x + spread * sampleNormal(random), y + spread * sampleNormal(random), label);
  }

  /** Takes away what is nearer than a radius. @param {number} x @param {number} y @param {number} radius */
  erase(x, y, radius) {
    // A new array, never a change in place: the history keeps the old one without a copy.
    const remaining = this.points.filter((point) => Math.hypot(point.x - x, point.y - y) > radius);
    if (remaining.length < this.points.length) this.points = remaining;
  }

  /** Classes become evenly spaced values, values the two classes on either side of zero. @param {Task} task */
  convertTo(task) {
    if (task === this.task) return;
    const top = Math.max(1, ...this.points.map(({ label }) => label));
    const convert =
      task === "regression"
        ? (/** @type {number} */ label) => round((2 * label) / top - 1)
        : (/** @type {number} */ label) => (label > 0 ? 1 : 0);
    this.points = this.points.map(({ x, y, label }) => ({ x, y, label: convert(label) }));
    this.task = task;
  }
}
