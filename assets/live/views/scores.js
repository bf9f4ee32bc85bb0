/** Lines beside the metric's two: right answers under attack, and those of every member of an ensemble. */
import { createLegendItem } from "../draw/legend.js";

/** @import { Line } from "../draw/lines.js" */
/** @import { Ui } from "../ui.js" */
/** @typedef {Omit<Line, "trace" | "column">} LineStyle */

/** Channels that are lines of the metric chart. */
export const CHANNELS = ["robustness", "members"];

/** Whether the run compares anything on held-out examples. @param {import("../stream/run.js").Run} run */
export function hasScores(run) {
  return CHANNELS.some((key) => run.channels.has(key));
}

/** How one series looks: what it is called, its color, and whether it stands back. @param {Ui} ui @param {string} name @returns {LineStyle} */
function chooseStyle(ui, name) {
  const { theme, t } = ui;
  const member = /^member (\d+)$/.exec(name);
  if (member)
    return { name: t("member", { number: member[1] }), color: theme.muted, alpha: 0.4, thickness: 1, quiet: true };
  /** @type {Record<string, LineStyle>} */
  const styles = {
    attacked: { name: t("attacked"), color: theme.warn, thickness: 2 },
    clean: { name: t("clean"), color: theme.muted, thickness: 1.5 },
    together: { name: t("together"), color: theme.classColor(2), thickness: 2 },
    "out of bag": { name: t("out_of_bag"), color: theme.classColor(3), thickness: 1.5, dash: [2, 3] },
  };
  return styles[name] ?? { name, color: theme.muted };
}

/** @param {Ui} ui @returns {import("../draw/lines.js").Line[]} members first, so that they lie under the rest */
export function createScoreLines(ui) {
  const lines = CHANNELS.flatMap((key) => {
    const trace = ui.run.traces[key];
    const names = (trace && ui.run.channels.get(key)?.series) ?? [];
    return names.map((name, column) => ({ ...chooseStyle(ui, name), trace, column }));
  });
  return lines.sort((one, other) => Number(Boolean(other.quiet)) - Number(Boolean(one.quiet)));
}

/** The recall of the class that fares worst, which a single accuracy hides. @param {Ui} ui @returns {import("../draw/lines.js").Line[]} */
export function createWorstLine(ui) {
  const trace = ui.run.traces.epochs;
  if (!ui.run.channels.has("recall")) return [];
  return [
    {
      name: ui.t("worst_recall"),
      color: ui.theme.muted,
      trace,
      column: trace.width - 1,
      thickness: 1.25,
      dash: [2, 3],
    },
  ];
}

/** @param {Ui} ui */
export function createWorstLegend(ui) {
  return ui.run.channels.has("recall") ? [createLegendItem("dashed", ui.theme.muted, ui.t("worst_recall"))] : [];
}

/** @param {Ui} ui */
export function createScoreLegend(ui) {
  const names = CHANNELS.flatMap((key) => ui.run.channels.get(key)?.series ?? []);
  const items = names.filter((name) => !name.startsWith("member ")).map((name) => chooseStyle(ui, name));
  const members = names.some((name) => name.startsWith("member "))
    ? [createLegendItem("faint", ui.theme.muted, ui.t("each_member"))]
    : [];
  return [
    ...items.map(({ name, color, dash }) => createLegendItem(dash ? "dashed" : "solid", color, name)),
    ...members,
  ];
}
