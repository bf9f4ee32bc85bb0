/** Channels over steps: a line for each layer or series, the kinds of a layer's weights thinner beside it. */
import { helpOf, measureOf, titleOf } from "./about.js";
import { element } from "../draw/dom.js";
import { legendItem, legendRamp } from "../draw/legend.js";
import { css } from "../draw/theme.js";
import { layerOf } from "../stream/run.js";
import { PARTS } from "../text/weight_parts.js";
import { TimeChart } from "./time_chart.js";

/** @typedef {import("../ui.js").Ui} Ui */

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
function partStyle(names, name) {
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

/** Whether rows are named after layers of the network. @param {Ui} ui @param {string[]} names */
function ofLayers(ui, names) {
  return names.length > 0 && names.every((name) => ui.run.layers.includes(layerOf(name)));
}

/** How each line of a channel looks. @param {Ui} ui @param {string} key @param {string[]} names */
function looks(ui, key, names) {
  const layers = ofLayers(ui, names);
  return names.map((name, i) => {
    if (layers) return { name: ui.layer(name), color: ui.color(name), ...partStyle(names, name) };
    return { name: ui.t(name) || titleOf(ui, key), color: names.length > 1 ? ui.theme.class(i) : ui.theme.accent };
  });
}

/**
 * The chart of a channel whose readings are numbers: marks lines, scores and scalar.
 * @param {Ui} ui @param {string} key of the channel @param {boolean} [withRate] the learning rate stands in the tooltip, too
 */
export function seriesChart(ui, key, withRate = false) {
  const channel = () => ui.run.channels.get(key);
  const series = () => {
    const names = channel()?.series ?? [];
    return names.length ? names : [""]; // a single number has no name
  };
  const share = () => channel()?.unit === "share" && channel()?.scale !== "log";
  const chart = new TimeChart(ui, {
    key,
    channels: withRate ? [key, "lr"] : [key],
    title: titleOf(ui, key),
    help: helpOf(ui, key),
    enlarge: key,
    log: () => channel()?.scale !== "linear",
    lines: () => {
      const trace = channel() && ui.run.traces[key];
      return trace ? looks(ui, key, series()).map((look, column) => ({ ...look, trace, column })) : [];
    },
    domain: (low, high) => {
      const [least, most] = channel()?.healthy ?? [low, high];
      return [Math.min(low, least), Math.max(high, most)];
    },
    unit: () => (share() ? (channel()?.formula ?? "") : measureOf(channel())),
    percent: share,
    band: () => channel()?.healthy ?? null,
    more: (step) => (withRate ? learningRate(ui, step) : []),
  });
  const whole = () => (channel() ? series().filter((name) => name && !name.includes(" · ")) : []);
  const ramp = () => (ofLayers(ui, whole()) ? layerRamp(ui, whole()) : []);
  const items = () => {
    const kinds = looks(ui, key, whole());
    return kinds.map(({ name, color }) => legendItem("solid", color, name));
  };
  chart.legend = () => [...(whole().length > 3 && ofLayers(ui, whole()) ? ramp() : items()), ...strokes(ui, series())];
  chart.briefLegend = () => [...ramp(), ...strokes(ui, series())];
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
  const colors = names.map((name) => css(ui.color(name)));
  return [legendRamp(first, colors, last)];
}
