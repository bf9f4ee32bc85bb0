/** What the browser knows of one run: state, newest readings and bounded traces. It never draws. */
import { RunState } from "./run_state.js";
import { Trace } from "./trace.js";

/** @import { Message } from "../text/messages.js" */
/** @import { Channel, Frame, Hello, LogEvent, Mark, Node, Reading, RunStatus, Series } from "./protocol.js" */

// Memory is bounded by these: a row of a histogram is 34 numbers a layer, so 320 of them are 44 kB.
const LINE_POINTS = 1000;
const HISTOGRAM_FRAMES = 320;
/** How many readings are traced of the marks that are drawn over the steps; of the others only the newest is drawn. @type {Partial<Record<Mark, number>>} */
const TRACED = { lines: LINE_POINTS, scores: LINE_POINTS, scalar: LINE_POINTS, histogram: HISTOGRAM_FRAMES };

/** Layer names in the order of depth: their numbers first to last, "output" at the end. @param {string[]} names */
export function sortByDepth(names) {
  const parseDepth = (/** @type {string} */ name) => (name === "output" ? Infinity : Number.parseInt(name, 10));
  const unique = [...new Set(names)];
  return (
    unique
      .map((name, index) => ({ name, index, depth: parseDepth(name) }))
      // (a.depth => Names without a number keep their order: Infinity - Infinity and every difference with NaN are NaN.
      .sort((a, b) => (a.depth === b.depth || Number.isNaN(a.depth - b.depth) ? a.index - b.index : a.depth - b.depth))
      .map(({ name }) => name)
  );
}

/** The layer that a row of a channel belongs to, as `layer_of` in `engine/frame.py`: "2 lstm" for "2 lstm 1 · recurrent". @param {string} name */
export function parseLayer(name) {
  const [layer, part] = name.split(" · ");
  return part ? layer.replace(/^(\d+ \w+) \d+$/, "$1") : name;
}

