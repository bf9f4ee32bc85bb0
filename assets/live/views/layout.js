/** The panels of the component, and which of them are on the screen: fixed ones, then one for every channel that none of them draws. */
import { AttackView } from "./attack.js";
import { lossChart, metricChart } from "./charts.js";
import { CurveView } from "./curve.js";
import { element } from "../draw/dom.js";
import { LayersView } from "./layers.js";
import { GatesView, ReconstructionView } from "./maps.js";
import { MARKS } from "./marks.js";
import { Notice } from "../controls/notice.js";
import { PlaneView } from "./plane.js";
import { hasScores } from "./scores.js";
import { seriesChart } from "./series.js";
import { Transport } from "../controls/transport.js";

/** @import { Ui, View } from "../ui.js" */

export class Layout {
  /** @param {HTMLElement} root @param {Ui} ui @param {(command: string) => void} command */
  constructor(root, ui, command) {
    this.ui = ui;
    this.transport = new Transport(ui, { do: command });
    this.notice = new Notice(ui);
    this.layers = new LayersView(ui);
    this.tops = {
      plane: new PlaneView(ui),
      curve: new CurveView(ui),
      attack: new AttackView(ui),
      metric: metricChart(ui),
    };
    this.maps = [new ReconstructionView(ui, "reconstruction", false), new GatesView(ui, "gates", false)];
    this.charts = [lossChart(ui), seriesChart(ui, "update_ratio", true), seriesChart(ui, "gradient_norm")];
    /** @type {View[]} */
    this.fixed = [this.layers, ...Object.values(this.tops), ...this.maps, ...this.charts];
    /** @type {View[]} one for each channel that no fixed panel draws */
    this.own = [];
    /** What the panels of single channels, and the legends, were made for. */
    this.ownKeys = "";
    this.legendKeys = "";
    this.status = element("p", { class: "tp-status", role: "status" });
    const right = [...Object.values(this.tops), ...this.maps, ...this.charts].map(({ node }) => node);
    this.right = element("div", { class: "tp-right" }, right);
    const body = element("div", { class: "tp-body" }, [this.layers.node, this.right, this.status]);
    this.node = element("div", { class: "tp-screen" }, [this.transport.node, this.notice.node, body]);
    root.append(this.node);
  }

  destroy() {
    this.transport.destroy();
    this.notice.destroy();
    for (const { panel } of [...this.fixed, ...this.own]) panel.destroy();
    this.ui.tooltip.node.remove();
    this.node.remove();
  }

  /** @param {string} status what stands in place of the pictures while there are none */
  draw(status) {
    const { run } = this.ui;
    this.status.textContent = status;
    this.transport.draw();
    this.notice.draw();
    const top = run.known ? run.view : "plane";
    const shown = [top];
    if (hasScores(run) && top !== "metric") shown.push("metric");
    const tops = shown.map((name) => this.tops[name]);
    for (const view of Object.values(this.tops)) view.node.hidden = !tops.includes(view);
    for (const view of this.maps) view.node.hidden = !view.there;
    this.#addPanels();
    const maps = this.maps.filter((view) => view.there);
    const views = [this.layers, ...tops, ...maps, ...this.charts, ...this.own];
    this.#fillLegends(views);
    for (const view of views) view.draw();
  }

  /** A panel for every channel that no fixed one draws, by its mark. */
  #addPanels() {
    const { run } = this.ui;
    if (!run.known) return;
    const drawn = [this.transport, ...this.fixed].flatMap(({ channels }) => channels);
    const channels = [...run.channels.values()].filter(({ key, mark }) => !drawn.includes(key) && mark in MARKS);
    const keys = JSON.stringify([run.id, channels.map(({ key, mark }) => [key, mark])]);
    if (keys === this.ownKeys) return;
    this.ownKeys = keys;
    for (const { panel, node } of this.own) {
      panel.destroy();
      node.remove();
    }
    this.own = channels.map(({ key, mark }) => MARKS[mark](this.ui, key));
    this.right.append(...this.own.map(({ node }) => node));
    this.legendKeys = "";
  }

  /** Legends change with theme, layers, classes and room only; one that does not fit gives way to its brief form. @param {View[]} views */
  #fillLegends(views) {
    const { run, theme } = this.ui;
    const { plane } = this.tops;
    const look = [theme.text, theme.accent, plane.classes, plane.scale === null, this.node.clientWidth];
    const keys = JSON.stringify([run.id, run.layers, run.view, run.frames > 0, ...look]);
    if (keys === this.legendKeys) return;
    this.legendKeys = keys;
    for (const view of views) {
      const { legend } = view.panel;
      legend.replaceChildren(...(run.known ? view.legend() : []));
      if (view.briefLegend && legend.scrollHeight > legend.clientHeight + 2)
        legend.replaceChildren(...view.briefLegend());
      const first = /** @type {HTMLElement | null} */ (legend.firstElementChild);
      if (first && first.offsetWidth > legend.clientWidth) legend.replaceChildren();
    }
  }

  /** The theme has changed, and the legends' colors with it. */
  retheme() {
    this.legendKeys = "";
  }
}
