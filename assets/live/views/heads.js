/** The lines of a network with several heads: each head's loss or metric, train solid and validation dashed. */
import { legendItem } from "../draw/legend.js";

/** @typedef {import("../ui.js").Ui} Ui */

const DASH = [5, 3];
/** In the epoch trace a head has four columns after the five of every run. */
const FIRST = 5;
const EACH = 4;

/** Names of the heads; none where the output is the only one. @param {Ui} ui @returns {string[]} */
export function heads(ui) {
  return ui.run.channels.get("end_loss")?.series ?? [];
}

/** The color of the layer that is the head; one that no instrument shows has a class's, but not the whole loss's blue. @param {Ui} ui @param {number} i */
function color(ui, i) {
  const head = heads(ui)[i];
  return ui.run.layers.includes(head) ? ui.color(head) : ui.theme.class(i ? i + 1 : 0);
}

/** @param {Ui} ui @param {"loss" | "metric"} what @returns {import("../draw/lines.js").Line[]} */
export function headLines(ui, what) {
  const trace = ui.run.traces.epochs;
  return heads(ui).flatMap((head, i) => {
    if (what === "metric" && (i === 0 || !comparable(ui, head))) return [];
    const column = FIRST + EACH * i + (what === "metric" ? 2 : 0);
    if (trace.width <= column) return [];
    const line = { color: color(ui, i), trace, thickness: 1.25 };
    return [
      { ...line, name: `${ui.layer(head)} · ${ui.t("train")}`, column },
      { ...line, name: `${ui.layer(head)} · ${ui.t("validation")}`, column: column + 1, dash: DASH },
    ];
  });
}

/** @param {Ui} ui @param {"loss" | "metric"} what @param {boolean} [brief] the block's number stands for its name */
export function headLegend(ui, what, brief = false) {
  const shown = heads(ui)
    .map((head, i) => ({ head, i }))
    .filter(({ head, i }) => what === "loss" || (i > 0 && comparable(ui, head)));
  const whole =
    brief && shown.length
      ? [legendItem("solid", ui.theme.accent, what === "loss" ? ui.t("total") : ui.layer("output"))]
      : [];
  return whole.concat(
    shown.map(({ head, i }) =>
      legendItem("solid", color(ui, i), brief ? ui.layer(head).split(" ")[0] : ui.layer(head)),
    ),
  );
}

/** Whether a head is measured by accuracy, as the output is: shares and R² have no common axis. @param {Ui} ui @param {string} name */
function comparable(ui, name) {
  const node = ui.run.node(name);
  return ui.run.classifies && Boolean(node?.head) && node?.task !== "regression";
}
