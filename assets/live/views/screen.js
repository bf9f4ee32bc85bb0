/** The whole component: owns socket, feed and views, and draws at most once per animation frame. */
import { AttackView } from "./attack.js";
import { lossChart, metricChart } from "./charts.js";
import { CurveView } from "./curve.js";
import { element } from "../draw/dom.js";
import { Feed } from "../stream/feed.js";
import { formats } from "../text/number_format.js";
import { LayersView } from "./layers.js";
import { GatesView, ReconstructionView } from "./maps.js";
import { MARKS, unplaced } from "./marks.js";
import { seriesChart } from "./series.js";
import { Notice } from "../controls/notice.js";
import { PlaneView } from "./plane.js";
import { Tooltip } from "../draw/tooltip.js";
import { layerOf } from "../stream/run.js";
import { scored } from "./scores.js";
import { LiveSocket } from "../stream/socket.js";
import { fetchCatalogue, translate } from "../text/messages.js";
import { layerName, translator } from "../text/texts.js";
import { luminance, readTheme, watchTheme } from "../draw/theme.js";
import { Transport } from "../controls/transport.js";

/** @typedef {{run: string | null, token: string, url: string, texts: Record<string, string>, lang: string, readOnly: boolean, task?: string, catalogue?: string}} Data */
/** @typedef {{trigger: (name: string, value: any) => void}} Api */
/** @typedef {import("../ui.js").Ui} Ui */

const SHORTEST = 560;
const MARGIN = 16;

export class Screen {
  /** @param {HTMLElement} root @param {Api} api */
  constructor(root, api) {
    this.api = api;
    this.count = 0;
    /** @type {Map<string, string>} */
    this.catalogue = new Map();
    this.timing = { draws: 0, last: 0, worst: 0, total: 0 };
    this.node = element("div", { class: "tp" });
    this.sheet = stylesheet();
    root.append(this.sheet, this.node);
    this.feed = new Feed({
      changed: () => this.#redraw(),
      ask: () => this.socket.send({ do: "snapshot" }),
      done: (message) => message.error && this.notice?.refuse(message.error),
    });
    this.socket = new LiveSocket({
      message: (data) => this.feed.take(data),
      link: () => this.#redraw(),
      refused: () => this.#trigger("token", { run: this.feed.run.id }),
    });
    this.stopTheme = watchTheme(this.node, () => this.#retheme());
    this.onVisible = () => {
      if (document.hidden) return;
      this.feed.seen();
      this.#redraw();
    };
    this.onResize = () => this.#fit();
    document.addEventListener("visibilitychange", this.onVisible);
    addEventListener("resize", this.onResize);
  }

  /** @param {Data} data */
  update(data) {
    const words = JSON.stringify([data.texts, data.lang, data.readOnly, data.task]);
    const id = data.run ?? "";
    const changed = id !== this.feed.run.id;
    this.data = data;
    if (changed) this.feed.begin(id, data.task);
    this.#translations(data.catalogue);
    if (words !== this.words || !this.ui) {
      this.words = words;
      this.#build();
    }
    this.#retheme();
    this.#fit();
    this.socket.aim(data.run || null, data.token, data.url);
  }

  /** Fetches a language's translations, once. @param {string} [address] */
  async #translations(address) {
    if (address === this.translated) return;
    this.translated = address;
    this.catalogue = await fetchCatalogue(address);
    this.#redraw();
  }

  destroy() {
    this.socket.close();
    this.stopTheme();
    document.removeEventListener("visibilitychange", this.onVisible);
    removeEventListener("resize", this.onResize);
    cancelAnimationFrame(this.request);
    this.#clear();
    this.node.remove();
    this.sheet.remove();
  }

