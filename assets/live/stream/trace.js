/** A bounded trace of rows over steps: when it is full, it thins out evenly over the steps that it spans. */
export class Trace {
  /** @param {number} width numbers in a row @param {number} [limit] rows at most, up to 2 000 */
  constructor(width, limit = 2000) {
    this.width = width;
    this.limit = Math.max(4, Math.min(limit, 2000));
    this.length = 0;
    this.stride = 1;
    // Steps beyond 2²⁴ are not exact in float32; readings are float32 already.
    this.steps = new Float64Array(this.limit);
    this.values = new Float32Array(this.limit * width);
  }

  /** The step of the newest row, or -1. */
  get lastStep() {
    return this.length ? this.steps[this.length - 1] : -1;
  }

  /**
   * Adds a row; a step already passed is ignored, the newest step is replaced.
   * @param {number} step @param {ArrayLike<number>} row
   */
  push(step, row) {
    if (this.length && step < this.lastStep) return;
    if (!this.length || step > this.lastStep) {
      if (this.length === this.limit) this.thin();
      this.length += 1;
    }
    const at = this.length - 1;
    this.steps[at] = step;
    for (let i = 0; i < this.width; i += 1) this.values[at * this.width + i] = i < row.length ? row[i] : NaN;
  }

  /** Keeps the first row of every stride of steps, and the newest; strides double, so that the rows stay evenly spread. */
  thin() {
    this.#dropWithinStride();
    // A quarter is free afterwards, or every further row would thin the whole trace again.
    while (this.length > this.limit * 0.75) {
      this.stride *= 2;
      this.#dropWithinStride();
    }
  }

  #dropWithinStride() {
    const start = this.steps[0];
    let to = 0;
    let lastBucket = -1;
    for (let from = 0; from < this.length; from += 1) {
      const bucket = Math.floor((this.steps[from] - start) / this.stride);
      if (bucket === lastBucket && from < this.length - 1) continue;
      lastBucket = bucket;
      this.steps[to] = this.steps[from];
      this.values.copyWithin(to * this.width, from * this.width, (from + 1) * this.width);
      to += 1;
    }
    this.length = to;
  }

  /** A number of a row; NaN where there is no such row. @param {number} index from the end when negative @param {number} column */
  read(index, column) {
    const row = index < 0 ? this.length + index : index;
    return row < 0 || row >= this.length ? NaN : this.values[row * this.width + column];
  }

  /** Index of the last row at or before a step, or -1, by bisection. @param {number} step */
  findBefore(step) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Index of the row nearest to a step, or -1 in an empty trace. @param {number} step */
  findNearest(step) {
    const left = this.findBefore(step);
    if (left < 0) return this.length ? 0 : -1;
    if (left === this.length - 1) return left;
    return step - this.steps[left] <= this.steps[left + 1] - step ? left : left + 1;
  }
}
