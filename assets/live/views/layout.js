/** The panels of the component and which of them are shown: fixed ones, then one for every channel that none of them draws. */
import { AttackView } from "./attack.js";
import { createLossChart, createMetricChart } from "./charts.js";
import { CurveView } from "./curve.js";
import { createElement } from "../draw/dom.js";
import { LayersView } from "./layers.js";
import { GatesView, ReconstructionView } from "./maps.js";
import { MARKS } from "./marks.js";
import { Notice } from "../controls/notice.js";
import { PlaneView } from "./plane.js";
import { hasScores } from "./scores.js";
import { createSeriesChart } from "./series.js";
import { Transport } from "../controls/transport.js";

/** @import { Ui, View } from "../ui.js" */

export class Layout {
  /** @param {HTMLElement} root @param {Ui} ui @param {(command: string) => void} command */
  constructor(root, ui, command) {
    this.ui = ui;
    this.transport = new Transport(ui, { do: command });
    this.notice = new Notice(ui);
    this.layers = new LayersView(ui);
    this.mainViews = {
      plane: new PlaneView(ui),
      curve: new CurveView(ui),
      attack: new AttackView(ui),
      metric: createMetricChart(ui),
    };
    this.maps = [new ReconstructionView(ui, "reconstruction", false), new GatesView(ui, "gates", false)];
    this.charts = [
      createLossChart(ui),
      createSeriesChart(ui, "update_ratio", true),
      createSeriesChart(ui, "gradient_norm"),
    ];
    /** @type {View[]} */
    this.fixed = [this.layers, ...Object.values(this.mainViews), ...this.maps, ...this.charts];
    /** @type {View[]} one for each channel that no fixed panel draws */
    this.markViews = [];
    /** The channels and themes for which panels and legends were built, as JSON. */
    this.markViewsKey = "";
    this.legendsKey = "";
    this.status = createElement("p", { class: "tp-status", role: "status" });
    const right = [...Object.values(this.mainViews), ...this.maps, ...this.charts].map(({ node }) => node);
    this.right = createElement("div", { class: "tp-right" }, right);
    const body = createElement("div", { class: "tp-body" }, [this.layers.node, this.right, this.status]);
    this.node = createElement("div", { class: "tp-screen" }, [this.transport.node, this.notice.node, body]);
    root.append(this.node);
  }

  destroy() {
    this.transport.destroy();
    this.notice.destroy();
    for (const { panel } of [...this.fixed, ...this.markViews]) panel.destroy();
    this.ui.tooltip.node.remove();
    this.node.remove();
  }

  /** Draws all that is shown. @param {string} status in place of the charts while there are none */
  draw(status) {
    const { run } = this.ui;
    this.status.textContent = status;
    this.transport.draw();
    this.notice.draw();
    const main = run.announced ? run.view : "plane";
    const shown = [main];
    if (hasScores(run) && main !== "metric") shown.push("metric");
    const mainViews = shown.map((name) => this.mainViews[name]);
    for (const view of Object.values(this.mainViews)) view.node.hidden = !mainViews.includes(view);
    for (const view of this.maps) view.node.hidden = !view.available;
    this.#addPanels();
    const maps = this.maps.filter((view) => view.available);
    const views = [this.layers, ...mainViews, ...maps, ...this.charts, ...this.markViews];
    this.#fillLegends(views);
    for (const view of views) view.draw();
  }

  /** A panel for every channel that no fixed one draws, by its mark. */
  #addPanels() {
    const { run } = this.ui;
    if (!run.announced) return;
    const drawnChannels = [this.transport, ...this.fixed].flatMap(({ channels }) => channels);
    const channels = [...run.channels.values()].filter(
      ({ key, mark }) => !drawnChannels.includes(key) && mark in MARKS,
    );
    const keys = JSON.stringify([run.id, channels.map(({ key, mark }) => [key, mark])]);
    if (keys === this.markViewsKey) return;
    this.markViewsKey = keys;
    for (const { panel, node } of this.markViews) {
      panel.destroy();
      node.remove();
    }
    this.markViews = channels.map(({ key, mark }) => MARKS[mark](this.ui, key));
    this.right.append(...this.markViews.map(({ node }) => node));
    this.legendsKey = "";
  }

  /** Builds the legends anew where something in them has changed; one that does not fit gives way to its brief form. @param {View[]} views */
  #fillLegends(views) {
    const { run, theme } = this.ui;
    const { plane } = this.mainViews;
    const look = [theme.text, theme.accent, plane.classCount, plane.scale === null, this.node.clientWidth];
    // Measuring whether a legend fits forces a layout of the page: not at every frame. Ramps name their scale, which is
    // known with the first frame.
    const keys = JSON.stringify([run.id, run.layers, run.view, run.frameCount > 0, ...look]);
    if (keys === this.legendsKey) return;
    this.legendsKey = keys;
    for (const view of views) {
      const { legend } = view.panel;
      legend.replaceChildren(...(run.announced ? view.legend() : []));
      // The legend has one line; what wraps is cut off.
      if (view.briefLegend && legend.scrollHeight > legend.clientHeight + 2)
        legend.replaceChildren(...view.briefLegend());
      const first = /** @type {HTMLElement | null} */ (legend.firstElementChild);
      if (first && first.offsetWidth > legend.clientWidth) legend.replaceChildren();
    }
  }

  /** Has the legends built anew at the next frame: their colors are the theme's. */
  invalidateLegends() {
    this.legendsKey = "";
  }
}
