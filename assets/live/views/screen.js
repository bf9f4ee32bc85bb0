/** The whole component: owns socket, feed and layout, and draws at most once per animation frame. */
import { createElement } from "../draw/dom.js";
import { computeLuminance, readTheme, watchTheme } from "../draw/theme.js";
import { Tooltip } from "../draw/tooltip.js";
import { Layout } from "./layout.js";
import { Feed } from "../stream/feed.js";
import { parseLayer } from "../stream/run.js";
import { LiveSocket } from "../stream/socket.js";
import { createFormats } from "../text/number_format.js";
import { fetchCatalogue, translate } from "../text/messages.js";
import { formatLayerName, createTranslator } from "../text/texts.js";

/** @import { Ui } from "../ui.js" */
/** @typedef {{run: string | null, token: string, url: string, texts: Record<string, string>, lang: string, readOnly: boolean, task?: string, catalogue?: string}} Data */
/** @typedef {{trigger: (name: string, value: object) => void}} Api */

/** Before the page has said anything. @type {Data} */
const EMPTY_DATA = { run: null, token: "", url: "", texts: {}, lang: "", readOnly: false };
const MIN_HEIGHT = 560;
const MARGIN = 16;

export class Screen {
  /** @param {HTMLElement} root @param {Api} api */
  constructor(root, api) {
    this.api = api;
    this.count = 0;
    this.data = EMPTY_DATA;
    /** @type {Map<string, string>} translations of the engine's messages */
    this.catalogue = new Map();
    /** @type {string | undefined} the address that they came from */
    this.catalogueAddress = undefined;
    /** What the layout was built for. */
    this.layoutKey = "";
    /** @type {Layout | null} */
    this.layout = null;
    /** The animation frame that is asked for; 0: none. */
    this.request = 0;
    this.timing = { draws: 0, last: 0, worst: 0, total: 0 };
    this.node = createElement("div", { class: "tp" });
    this.sheet = createStylesheet();
    root.append(this.sheet, this.node);
    this.feed = new Feed({
      changed: () => this.#redraw(),
      ask: () => this.socket.send({ do: "snapshot" }),
      done: (message) => message.error && this.layout?.notice.showRefusal(message.error),
    });
    this.socket = new LiveSocket({
      message: (data) => this.feed.receive(data),
      link: () => this.#redraw(),
      refused: () => this.#emit("token", { run: this.feed.run.id }),
    });
    this.stopTheme = watchTheme(this.node, () => this.#retheme());
    this.onVisible = () => {
      // A hidden page has no animation frames: the feed waits, and catches up in one go here.
      if (document.hidden) return;
      this.feed.catchUp();
      this.#redraw();
    };
    this.onResize = () => this.#fit();
    document.addEventListener("visibilitychange", this.onVisible);
    addEventListener("resize", this.onResize);
  }

  /** @param {Data} data */
  update(data) {
    const layoutKey = JSON.stringify([data.texts, data.lang, data.readOnly, data.task]);
    const id = data.run ?? "";
    const changed = id !== this.feed.run.id;
    this.data = data;
    if (changed) this.feed.reset(id, data.task);
    this.#fetchTranslations(data.catalogue);
    // Texts are in the nodes, so that another language builds them anew; another run only fills them.
    if (layoutKey !== this.layoutKey || !this.layout) {
      this.layoutKey = layoutKey;
      this.#build();
    }
    this.#retheme();
    this.#fit();
    this.socket.connect(data.run || null, data.token, data.url);
  }

  /** Fetches a language's translations, once. @param {string} [address] */
  async #fetchTranslations(address) {
    if (address === this.catalogueAddress) return;
    this.catalogueAddress = address;
    // The picture does not wait: until then its messages are in English.
    this.catalogue = await fetchCatalogue(address);
    this.#redraw();
  }

  destroy() {
    this.socket.close();
    this.stopTheme();
    document.removeEventListener("visibilitychange", this.onVisible);
    removeEventListener("resize", this.onResize);
    cancelAnimationFrame(this.request);
    this.layout?.destroy();
    this.node.remove();
    this.sheet.remove();
  }

