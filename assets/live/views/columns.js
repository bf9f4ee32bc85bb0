/** Where the layers stand: one column each, the same for the maps, the histograms and the numbers below. */

/** @typedef {{left: number, right: number}} Slot */

/** Room at the left for inputs, axis labels and row names. */
export const GUTTER = 76;
export const NARROWEST = 54;
export const GAP = 8;
export const MOST_LAYERS = 48;

/** Width the columns need at least. @param {number} count */
export function neededWidth(count) {
  return GUTTER + count * NARROWEST;
}

/** @param {number} width @param {number} count @returns {Slot[]} */
export function slots(width, count) {
  const each = (width - GUTTER) / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => ({
    left: GUTTER + i * each + GAP / 2,
    right: GUTTER + (i + 1) * each - GAP / 2,
  }));
}

/** @typedef {{index: number, x: number, y: number, size: number}} Cell */

const SMALLEST = 20;
const COMFORTABLE = 28;
const LARGEST = 60;

/**
 * Squares for the units of one layer, in as few sub-columns as keep them comfortable; what does not fit is counted.
 * @param {number} count @param {Slot} slot @param {number} top @param {number} bottom
 * @returns {{cells: Cell[], hidden: number}}
 */
export function arrange(count, slot, top, bottom) {
  const width = slot.right - slot.left;
  const gap = 4;
  const most = Math.max(1, Math.floor((width + gap) / (SMALLEST + gap)));
  const fit = (/** @type {number} */ columns, /** @type {number} */ height) =>
    Math.min(LARGEST, (height + gap) / Math.ceil(count / columns) - gap, (width + gap) / columns - gap);
  let columns = 1;
  while (
    columns < most &&
    fit(columns, bottom - top) < COMFORTABLE &&
    fit(columns + 1, bottom - top) > fit(columns, bottom - top)
  )
    columns += 1;
  let size = fit(columns, bottom - top);
  let shown = count;
  let floor = bottom;
  if (size < SMALLEST) {
    floor = bottom - 14;
    size = Math.min(SMALLEST, width);
    columns = Math.max(1, Math.floor((width + gap) / (size + gap)));
    shown = Math.min(count, columns * Math.max(1, Math.floor((floor - top + gap) / (size + gap))));
  }
  size = Math.floor(size);
  const rows = Math.ceil(shown / columns);
  const x0 = (slot.left + slot.right - columns * (size + gap) + gap) / 2;
  const y0 = top + Math.max(0, (floor - top - rows * (size + gap) + gap) / 2);
  const cells = Array.from({ length: shown }, (_, index) => ({
    index,
    x: Math.round(x0 + (index % columns) * (size + gap)),
    y: Math.round(y0 + Math.floor(index / columns) * (size + gap)),
    size,
  }));
  return { cells, hidden: count - shown };
}
