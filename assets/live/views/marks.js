/** Which view draws a channel: its mark alone decides, so that a new instrument needs no drawing code. */
import { DistributionView } from "./distribution.js";
import { ArrowsView, FunctionView } from "./functions.js";
import { LinkMapView } from "./link_map.js";
import { HeatView, PairsView } from "./maps.js";
import { seriesChart } from "./series.js";
import { TilesView } from "./tiles.js";

/** @typedef {import("../ui.js").Ui} Ui */
/** @typedef {import("../stream/run.js").Channel} Channel */
/** @typedef {{node: HTMLElement, panel: import("./panel.js").Panel, legend: () => HTMLElement[], briefLegend?: () => HTMLElement[], draw: () => void}} View */

/** @type {Record<string, (ui: Ui, key: string) => View>} */
export const MARKS = {
  lines: (ui, key) => seriesChart(ui, key),
  scalar: (ui, key) => seriesChart(ui, key),
  scores: (ui, key) => seriesChart(ui, key),
  histogram: (ui, key) => new DistributionView(ui, key),
  grid: (ui, key) => new TilesView(ui, key),
  units: (ui, key) => new TilesView(ui, key),
  pictures: (ui, key) => new TilesView(ui, key),
  pairs: (ui, key) => new PairsView(ui, key),
  heat: (ui, key) => new HeatView(ui, key),
  curve: (ui, key) => new FunctionView(ui, key),
  arrows: (ui, key) => new ArrowsView(ui, key),
  links: (ui, key) => new LinkMapView(ui, key),
};

/** Channels that the screen has a place for, panel by panel; every other one gets a panel of its own. */
const PLACED = new Set([
  ...["loss", "lr", "speed", "cost"], // the bar above, and the tooltips
  ...["output", "curve", "spread", "disagreement", "attack"], // the output
  ...["robustness", "members", "recall", "confusion", "end_loss"], // loss and metric
  ...["activation_histogram", "activation_mean", "activation_std", "dead", "saturated", "near_zero"], // the layers
  ...["units", "weights"], // the network
  ...["update_ratio", "gradient_norm", "reconstruction", "gates"], // panels that stand in an order of their own
]);

/** The channels that get a panel of their own. @param {Iterable<Channel>} channels @returns {Channel[]} */
export function unplaced(channels) {
  return [...channels].filter(({ key, mark }) => !PLACED.has(key) && mark in MARKS);
}
