/** The charts over epochs: loss and metric. */
import { TimeChart } from "./time_chart.js";
import { createLegendItem } from "../draw/legend.js";
import { CHANNELS, createScoreLegend, createScoreLines, createWorstLegend, createWorstLine } from "./scores.js";
import { createHeadLegend, createHeadLines, listHeads } from "./heads.js";

/** @typedef {import("../ui.js").Ui} Ui */

const DASH = [5, 3];
/** Columns of the epoch trace: epoch, then these; its steps are the trace's own axis. */
const EPOCH_COLUMN = { train_loss: 1, train_metric: 2, validation_loss: 3, validation_metric: 4 };

/** Two lines of the epoch trace, train solid and validation dashed. @param {Ui} ui @param {"loss" | "metric"} what @returns {import("../draw/lines.js").Line[]} */
function createSplitLines(ui, what) {
  const trace = ui.run.traces.epochs;
  return [
    { name: ui.t("train"), color: ui.theme.accent, trace, column: EPOCH_COLUMN[`train_${what}`], thickness: 2 },
    {
      name: ui.t("validation"),
      color: ui.theme.text,
      trace,
      column: EPOCH_COLUMN[`validation_${what}`],
      dash: DASH,
      thickness: 1.5,
    },
  ];
}

/** Legend of train and validation; in the brief form a long word is cut to its beginning. @param {Ui} ui @param {boolean} [brief] */
function createSplitLegend(ui, brief = false) {
  const [train, validation] = ["train", "validation"]
    .map((key) => ui.t(key))
    .map((word) => (brief && word.length > 10 ? `${word.slice(0, 6)}.` : word));
  return [createLegendItem("solid", ui.theme.accent, train), createLegendItem("dashed", ui.theme.text, validation)];
}

/** @param {Ui} ui */
export function createLossChart(ui) {
  const chart = new TimeChart(ui, {
    key: "loss",
    channels: ["loss", "end_loss"],
    title: "loss",
    help: "loss_chart_help",
    enlarge: "loss",
    log: () => chart.panel.toggled,
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
      ...createHeadLines(ui, "loss"),
      ...createSplitLines(ui, "loss"),
    ],
    mark: () => ui.run.best,
    more: (step) =>
      ui.run.best?.step === step ? [{ name: ui.t(ui.run.bestName), value: ui.format.value(ui.run.best.value) }] : [],
    // A linear loss axis begins at 0, so that heights compare; decades show ratios anyway.
    domain: (low, high) =>
      chart.panel.toggled ? [low, high] : [Math.min(0, low), Math.min(high, findLossCeiling(ui))],
  });
  chart.panel.addToggle(ui.t("log_scale"), ui.t("log_scale_help"), "loss_log", false);
  chart.legend = () => [
    ...createSplitLegend(ui),
    createLegendItem("faint", ui.theme.accent, ui.t("batch_loss")),
    ...(ui.run.best ? [createLegendItem("ring", ui.theme.text, ui.t(ui.run.bestName))] : []),
    ...createHeadLegend(ui, "loss"),
  ];
  chart.briefLegend = () =>
    // The strokes of train and validation are those of every chart; the heads' colors cannot be guessed.
    listHeads(ui).length
      ? createHeadLegend(ui, "loss", true)
      : [...createSplitLegend(ui, true), ...chart.legend().slice(2)];
  return chart;
}

/** Upper end of the loss axis: 1.5 times the largest mean of an epoch, so that a single wild batch does not flatten the curves. @param {Ui} ui */
function findLossCeiling(ui) {
  const trace = ui.run.traces.epochs;
  let top = -Infinity;
  for (let i = 0; i < trace.length; i += 1)
    top = Math.max(top, trace.read(i, EPOCH_COLUMN.train_loss) || 0, trace.read(i, EPOCH_COLUMN.validation_loss) || 0);
  return top > 0 ? 1.5 * top : Infinity;
}

/** @param {Ui} ui */
export function createMetricChart(ui) {
  const chart = new TimeChart(ui, {
    key: "metric",
    channels: [...CHANNELS, "recall", "confusion"], // the large form shows the last two class by class
    title: ui.run.classifies ? "metric" : "metric_r2",
    help: "metric_chart_help",
    enlarge: "metric",
    log: () => false,
    lines: () => [
      ...createScoreLines(ui),
      ...createWorstLine(ui),
      ...createSplitLines(ui, "metric"),
      ...createHeadLines(ui, "metric"),
    ],
    percent: () => ui.run.classifies,
    // R² has no lower bound: one early epoch of -1000 would flatten all that follow.
    domain: (low, high) => [Math.max(low, -1), Math.max(high, Math.max(low, -1) + 0.1)],
  });
  const createScoreLegends = (brief = false) => [...createScoreLegend(ui), ...createHeadLegend(ui, "metric", brief)];
  chart.legend = () => [...createSplitLegend(ui), ...createScoreLegends(), ...createWorstLegend(ui)];
  chart.briefLegend = () =>
    createScoreLegends().length ? createScoreLegends(true) : [...createSplitLegend(ui, true), ...createWorstLegend(ui)];
  return chart;
}
