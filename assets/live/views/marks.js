/** Which view draws a channel: its mark alone decides, so that a new instrument needs no drawing code. */
import { DistributionView } from "./distribution.js";
import { ArrowsView, FunctionView } from "./functions.js";
import { LinkMapView } from "./link_map.js";
import { HeatView, PairsView } from "./maps.js";
import { createSeriesChart } from "./series.js";
import { TilesView } from "./tiles.js";

/** @import { Ui, View } from "../ui.js" */
/** @import { Mark } from "../stream/protocol.js" */

/** @type {Record<Mark, (ui: Ui, key: string) => View>} */
export const MARKS = {
  lines: (ui, key) => createSeriesChart(ui, key),
  scalar: (ui, key) => createSeriesChart(ui, key),
  scores: (ui, key) => createSeriesChart(ui, key),
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
