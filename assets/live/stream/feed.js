/** Turns messages of the live route into a run. A snapshot is gathered aside and replaces the run in one piece. */
import { decodeFrame, decodeSeries, magic } from "./decode.js";
import { Run } from "./run.js";

/** @import { Done, LiveMessage } from "./protocol.js" */

const QUIET = 60;
const LONGEST = 600;

export class Feed {
  /** @param {{changed: () => void, ask: () => void, done: (message: Done) => void}} on */
  constructor(on) {
    this.on = on;
    this.run = new Run("");
    /** @type {Run | null} a snapshot on its way */
    this.incoming = null;
    this.behind = false;
    /** When it asked last, when the last message came, and when the snapshot began. */
    this.asked = 0;
    this.touched = 0;
    this.began = 0;
  }

  /** Begins another run with nothing known. @param {string} id @param {string} [task] */
  begin(id, task = "") {
    this.run = new Run(id);
    this.run.task = task;
    this.incoming = null;
    this.behind = false;
  }

  /** @param {string | ArrayBuffer} data */
  take(data) {
    this.touched = performance.now();
    try {
      if (typeof data === "string") this.#text(JSON.parse(data));
      else this.#bytes(data);
    } catch (error) {
      console.warn("live message left out:", error);
      this.ask();
    }
    this.on.changed();
  }

  /** Puts a gathered snapshot in place once it is whole. @returns {boolean} whether one is still on its way */
  settle() {
    if (!this.incoming) return false;
    const now = performance.now();
    if (this.run.frames && now - this.touched < QUIET && now - this.began < LONGEST) return true;
    this.run = this.incoming;
    this.incoming = null;
    return false;
  }

  /** When the tab is seen again: asks for what was left out. */
  seen() {
    if (this.behind) this.ask();
    this.behind = false;
  }

  /** Asks for a snapshot, at most once a second. */
  ask() {
    const now = performance.now();
    if (now - this.asked < 1000) return;
    this.asked = now;
    this.on.ask();
  }

  /** @param {LiveMessage} message */
  #text(message) {
    const run = this.incoming ?? this.run;
    if (message.type === "hello") {
      this.incoming = new Run(message.run ?? this.run.id);
      this.incoming.task = this.run.task;
      this.incoming.hello(message);
      this.began = this.touched;
      if (!this.run.frames) this.settle();
    } else if (message.type === "state") run.status(message);
    else if (message.type === "log") run.event(message);
    else if (message.type === "done") this.on.done(message);
  }

  /** @param {ArrayBuffer} buffer */
  #bytes(buffer) {
    const run = this.incoming ?? this.run;
    if (magic(buffer) === "TPS1") run.series(decodeSeries(buffer));
    else if (document.hidden) this.behind = true;
    else {
      const frame = decodeFrame(buffer);
      // A run that was queued had no channels to announce; they come with the next hello.
      if (frame.step >= 0 && run.channels.size === 0) this.ask();
      else run.frame(frame);
    }
  }
}
