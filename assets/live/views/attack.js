/** What an attack does to single examples: arrows on the plane, or rows of images: clean, the change, attacked. */
import { PixelBuffer } from "../draw/heat_map.js";
import { Panel } from "./panel.js";
import { formatColor, mix, pack } from "../draw/theme.js";

/** @import { Scale } from "../draw/scale.js" */
/** @import { Reading, Values } from "../stream/protocol.js" */
/** @import { Ui } from "../ui.js" */

const LABEL_HEIGHT = 18;
const GAP = 6;

/**
 * An arrow from where every example stands to where the attack moves it; strong where the answer changes.
 * @param {CanvasRenderingContext2D} context @param {Ui} ui @param {Scale} x @param {Scale} y
 * @param {Reading | undefined} reading
 */
export function drawArrows(context, ui, x, y, reading) {
  if (reading?.shape.length !== 2) return;
  for (let i = 0; i < reading.shape[0]; i += 1) {
    const [fromX, fromY, toX, toY, changed] = reading.values.subarray(i * 5, i * 5 + 5);
    context.strokeStyle = formatColor(changed ? ui.theme.warn : ui.theme.text, changed ? 1 : 0.45);
    context.lineWidth = changed ? 2 : 1;
    drawArrow(context, x.map(fromX), y.map(fromY), x.map(toX), y.map(toY));
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} fromX @param {number} fromY @param {number} toX @param {number} toY */
function drawArrow(context, fromX, fromY, toX, toY) {
  const angle = Math.atan2(toY - fromY, toX - fromX);
  const head = Math.min(5, Math.hypot(toX - fromX, toY - fromY) / 2);
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  for (const side of [-0.5, 0.5]) {
    context.moveTo(toX, toY);
    context.lineTo(toX - head * Math.cos(angle + side), toY - head * Math.sin(angle + side));
  }
  context.stroke();
}

export class AttackView {
  /** The attack on points is drawn over the plane, but the channel is the same. */
  channels = ["attack"];

  /** @param {Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.panel = new Panel(ui, { key: "attack", title: "attack", help: "attack_help" });
    this.node = this.panel.node;
    /** @type {PixelBuffer[]} */
    this.buffers = [];
  }

  /** @returns {HTMLElement[]} */
  legend = () => [];

  draw() {
    const context = this.panel.beginDrawing();
    const { latest } = this.ui.run;
    const { attack: reading, attack_scale: scales } = latest;
    if (!context || !reading || !scales || reading.shape.length !== 4) return;
    const [count, , height, width] = reading.shape;
    const left = 64;
    const side = Math.floor(
      Math.min((this.panel.width - left) / count - GAP, (this.panel.height - 2 * LABEL_HEIGHT) / 3 - GAP),
    );
    if (side < 8) return;
    this.#drawRowLabels(context, side);
    for (let k = 0; k < count; k += 1) {
      const [scale, change, target, before, after] = scales.values.subarray(k * 5, k * 5 + 5);
      const x = left + k * (side + GAP);
      const [image, perturbation] = [0, 1].map((row) =>
        reading.values.subarray((2 * k + row) * height * width, (2 * k + row + 1) * height * width),
      );
      const clean = Float32Array.from(image, (value) => (value * scale) / (scale + change)); // both on one scale of grays
      const attacked = Float32Array.from(
        image,
        (value, i) => (value * scale + perturbation[i] * change) / (scale + change),
      );
      this.#drawImage(context, k * 3, clean, width, x, LABEL_HEIGHT, side, false);
      this.#drawImage(context, k * 3 + 1, perturbation, width, x, LABEL_HEIGHT + side + GAP, side, true);
      this.#drawImage(context, k * 3 + 2, attacked, width, x, LABEL_HEIGHT + 2 * (side + GAP), side, false);
      this.#drawAnswer(context, x + side / 2, 4, before, target);
      this.#drawAnswer(context, x + side / 2, LABEL_HEIGHT + 3 * (side + GAP) - 2, after, target);
    }
    this.panel.describe(this.#summarize(scales, count));
  }

  /** @param {CanvasRenderingContext2D} context @param {number} side */
  #drawRowLabels(context, side) {
    const { ui } = this;
    context.fillStyle = formatColor(ui.theme.muted);
    context.textAlign = "left";
    context.textBaseline = "middle";
    ["clean", "change", "attacked"].forEach((key, row) =>
      context.fillText(ui.t(key), 0, LABEL_HEIGHT + row * (side + GAP) + side / 2, 60),
    );
  }

  /** The answer; a wrong one in the color of warnings. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} answer @param {number} target */
  #drawAnswer(context, x, y, answer, target) {
    const { ui } = this;
    context.fillStyle = formatColor(answer === target ? ui.theme.text : ui.theme.warn);
    context.font = `600 11px ${ui.theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillText(answer === target ? String(answer) : `${answer} ≠ ${target}`, x, y);
    context.font = `11px ${ui.theme.font}`;
  }

  /**
   * One image: grays from 0 to 127, or signed values in the colors of values.
   * @param {CanvasRenderingContext2D} context @param {number} index of the picture, kept between frames @param {Values} values
   * @param {number} width in cells @param {number} x @param {number} y @param {number} side in pixels @param {boolean} signed
   */
  #drawImage(context, index, values, width, x, y, side, signed) {
    const { theme } = this.ui;
    const height = values.length / width;
    const buffer = (this.buffers[index] ??= new PixelBuffer());
    const pixels = buffer.resize(width, height);
    values.forEach((value, i) => {
      pixels[i] = signed
        ? theme.valueTable[Math.round(value) + 128]
        : pack(mix(theme.ground, theme.text, Math.min(1, Math.max(0, value / 127))));
    });
    buffer.flush();
    context.imageSmoothingEnabled = false;
    context.drawImage(buffer.canvas, x, y, side, side);
    context.strokeStyle = formatColor(theme.line);
    context.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
  }

  /** @param {Reading} scales @param {number} count */
  #summarize(scales, count) {
    const rows = Array.from({ length: count }, (_, k) => scales.values.subarray(k * 5 + 2, k * 5 + 5));
    return rows.map(([right, before, after]) => `${right}: ${before} → ${after}`).join(", ");
  }
}
