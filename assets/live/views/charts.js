/** The charts over epochs: loss and metric. */
import { TimeChart } from "./time_chart.js";
import { legendItem } from "../draw/legend.js";
import { CHANNELS, scoreLegend, scoreLines, worstLegend, worstLine } from "./scores.js";
import { headLegend, headLines, heads } from "./heads.js";

/** @typedef {import("../ui.js").Ui} Ui */

const DASH = [5, 3];
/** Columns of the epoch trace, whose steps stand apart. */
const EPOCH = { train_loss: 1, train_metric: 2, validation_loss: 3, validation_metric: 4 };

/** Two lines of the epoch trace, train solid and validation dashed. @param {Ui} ui @param {"loss" | "metric"} what @returns {import("../draw/lines.js").Line[]} */
function pair(ui, what) {
  const trace = ui.run.traces.epochs;
  return [
    { name: ui.t("train"), color: ui.theme.accent, trace, column: EPOCH[`train_${what}`], thickness: 2 },
    {
      name: ui.t("validation"),
      color: ui.theme.text,
      trace,
      column: EPOCH[`validation_${what}`],
      dash: DASH,
      thickness: 1.5,
    },
  ];
}

/** Train and validation; where there is little room, a long word is cut to its beginning. @param {Ui} ui @param {boolean} [brief] */
function splits(ui, brief = false) {
  const [train, held] = ["train", "validation"]
    .map((key) => ui.t(key))
    .map((word) => (brief && word.length > 10 ? `${word.slice(0, 6)}.` : word));
  return [legendItem("solid", ui.theme.accent, train), legendItem("dashed", ui.theme.text, held)];
}

/** @param {Ui} ui */
export function lossChart(ui) {
  const chart = new TimeChart(ui, {
    key: "loss",
    channels: ["loss", "end_loss"],
    title: "loss",
    help: "loss_chart_help",
    enlarge: "loss",
    log: () => chart.panel.on,
    lines: () => [
      {
        name: ui.t("batch_loss"),
        color: ui.theme.accent,
        trace: ui.run.traces.losses,
        column: 0,
        alpha: 0.25,
        thickness: 1,
        quiet: true,
      },
      ...headLines(ui, "loss"),
      ...pair(ui, "loss"),
    ],
    mark: () => ui.run.best,
    more: (step) =>
      ui.run.best?.step === step ? [{ name: ui.t(ui.run.bestName), value: ui.format.value(ui.run.best.value) }] : [],
    domain: (low, high) => (chart.panel.on ? [low, high] : [Math.min(0, low), Math.min(high, lossCeiling(ui))]),
  });
  chart.panel.toggle(ui.t("log_scale"), ui.t("log_scale_help"), "loss_log", false);
  chart.legend = () => [
    ...splits(ui),
    legendItem("faint", ui.theme.accent, ui.t("batch_loss")),
    ...(ui.run.best ? [legendItem("ring", ui.theme.text, ui.t(ui.run.bestName))] : []),
    ...headLegend(ui, "loss"),
  ];
  chart.briefLegend = () =>
    heads(ui).length ? headLegend(ui, "loss", true) : [...splits(ui, true), ...chart.legend().slice(2)];
  return chart;
}

/** Single wild batches must not flatten the curves: the axis ends at twice the largest epoch mean. @param {Ui} ui */
function lossCeiling(ui) {
  const trace = ui.run.traces.epochs;
  let top = -Infinity;
  for (let i = 0; i < trace.length; i += 1)
    top = Math.max(top, trace.at(i, EPOCH.train_loss) || 0, trace.at(i, EPOCH.validation_loss) || 0);
  return top > 0 ? 1.5 * top : Infinity;
}

/** @param {Ui} ui */
export function metricChart(ui) {
  const chart = new TimeChart(ui, {
    key: "metric",
    channels: [...CHANNELS, "recall", "confusion"], // the large form shows the last two class by class
    title: ui.run.classifies ? "metric" : "metric_r2",
    help: "metric_chart_help",
    enlarge: "metric",
    log: () => false,
    lines: () => [...scoreLines(ui), ...worstLine(ui), ...pair(ui, "metric"), ...headLines(ui, "metric")],
    percent: () => ui.run.classifies,
    domain: (low, high) => [Math.max(low, -1), Math.max(high, Math.max(low, -1) + 0.1)],
  });
  const more = (brief = false) => [...scoreLegend(ui), ...headLegend(ui, "metric", brief)];
  chart.legend = () => [...splits(ui), ...more(), ...worstLegend(ui)];
  chart.briefLegend = () => (more().length ? more(true) : [...splits(ui, true), ...worstLegend(ui)]);
  return chart;
}
