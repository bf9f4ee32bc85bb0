/** The charts over steps that the playground has: loss, metric, and one curve per layer. */
import { TimeChart } from "./time_chart.js";
import { element } from "../draw/dom.js";
import { legendItem, legendRamp } from "../draw/legend.js";
import { scoreLegend, scoreLines, worstLegend, worstLine } from "./scores.js";
import { headLegend, headLines, heads } from "./heads.js";
import { layerOf } from "../stream/run.js";
import { PARTS } from "../text/weight_parts.js";
import { css } from "../draw/theme.js";

/** @typedef {import("../ui.js").Ui} Ui */

const DASH = [5, 3];
/** Columns of the epoch trace, whose steps stand apart. */
const EPOCH = { train_loss: 1, train_metric: 2, validation_loss: 3, validation_metric: 4 };

/** Strokes of the kinds of weights that a layer has beside the solid one of all of them. */
const STROKES = [
  [5, 3],
  [1.5, 2.5],
  [7, 2, 1.5, 2],
  [3, 5],
];

/** The kinds of weights of a layer that a channel has rows for, in order. @param {string[]} names @param {string} layer */
function kinds(names, layer) {
  return [
    ...new Set(names.filter((name) => name !== layer && layerOf(name) === layer).map((name) => name.split(" · ")[1])),
  ];
}

/** How a row's line is drawn. @param {string[]} names @param {string} name */
function stroke(names, name) {
  const part = name.split(" · ")[1];
  return part ? STROKES[kinds(names, layerOf(name)).indexOf(part) % STROKES.length] : undefined;
}

/** A row for one kind of weights is thinner and dashed. @param {string[]} names @param {string} name */
function parted(names, name) {
  return name.includes(" · ") ? { dash: stroke(names, name), thickness: 1 } : {};
}

/** What the strokes mean, if there are any. @param {Ui} ui @param {string[]} names */
function strokes(ui, names) {
  const found = new Map();
  for (const name of names) if (name.includes(" · ")) found.set(name.split(" · ")[1], stroke(names, name));
  return [...found].map(([part, dash]) =>
    element("span", { class: "tp-legend-item" }, [
      element("i", {
        class: "tp-swatch tp-swatch-stroke",
        style: `color:${css(ui.theme.muted)};background:repeating-linear-gradient(to right,${dashes(dash)})`,
      }),
      element("span", { text: ui.t(PARTS[part] ?? part) }),
    ]),
  );
}

/** A dash pattern as the stops of a gradient. @param {number[]} dash */
function dashes(dash) {
  let at = 0;
  return dash
    .map((length, i) => {
      const from = at;
      at += length;
      return `${i % 2 ? "transparent" : "currentColor"} ${from}px ${at}px`;
    })
    .join(",");
}

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

/** One curve per layer on a log axis. @param {Ui} ui @param {"update_ratio" | "gradient_norm"} key */
export function layerChart(ui, key) {
  const series = () => ui.run.channels.get(key)?.series ?? [];
  const chart = new TimeChart(ui, {
    key,
    title: key,
    help: `${key}_help`,
    enlarge: key,
    log: () => true,
    lines: () => {
      const trace = ui.run.traces[key];
      return trace
        ? series().map((name, column) => ({
            name: ui.layer(name),
            color: ui.color(name),
            trace,
            column,
            ...parted(series(), name),
          }))
        : [];
    },
    domain: (low, high) => (key === "update_ratio" ? [Math.min(low, 1e-3), Math.max(high, 1e-2)] : [low, high]),
    unit: () => ui.run.channels.get(key)?.formula ?? "",
    band: () => ui.run.channels.get(key)?.healthy ?? null,
    more: (step) => (key === "update_ratio" ? learningRate(ui, step) : []),
  });
  const whole = () => series().filter((name) => !name.includes(" · "));
  const layers = () =>
    whole().length <= 3
      ? whole().map((name) => legendItem("solid", ui.color(name), ui.layer(name)))
      : layerRamp(ui, whole());
  chart.legend = () => [...layers(), ...strokes(ui, series())];
  chart.briefLegend = () => [...layerRamp(ui, whole()), ...strokes(ui, series())];
  return chart;
}

/** @param {Ui} ui @param {number} step */
function learningRate(ui, step) {
  const trace = ui.run.traces.lr;
  return trace?.length
    ? [{ name: ui.t("lr"), value: ui.format.short(trace.at(Math.max(0, trace.before(step)), 0)) }]
    : [];
}

/** The ramp of colors from first layer to last. @param {Ui} ui @param {string[]} names */
function layerRamp(ui, names) {
  if (!names.length) return [];
  const [first, last] = [names[0], names[names.length - 1]].map((name) => ui.layer(name).split(" ")[0]);
  return [
    legendRamp(
      first,
      names.map((name) => css(ui.color(name))),
      last,
    ),
  ];
}
