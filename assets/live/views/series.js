/** Channels over steps: a line for each layer or series, the kinds of a layer's weights thinner beside it. */
import { getHelp, formatMeasure, getTitle } from "./about.js";
import { createElement } from "../draw/dom.js";
import { createLegendItem, createLegendRamp } from "../draw/legend.js";
import { formatColor } from "../draw/theme.js";
import { parseLayer } from "../stream/run.js";
import { WEIGHT_PARTS } from "../text/weight_parts.js";
import { TimeChart } from "./time_chart.js";

/** @typedef {import("../ui.js").Ui} Ui */

/** Strokes of the kinds of weights that a layer has beside the solid one of all of them. */
const DASHES = [
  [5, 3],
  [1.5, 2.5],
  [7, 2, 1.5, 2],
  [3, 5],
];

/** The kinds of weights of a layer that a channel has rows for, in order. @param {string[]} names @param {string} layer */
function listWeightParts(names, layer) {
  return [
    ...new Set(
      names.filter((name) => name !== layer && parseLayer(name) === layer).map((name) => name.split(" · ")[1]),
    ),
  ];
}

/** How a row's line is drawn. @param {string[]} names @param {string} name */
function chooseDash(names, name) {
  const part = name.split(" · ")[1];
  return part ? DASHES[listWeightParts(names, parseLayer(name)).indexOf(part) % DASHES.length] : undefined;
}

/** A row for one kind of weights is thinner and dashed. @param {string[]} names @param {string} name */
function choosePartStyle(names, name) {
  return name.includes(" · ") ? { dash: chooseDash(names, name), thickness: 1 } : {};
}

/** What the strokes mean, if there are any. @param {Ui} ui @param {string[]} names */
function createDashLegend(ui, names) {
  const dashOf = new Map();
  for (const name of names) if (name.includes(" · ")) dashOf.set(name.split(" · ")[1], chooseDash(names, name));
  return [...dashOf].map(([part, dash]) =>
    createElement("span", { class: "tp-legend-item" }, [
      createElement("i", {
        class: "tp-swatch tp-swatch-stroke",
        style: `color:${formatColor(ui.theme.muted)};background:repeating-linear-gradient(to right,${formatGradientStops(dash)})`,
      }),
      createElement("span", { text: ui.t(WEIGHT_PARTS[part] ?? part) }),
    ]),
  );
}

/** A dash pattern as the stops of a gradient. @param {number[]} dash */
function formatGradientStops(dash) {
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
function areLayers(ui, names) {
  return names.length > 0 && names.every((name) => ui.run.layers.includes(parseLayer(name)));
}

/** How each line of a channel looks. @param {Ui} ui @param {string} key @param {string[]} names */
function chooseStyles(ui, key, names) {
  const layers = areLayers(ui, names);
  return names.map((name, i) => {
    if (layers) return { name: ui.formatLayer(name), color: ui.layerColor(name), ...choosePartStyle(names, name) };
    return {
      name: ui.t(name) || getTitle(ui, key),
      color: names.length > 1 ? ui.theme.classColor(i) : ui.theme.accent,
    };
  });
}

/**
 * The chart of a channel whose readings are numbers: marks lines, scores and scalar.
 * @param {Ui} ui @param {string} key of the channel @param {boolean} [withRate] the learning rate stands in the tooltip, too
 */
export function createSeriesChart(ui, key, withRate = false) {
  const getChannel = () => ui.run.channels.get(key);
  const getSeries = () => {
    const names = getChannel()?.series ?? [];
    return names.length ? names : [""]; // a single number has no name
  };
  const isShare = () => getChannel()?.unit === "share" && getChannel()?.scale !== "log";
  const chart = new TimeChart(ui, {
    key,
    channels: withRate ? [key, "lr"] : [key],
    title: getTitle(ui, key),
    help: getHelp(ui, key),
    enlarge: key,
    log: () => getChannel()?.scale !== "linear",
    lines: () => {
      const trace = getChannel() && ui.run.traces[key];
      return trace ? chooseStyles(ui, key, getSeries()).map((look, column) => ({ ...look, trace, column })) : [];
    },
    domain: (low, high) => {
      const [least, most] = getChannel()?.healthy ?? [low, high];
      return [Math.min(low, least), Math.max(high, most)];
    },
    unit: () => (isShare() ? (getChannel()?.formula ?? "") : formatMeasure(getChannel())),
    percent: isShare,
    band: () => getChannel()?.healthy ?? null,
    more: (step) => (withRate ? createRateRow(ui, step) : []),
  });
  const getWholeRows = () => (getChannel() ? getSeries().filter((name) => name && !name.includes(" · ")) : []);
  const createRamp = () => (areLayers(ui, getWholeRows()) ? createLayerRamp(ui, getWholeRows()) : []);
  const createItems = () => {
    const styles = chooseStyles(ui, key, getWholeRows());
    return styles.map(({ name, color }) => createLegendItem("solid", color, name));
  };
  chart.legend = () => [
    ...(getWholeRows().length > 3 && areLayers(ui, getWholeRows()) ? createRamp() : createItems()),
    ...createDashLegend(ui, getSeries()),
  ];
  chart.briefLegend = () => [...createRamp(), ...createDashLegend(ui, getSeries())];
  return chart;
}

/** @param {Ui} ui @param {number} step */
function createRateRow(ui, step) {
  const trace = ui.run.traces.lr;
  return trace?.length
    ? [{ name: ui.t("lr"), value: ui.format.short(trace.read(Math.max(0, trace.findBefore(step)), 0)) }]
    : [];
}

/** The ramp of colors from first layer to last. @param {Ui} ui @param {string[]} names */
function createLayerRamp(ui, names) {
  if (!names.length) return [];
  const [first, last] = [names[0], names[names.length - 1]].map((name) => ui.formatLayer(name).split(" ")[0]);
  const colors = names.map((name) => formatColor(ui.layerColor(name)));
  return [createLegendRamp(first, colors, last)];
}
