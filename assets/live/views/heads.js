/** The lines of a network with several ends: each end's loss or metric, train solid and validation dashed. */
import { legendItem } from "../draw/legend.js";

/** @typedef {import("../ui.js").Ui} Ui */

const DASH = [5, 3];
/** In the epoch trace an end has four columns after the five of every run. */
const FIRST = 5;
const EACH = 4;

/** Names of the ends; none where the output is the only one. @param {Ui} ui @returns {string[]} */
export function heads(ui) {
  return ui.run.channels.get("end_loss")?.series ?? [];
}

/** The color of the layer that is the end; one that no instrument shows has a class's, but not the whole loss's blue. @param {Ui} ui @param {number} i */
function color(ui, i) {
  const end = heads(ui)[i];
  return ui.run.layers.includes(end) ? ui.color(end) : ui.theme.class(i ? i + 1 : 0);
}

/** @param {Ui} ui @param {"loss" | "metric"} what @returns {import("../draw/lines.js").Line[]} */
export function headLines(ui, what) {
  const trace = ui.run.traces.epochs;
  return heads(ui).flatMap((end, i) => {
    if (what === "metric" && (i === 0 || !comparable(ui, end))) return [];
    const column = FIRST + EACH * i + (what === "metric" ? 2 : 0);
    if (trace.width <= column) return [];
    const line = { color: color(ui, i), trace, thickness: 1.25 };
    return [
      { ...line, name: `${ui.layer(end)} · ${ui.t("train")}`, column },
      { ...line, name: `${ui.layer(end)} · ${ui.t("validation")}`, column: column + 1, dash: DASH },
    ];
  });
}

/** @param {Ui} ui @param {"loss" | "metric"} what @param {boolean} [brief] the block's number stands for its name */
export function headLegend(ui, what, brief = false) {
  const shown = heads(ui)
    .map((end, i) => ({ end, i }))
    .filter(({ end, i }) => what === "loss" || (i > 0 && comparable(ui, end)));
  const whole =
    brief && shown.length
      ? [legendItem("solid", ui.theme.accent, what === "loss" ? ui.t("total") : ui.layer("output"))]
      : [];
  return whole.concat(
    shown.map(({ end, i }) => legendItem("solid", color(ui, i), brief ? ui.layer(end).split(" ")[0] : ui.layer(end))),
  );
}

/** Whether a head is measured by accuracy, as the output is: shares and R² have no common axis. @param {Ui} ui @param {string} name */
function comparable(ui, name) {
  const node = ui.run.node(name);
  return ui.run.classifies && Boolean(node?.head) && node?.task !== "regression";
}
