/** The lines of a network with several heads: each head's loss or metric, train solid and validation dashed. */
import { createLegendItem } from "../draw/legend.js";

/** @typedef {import("../ui.js").Ui} Ui */

const DASH = [5, 3];
/** In the epoch trace a head has four columns after the five of every run: loss and metric, each of train and validation. */
const FIRST_COLUMN = 5;
const COLUMNS_PER_HEAD = 4;

/** Names of the heads, the output first; none where the output is the only one. @param {Ui} ui @returns {string[]} */
export function listHeads(ui) {
  return ui.run.channels.get("end_loss")?.series ?? [];
}

/** The color of the layer that is the head; one that no instrument shows has a class's color, but not that of the total loss. @param {Ui} ui @param {number} i */
function chooseColor(ui, i) {
  const head = listHeads(ui)[i];
  return ui.run.layers.includes(head) ? ui.layerColor(head) : ui.theme.classColor(i ? i + 1 : 0);
}

/** @param {Ui} ui @param {"loss" | "metric"} what @returns {import("../draw/lines.js").Line[]} */
export function createHeadLines(ui, what) {
  const trace = ui.run.traces.epochs;
  return listHeads(ui).flatMap((head, i) => {
    if (what === "metric" && (i === 0 || !sharesMetric(ui, head))) return [];
    const column = FIRST_COLUMN + COLUMNS_PER_HEAD * i + (what === "metric" ? 2 : 0);
    // The series of epochs comes after the channels.
    if (trace.width <= column) return [];
    const line = { color: chooseColor(ui, i), trace, thickness: 1.25 };
    return [
      { ...line, name: `${ui.formatLayer(head)} · ${ui.t("train")}`, column },
      { ...line, name: `${ui.formatLayer(head)} · ${ui.t("validation")}`, column: column + 1, dash: DASH },
    ];
  });
}

/** @param {Ui} ui @param {"loss" | "metric"} what @param {boolean} [brief] the block's number stands for its name */
export function createHeadLegend(ui, what, brief = false) {
  const shown = listHeads(ui)
    .map((head, i) => ({ head, i }))
    .filter(({ head, i }) => what === "loss" || (i > 0 && sharesMetric(ui, head)));
  const total =
    brief && shown.length
      ? [createLegendItem("solid", ui.theme.accent, what === "loss" ? ui.t("total") : ui.formatLayer("output"))]
      : [];
  return total.concat(
    shown.map(({ head, i }) =>
      createLegendItem("solid", chooseColor(ui, i), brief ? ui.formatLayer(head).split(" ")[0] : ui.formatLayer(head)),
    ),
  );
}

/** Whether a head is measured by accuracy, as the output is: shares and R² have no common axis. @param {Ui} ui @param {string} name */
function sharesMetric(ui, name) {
  const node = ui.run.findNode(name);
  return ui.run.classifies && Boolean(node?.head) && node?.task !== "regression";
}
