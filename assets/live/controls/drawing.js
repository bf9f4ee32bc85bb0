/** Points drawn by hand, without the screen: what the pad keeps, and how it is written in an experiment. */

/** @typedef {{x: number, y: number, c: number}} Point */
/** @typedef {"classification" | "regression"} Task */

export const REACH = 6;
export const MOST = 500;
export const CLASSES = 5;
const STEPS_BACK = 100;

/** Three decimals, and no minus before a zero. @param {number} value */
function round(value) {
  return Math.round(value * 1000) / 1000 || 0;
}

/** @param {number} value @param {number} most */
function clamp(value, most) {
  return round(Math.min(most, Math.max(-most, value)));
}

/** @param {string} text "x,y,c;x,y,c" @returns {Point[]} */
export function parse(text) {
  const rows = text.split(";").map((row) => row.split(",").map(Number));
  return rows.filter((row) => row.length === 3 && row.every(Number.isFinite)).map(([x, y, c]) => ({ x, y, c }));
}

/** @param {Point[]} points */
export function serialize(points) {
  return points.map(({ x, y, c }) => `${x},${y},${c}`).join(";");
}

/** A number of the normal distribution. @param {() => number} random from 0 to 1 */
export function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export class Drawing {
  /** @param {string} [text] @param {Task} [task] */
  constructor(text = "", task = "classification") {
    /** @type {Point[]} */
    this.points = parse(text).slice(0, MOST);
    /** @type {Task} */
    this.task = task;
    /** @type {{points: Point[], task: Task}[]} */
    this.past = [];
  }

  get text() {
    return serialize(this.points);
  }

  get room() {
    return MOST - this.points.length;
  }

  /** A stroke begins here: `undo` comes back to it. */
  begin() {
    this.past.push({ points: this.points, task: this.task });
    if (this.past.length > STEPS_BACK) this.past.shift();
  }

  /** A stroke ends; one that changed nothing is forgotten. @returns {boolean} whether it changed anything */
  end() {
    const before = this.past.at(-1);
    const changed = before !== undefined && (before.points !== this.points || before.task !== this.task);
    if (before && !changed) this.past.pop();
    return changed;
  }

  undo() {
    const before = this.past.pop();
    if (before) Object.assign(this, before);
    return before !== undefined;
  }

  clear() {
    if (this.points.length) this.points = [];
  }

  /** @param {number} x @param {number} y @param {number} c class, or value @returns {boolean} whether there was room */
  add(x, y, c) {
    if (this.room < 1) return false;
    const label = this.task === "regression" ? clamp(c, 1) : c;
    this.points = [...this.points, { x: clamp(x, REACH), y: clamp(y, REACH), c: label }];
    return true;
  }

  /**
   * Some points around a place.
   * @param {number} x @param {number} y @param {number} c @param {number} spread standard deviation @param {number} count @param {() => number} [random]
   */
  spray(x, y, c, spread, count, random = Math.random) {
    for (let i = 0; i < count; i += 1) this.add(x + spread * normal(random), y + spread * normal(random), c);
  }

  /** Takes away what is nearer than a radius. @param {number} x @param {number} y @param {number} radius */
  erase(x, y, radius) {
    const left = this.points.filter((point) => Math.hypot(point.x - x, point.y - y) > radius);
    if (left.length < this.points.length) this.points = left;
  }

  /** Classes become evenly spaced values, values the two classes on either side of zero. @param {Task} task */
  become(task) {
    if (task === this.task) return;
    const top = Math.max(1, ...this.points.map(({ c }) => c));
    const turned =
      task === "regression"
        ? (/** @type {number} */ c) => round((2 * c) / top - 1)
        : (/** @type {number} */ c) => (c > 0 ? 1 : 0);
    this.points = this.points.map(({ x, y, c }) => ({ x, y, c: turned(c) }));
    this.task = task;
  }
}