  /** @param {string} name @param {object} value */
  #emit(name, value) {
    // Streamlit drops a trigger whose value is the same as before: the second click on reset would be lost.
    this.count += 1;
    this.api.trigger(name, { ...value, n: this.count });
  }

  #build() {
    this.layout?.destroy();
    this.layout = new Layout(this.node, this.#createUi(), (command) => this.#runCommand(command));
  }

  /** @returns {Ui} */
  #createUi() {
    const { texts, lang, readOnly } = this.data;
    const screen = this;
    /** @type {Ui} */
    const ui = {
      root: this.node,
      theme: readTheme(this.node),
      format: createFormats(lang),
      t: createTranslator(texts),
      readOnly: Boolean(readOnly),
      cursor: { step: null, chart: null },
      tooltip: new Tooltip(this.node),
      get run() {
        return screen.feed.run;
      },
      get link() {
        return screen.socket.link;
      },
      translate: (message) => translate(message, screen.catalogue, ui),
      formatLayer: (name) => formatLayerName(name, texts),
      layerColor: (name) =>
        ui.theme.layerColor(Math.max(0, ui.run.layers.indexOf(parseLayer(name))), ui.run.layers.length),
      redraw: () => this.#redraw(),
      setCursor: (step, chart) => {
        Object.assign(ui.cursor, { step, chart });
        this.#redraw();
      },
      enlarge: (panel) => this.#emit("enlarge", { panel }),
    };
    return ui;
  }

  /** Reset and seed make another run, so the page decides; the rest goes to the run itself. @param {string} command */
  #runCommand(command) {
    if (command === "reset" || command === "seed") this.#emit("command", { do: command });
    else this.socket.send({ do: command });
  }

  #retheme() {
    if (!this.layout) return;
    const theme = readTheme(this.node);
    this.layout.ui.theme = theme;
    this.layout.invalidateLegends();
    this.node.dataset.theme = theme.mode;
    this.node.style.setProperty("--on-accent", computeLuminance(theme.accent) > 0.3 ? "#0e1117" : "#fff");
    this.#redraw();
  }

  /** Fills the window from where the component begins down to its end. */
  #fit() {
    let top = this.node.getBoundingClientRect().top;
    /** @type {any} an element, or the root of a shadow tree, which has a host instead of a parent */
    let at = this.node.parentNode;
    // Where it begins when nothing is scrolled: the height must not change while the page scrolls.
    for (; at; at = at.parentNode ?? at.host) top += at.scrollTop ?? 0;
    this.node.style.setProperty("--tp-height", `${Math.max(MIN_HEIGHT, Math.floor(innerHeight - top - MARGIN))}px`);
    this.#redraw();
  }

  #redraw() {
    // However much arrives in 16 ms, it is drawn once.
    if (this.request || document.hidden) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      if (this.layout && this.node.isConnected) this.#draw(this.layout);
    });
  }

  /** @param {Layout} layout */
  #draw(layout) {
    const startedAt = performance.now();
    // A snapshot is taken over whole: half of one would draw a curve that jumps.
    const gathering = this.feed.replaceRun();
    const { run, link, t } = layout.ui;
    const phase = !this.data.run ? "idle" : !run.announced ? "connecting" : run.frameCount ? "live" : "waiting";
    this.node.dataset.phase = phase;
    this.node.dataset.link = link;
    const status = { idle: "no_run", connecting: "connecting", waiting: "waiting", live: "" }[phase];
    layout.draw(status && t(status));
    this.#recordTime(performance.now() - startedAt);
    if (gathering) this.#redraw();
  }

  /** @param {number} spent milliseconds */
  #recordTime(spent) {
    const { timing } = this;
    timing.draws += 1;
    timing.last = spent;
    timing.total += spent;
    timing.worst = Math.max(timing.worst, spent);
  }
}

function createStylesheet() {
  return createElement("link", { rel: "stylesheet", href: new URL("./live.css", import.meta.url).href });
}
