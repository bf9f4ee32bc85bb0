import { getContext2d } from "./dom.js";

/** A picture of what seldom changes, painted once and laid over every frame. */
export class CanvasCache {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.key = "";
  }

  /**
   * Lays the picture over the whole canvas of a panel, painting it first when the key is new.
   * @param {CanvasRenderingContext2D} context @param {{width: number, height: number, ratio: number}} panel
   * @param {string} key of all that the picture depends on, besides its size
   * @param {(context: CanvasRenderingContext2D) => void} paint
   */
  draw(context, panel, key, paint) {
    const { width, height, ratio } = panel;
    const fullKey = `${width} ${height} ${ratio} ${key}`;
    if (fullKey !== this.key) {
      this.key = fullKey;
      Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
      const cacheContext = getContext2d(this.canvas);
      cacheContext.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint(cacheContext);
    }
    context.drawImage(this.canvas, 0, 0, width, height);
  }
}