  #trigger(name, value) {
    this.count += 1;
    this.api.trigger(name, { ...value, n: this.count });
  }

  #build() {
    this.#clear();
    const { texts, lang, readOnly } = this.data;
    const screen = this;
    /** @type {Ui} */
    this.ui = {
      root: this.node,
      theme: readTheme(this.node),
      format: formats(lang),
      t: translator(texts),
      readOnly: Boolean(readOnly),
      cursor: { step: null, chart: null },
      tooltip: new Tooltip(this.node),
      get run() {
        return screen.feed.run;
      },
      get link() {
        return screen.socket.link;
      },
      translate: (message) => translate(message, screen.catalogue, screen.ui),
      layer: (name) => layerName(name, texts),
      color: (name) =>
        this.ui.theme.layer(Math.max(0, this.ui.run.layers.indexOf(layerOf(name))), this.ui.run.layers.length),
      redraw: () => this.#redraw(),
      point: (step, chart) => {
        Object.assign(this.ui.cursor, { step, chart });
        this.#redraw();
      },
      enlarge: (panel) => this.#trigger("enlarge", { panel }),
    };
    this.#assemble(this.ui);
  }

  /** @param {Ui} ui */
  #assemble(ui) {
    this.transport = new Transport(ui, { do: (command) => this.#command(command) });
    this.notice = new Notice(ui);
    this.layers = new LayersView(ui);
    this.tops = {
      plane: new PlaneView(ui),
      curve: new CurveView(ui),
      attack: new AttackView(ui),
      metric: metricChart(ui),
    };
    this.rest = [lossChart(ui), seriesChart(ui, "update_ratio", true), seriesChart(ui, "gradient_norm")];
    this.maps = [new ReconstructionView(ui, "reconstruction", false), new GatesView(ui, "gates", false)];
    /** @type {import("./marks.js").View[]} panels of channels that have no place of their own */
    this.own = [];
    this.ownKeys = "";
    this.status = element("p", { class: "tp-status", role: "status" });
    this.right = element(
      "div",
      { class: "tp-right" },
      [...Object.values(this.tops), ...this.maps, ...this.rest].map(({ node }) => node),
    );
    const body = element("div", { class: "tp-body" }, [this.layers.node, this.right, this.status]);
    this.screen = element("div", { class: "tp-screen" }, [this.transport.node, this.notice.node, body]);
    this.node.append(this.screen);
  }

  #clear() {
    if (!this.screen) return;
    this.transport.destroy();
    this.notice.destroy();
    for (const { panel } of [this.layers, ...Object.values(this.tops), ...this.maps, ...this.rest, ...this.own])
      panel.destroy();
    this.ui.tooltip.node.remove();
    this.screen.remove();
  }

  /** Reset and seed make another run, so the page decides; the rest goes to the run itself. @param {string} command */
  #command(command) {
    if (command === "reset" || command === "seed") this.#trigger("command", { do: command });
    else this.socket.send({ do: command });
  }

  #retheme() {
    if (!this.ui) return;
    this.ui.theme = readTheme(this.node);
    this.node.dataset.theme = this.ui.theme.mode;
    this.node.style.setProperty("--on-accent", luminance(this.ui.theme.accent) > 0.3 ? "#0e1117" : "#fff");
    this.legends = "";
    this.#redraw();
  }

  /** Fills the window from where the component begins down to its end. */
  #fit() {
    let top = this.node.getBoundingClientRect().top;
    /** @type {any} an element, or the root of a shadow tree, which has a host instead of a parent */
    let at = this.node.parentNode;
    for (; at; at = at.parentNode ?? at.host) top += at.scrollTop ?? 0;
    this.node.style.setProperty("--tp-height", `${Math.max(SHORTEST, Math.floor(innerHeight - top - MARGIN))}px`);
    this.#redraw();
  }

  #redraw() {
    if (this.request || document.hidden) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      if (this.ui && this.node.isConnected) this.#draw();
    });
  }

  #draw() {
    const began = performance.now();
    const waiting = this.feed.settle();
    const { run, link } = this.ui;
    const phase = !this.data.run ? "idle" : !run.known ? "connecting" : run.frames ? "live" : "waiting";
    this.node.dataset.phase = phase;
    this.node.dataset.link = link;
    this.status.textContent =
      phase === "live" ? "" : this.ui.t({ idle: "no_run", connecting: "connecting", waiting: "waiting" }[phase]);
    this.transport.draw();
    this.notice.draw();
    const top = run.known ? run.view : "plane";
    const shown = [top, ...(scored(run) && top !== "metric" ? ["metric"] : [])];
    for (const [name, view] of Object.entries(this.tops)) view.node.hidden = !shown.includes(name);
    for (const view of this.maps) view.node.hidden = !view.there;
    this.#panels();
    const views = [
      this.layers,
      ...shown.map((name) => this.tops[name]),
      ...this.maps.filter((view) => view.there),
      ...this.rest,
      ...this.own,
    ];
    this.#legends(views);
    for (const view of views) view.draw();
    this.#time(performance.now() - began);
    if (waiting) this.#redraw();
  }

  /** A panel for every channel that has no place on the screen, drawn by its mark. */
  #panels() {
    const { run } = this.ui;
    if (!run.known) return;
    const channels = unplaced(run.channels.values());
    const keys = JSON.stringify([run.id, channels.map(({ key, mark }) => [key, mark])]);
    if (keys === this.ownKeys) return;
    this.ownKeys = keys;
    for (const { panel, node } of this.own) {
      panel.destroy();
      node.remove();
    }
    this.own = channels.map(({ key, mark }) => MARKS[mark](this.ui, key));
    this.right.append(...this.own.map(({ node }) => node));
    this.legends = "";
  }

  /** Legends change with theme, layers, classes and room only; one that does not fit gives way to its brief form. */
  #legends(views) {
    const { run, theme } = this.ui;
    const key = JSON.stringify([
      theme.text,
      theme.accent,
      run.id,
      run.layers,
      run.view,
      run.frames > 0,
      this.tops.plane.classes,
      this.tops.plane.scale === null,
      this.node.clientWidth,
    ]);
    if (key === this.legends) return;
    this.legends = key;
    for (const view of views) {
      const { legend } = view.panel;
      legend.replaceChildren(...(run.known ? view.legend() : []));
      if (view.briefLegend && legend.scrollHeight > legend.clientHeight + 2)
        legend.replaceChildren(...view.briefLegend());
      if (legend.firstElementChild?.offsetWidth > legend.clientWidth) legend.replaceChildren();
    }
  }

  #time(spent) {
    const { timing } = this;
    timing.draws += 1;
    timing.last = spent;
    timing.total += spent;
    timing.worst = Math.max(timing.worst, spent);
  }
}

function stylesheet() {
  return element("link", { rel: "stylesheet", href: new URL("./live.css", import.meta.url).href });
}
