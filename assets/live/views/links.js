/** The links between two columns of units: by weight where the run sends weights, else as thin lines. */
import { formatColor } from "../draw/theme.js";

/** @typedef {import("./columns.js").Cell} Cell */
/** @typedef {{name: string, cells: Cell[], count: number}} Column `count` units, of which `cells` are drawn */
/** @typedef {{values: Int8Array, start: number, inputs: number}} Matrix rows of `inputs` weights, one row a unit, 127 for the largest */

// Stroking 400 links takes 10 to 15 ms (Chromium without a GPU), as long as a frame at 60 Hz.
const MAX_LINKS = 420;
const MIN_WEIGHT = 6; // of 127: 5 % of the largest

/**
 * Each layer's weight matrix by its name; nothing where the sizes do not fit the columns.
 * @param {import("../stream/run.js").Run} run @param {Column[]} columns in order of depth, inputs first
 * @param {Map<string, number[]>} inputsOf the columns that feed each layer
 * @param {string} [key] of the channel
 * @returns {Map<string, Matrix>}
 */
export function sliceMatrices(run, columns, inputsOf, key = "weights") {
  const matrices = new Map();
  const reading = run.latest[key];
  const names = run.channels.get(key)?.series ?? [];
  if (!reading) return matrices;
  let start = 0;
  for (const name of names) {
    const index = columns.findIndex((column) => column.name === name);
    if (index < 1) return matrices;
    const inputs = (inputsOf.get(name) ?? []).reduce((sum, from) => sum + columns[from].count, 0);
    matrices.set(name, { values: /** @type {Int8Array} */ (reading.values), start, inputs });
    start += inputs * columns[index].count;
  }
  // Units beyond those that are sent have weights, but no place in a column.
  return start === reading.values.length ? matrices : new Map();
}

/**
 * Strokes links by weight: the sign as the color, the size relative to the layer's largest as width and strength.
 * @param {CanvasRenderingContext2D} context @param {Column} from @param {Column} to @param {Matrix} matrix
 * @param {number} first the matrix's column that belongs to the first unit of `from`
 * @param {import("../draw/theme.js").Theme} theme
 */
export function drawWeightedLinks(context, from, to, matrix, first, theme) {
  const links = [];
  for (const b of to.cells) {
    for (const a of from.cells) {
      const weight = matrix.values[matrix.start + b.index * matrix.inputs + first + a.index];
      if (Math.abs(weight) >= MIN_WEIGHT) links.push({ a, b, weight });
    }
  }
  // => The heaviest last: they lie on top, and are the ones that remain.
  links.sort((one, other) => Math.abs(one.weight) - Math.abs(other.weight));
  for (const { a, b, weight } of links.slice(-MAX_LINKS)) {
    const share = Math.abs(weight) / 127;
    context.strokeStyle = formatColor(theme.valueColor(Math.sign(weight)), 0.06 + 0.74 * share);
    context.lineWidth = 0.5 + 2.5 * share;
    context.beginPath();
    traceLink(context, a, b);
    context.stroke();
  }
}

/**
 * Strokes every unit to every unit, or each to its like where a layer works unit by unit.
 * @param {CanvasRenderingContext2D} context @param {Column} from @param {Column} to @param {boolean} unitwise @param {import("../draw/theme.js").Theme} theme
 */
export function drawPlainLinks(context, from, to, unitwise, theme) {
  const straight = unitwise && from.cells.length === to.cells.length;
  if (!straight && from.cells.length * to.cells.length > MAX_LINKS) return;
  const count = straight ? from.cells.length : from.cells.length * to.cells.length;
  context.lineWidth = 1;
  // The more lines cross, the fainter each: together they would fill the area.
  context.strokeStyle = formatColor(theme.text, Math.max(0.06, Math.min(0.22, 1 / Math.sqrt(count))));
  context.beginPath();
  for (const a of from.cells) {
    for (const b of straight ? [to.cells[a.index]] : to.cells) traceLink(context, a, b);
  }
  context.stroke();
}

/** Adds a link to the path: horizontal where it leaves and where it arrives. @param {CanvasRenderingContext2D} context @param {Cell} a @param {Cell} b */
function traceLink(context, a, b) {
  const [x0, y0, x1, y1] = [a.x + a.size, a.y + a.size / 2, b.x, b.y + b.size / 2];
  const middle = (x0 + x1) / 2;
  context.moveTo(x0, y0);
  context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}
