/** An offscreen canvas for what seldom changes. */
import { getContext2d } from "./dom.js";

/**
 * What seldom changes, painted once and copied into every frame. 400 links take 10 to 15 ms to stroke, 400 points 5 to
 * 9 ms, the copy 0.1 ms (Chromium without a GPU, 700 × 500 px).
 */
export class CanvasCache {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.key = "";
  }

  /**
   * Copies the cached canvas over the whole of a panel's, and paints it first when the key is new.
   * @param {CanvasRenderingContext2D} context @param {{width: number, height: number, ratio: number}} panel
   * @param {string} key of all that the painting depends on, besides its size
   * @param {(context: CanvasRenderingContext2D) => void} paint
   */
  draw(context, panel, key, paint) {
    const { width, height, ratio } = panel;
    const fullKey = `${width} ${height} ${ratio} ${key}`;
    if (fullKey !== this.key) {
      this.key = fullKey;
      Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
      // A new width or height clears a canvas and resets its context, the transform too.
      const cacheContext = getContext2d(this.canvas);
      cacheContext.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint(cacheContext);
    }
    context.drawImage(this.canvas, 0, 0, width, height);
  }
}