export class Run {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    this.announced = false;
    this.state = "connecting";
    /** @type {Message} */
    this.message = { text: "", values: {} };
    this.step = NaN;
    this.epoch = NaN;
    /** @type {Node[]} */
    this.graph = [];
    this.keepsBest = false;
    this.task = "";
    /** @type {Map<string, Channel>} */
    this.channels = new Map();
    /** @type {string[]} */
    this.layers = [];
    /** @type {LogEvent[]} */
    this.log = [];
    /** @type {Record<string, Reading | undefined>} */
    this.latest = {};
    /** @type {Reading | null} the data on the plane or along the curve */
    this.points = null;
    /** @type {Record<string, Trace>} */
    this.traces = { losses: new Trace(1), epochs: new Trace(5) };
    this.frameCount = 0;
    /** The first epoch with the lowest validation loss so far. */
    this.lowest = { step: NaN, value: Infinity };
  }

  /** Takes in the first message: how to draw the run, and where it stands. @param {Hello} message */
  start(message) {
    this.announced = true;
    this.graph = message.graph ?? [];
    this.keepsBest = Boolean(message.keeps_best);
    // The page knows the task before the run does: charts have their titles before the first message.
    this.task ||= message.task ?? "";
    this.channels = new Map((message.channels ?? []).map((channel) => [channel.key, channel]));
    // Rows of these marks need not be layers.
    const perLayer = [...this.channels.values()].filter(
      (channel) => channel.series?.length && !["grid", "heat", "scores"].includes(channel.mark),
    );
    const histogramSeries = this.channels.get("activation_histogram")?.series ?? [];
    const rows = [...histogramSeries, ...perLayer.flatMap((channel) => channel.series.map(parseLayer))];
    this.layers = sortByDepth(this.graph.length ? rows.filter((name) => this.findNode(name)) : rows);
    this.log = (message.log ?? []).slice(-200);
    this.updateStatus(message);
  }

  /** Takes in a state, a message, a step. @param {RunStatus} message */
  updateStatus(message) {
    if (message.state) this.state = message.state;
    if (message.message !== undefined) this.message = message.message;
    this.step = message.step ?? this.step;
    this.epoch = message.epoch ?? this.epoch;
  }

  /** Adds a line of the log, of which the newest 200 are kept. @param {LogEvent} message */
  addLogEvent(message) {
    this.log.push(message);
    if (this.log.length > 200) this.log.shift();
  }

  /** Takes in the readings of a step. @param {Frame} frame */
  addFrame(frame) {
    if (frame.step < 0) {
      // The examples do not change in a run: the engine sends them once, as a frame of step -1.
      this.points = frame.readings.points ?? null;
      return;
    }
    this.frameCount += 1;
    Object.assign(this.latest, frame.readings);
    this.#advance(frame.step, frame.epoch);
    for (const [key, reading] of Object.entries(frame.readings)) {
      const mark = this.channels.get(key)?.mark;
      const limit = mark && TRACED[mark];
      if (limit) this.#ensureTrace(key, reading.values.length, limit).push(frame.step, reading.values);
    }
  }

  /** Takes in rows of losses or epochs; the `step` column is the trace's axis, all others are its values. @param {Series} series */
  addSeries(series) {
    const epochs = series.kind === "epochs";
    const width = series.columns.length;
    const stepColumn = series.columns.indexOf("step");
    const lossColumn = series.columns.indexOf("validation_loss");
    if (series.reset) {
      this.traces[series.kind] = new Trace(width - 1);
      if (epochs) this.lowest = { step: NaN, value: Infinity };
    }
    const trace = this.traces[series.kind];
    for (let row = 0; row < series.rows; row += 1) {
      const values = series.values.subarray(row * width, (row + 1) * width);
      const step = values[stepColumn];
      if (trace.length && step <= trace.lastStep) continue;
      trace.push(step, [...values.subarray(0, stepColumn), ...values.subarray(stepColumn + 1)]);
      // Of equal epochs the first counts, as in early stopping; NaN is never lower.
      if (values[lossColumn] < this.lowest.value) this.lowest = { step, value: values[lossColumn] };
      this.#advance(step, epochs ? values[0] : NaN);
    }
  }

  /** The newest value of a column of the epoch series: "train_loss", "train_metric", "validation_loss", "validation_metric". @param {string} name */
  readEpochValue(name) {
    const column = ["epoch", "train_loss", "train_metric", "validation_loss", "validation_metric"].indexOf(name);
    return this.traces.epochs.read(-1, column);
  }

  /** The node of a layer. @param {string} name */
  findNode(name) {
    return this.graph.find((node) => node.name === name);
  }

  /** The epoch whose weights early stopping puts back; null where it is not used or nothing was measured. */
  get best() {
    return this.keepsBest && Number.isFinite(this.lowest.step) ? this.lowest : null;
  }

  /** What the best epoch is called: at the end of the run its weights are put back. */
  get bestName() {
    return this.state === RunState.FINISHED ? "best_kept" : "best";
  }

  /** Steps that the charts span, from the start to the newest. @returns {[number, number]} */
  get stepRange() {
    return [0, Math.max(10, Number.isFinite(this.step) ? this.step : 0)];
  }

  /** "plane" for two inputs, "curve" for one, "attack" for images under attack, "metric" for anything else. @returns {"plane" | "curve" | "attack" | "metric"} */
  get view() {
    if (this.channels.has("output")) return "plane";
    if (this.channels.get("attack")?.mark === "pictures") return "attack";
    return this.channels.has("curve") ? "curve" : "metric";
  }

  /** Whether the metric is a share of right answers; otherwise it is R². The page says so, or the run. */
  get classifies() {
    return this.task ? this.task === "classification" : !this.announced;
  }

  /** @param {string} key @param {number} width @param {number} limit */
  #ensureTrace(key, width, limit) {
    // Readings of another length are rows of another table.
    if (this.traces[key]?.width !== width) this.traces[key] = new Trace(width, limit);
    return this.traces[key];
  }

  /** @param {number} step @param {number} epoch */
  #advance(step, epoch) {
    // Negated, so that NaN gives way: nothing is known before the first message.
    if (!(step <= this.step)) this.step = step;
    if (Number.isFinite(epoch) && !(epoch <= this.epoch)) this.epoch = epoch;
  }
}
