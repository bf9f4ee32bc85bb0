/** The layout of the layers: one column each, shared by unit maps, histograms and numbers. Lengths are CSS pixels. */

/** @typedef {{left: number, right: number}} Slot */

/** Width at the left for input maps, axis labels and row names. */
export const GUTTER = 76;
export const MIN_COLUMN_WIDTH = 54;
export const GAP = 8;
export const MAX_LAYERS = 48;

/** The width that the columns need at least; a narrower panel scrolls. @param {number} count */
export function computeMinWidth(count) {
  return GUTTER + count * MIN_COLUMN_WIDTH;
}

/** Left and right end of each layer's column. @param {number} width @param {number} count @returns {Slot[]} */
export function layOutColumns(width, count) {
  const columnWidth = (width - GUTTER) / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => ({
    left: GUTTER + i * columnWidth + GAP / 2,
    right: GUTTER + (i + 1) * columnWidth - GAP / 2,
  }));
}

/** @typedef {{index: number, x: number, y: number, size: number}} Cell */

const MIN_CELL = 20;
const TARGET_CELL = 28;
const MAX_CELL = 60;

/**
 * Squares for the units of one layer, in as few sub-columns as give them the target size; those that do not fit are counted.
 * @param {number} count @param {Slot} slot @param {number} top @param {number} bottom
 * @returns {{cells: Cell[], hidden: number}}
 */
export function arrange(count, slot, top, bottom) {
  const width = slot.right - slot.left;
  const gap = 4;
  const maxColumns = Math.max(1, Math.floor((width + gap) / (MIN_CELL + gap)));
  const computeSize = (/** @type {number} */ columns, /** @type {number} */ height) =>
    Math.min(MAX_CELL, (height + gap) / Math.ceil(count / columns) - gap, (width + gap) / columns - gap);
  let columns = 1;
  // One more sub-column as long as the squares are small and grow by it.
  while (
    columns < maxColumns &&
    computeSize(columns, bottom - top) < TARGET_CELL &&
    computeSize(columns + 1, bottom - top) > computeSize(columns, bottom - top)
  )
    columns += 1;
  let size = computeSize(columns, bottom - top);
  let shown = count;
  let cellsBottom = bottom;
  if (size < MIN_CELL) {
    // Not even the smallest squares fit: the last line is for the number of units that are not drawn.
    cellsBottom = bottom - 14;
    size = Math.min(MIN_CELL, width);
    columns = Math.max(1, Math.floor((width + gap) / (size + gap)));
    shown = Math.min(count, columns * Math.max(1, Math.floor((cellsBottom - top + gap) / (size + gap))));
  }
  // Whole pixels keep all squares equal.
  size = Math.floor(size);
  const rows = Math.ceil(shown / columns);
  const x0 = (slot.left + slot.right - columns * (size + gap) + gap) / 2;
  const y0 = top + Math.max(0, (cellsBottom - top - rows * (size + gap) + gap) / 2);
  const cells = Array.from({ length: shown }, (_, index) => ({
    index,
    x: Math.round(x0 + (index % columns) * (size + gap)),
    y: Math.round(y0 + Math.floor(index / columns) * (size + gap)),
    size,
  }));
  return { cells, hidden: count - shown };
}
