/** Turns messages of the live route into a run. A snapshot is gathered aside and replaces the run in one piece. */
import { decodeFrame, decodeSeries, readMagic } from "./decode.js";
import { Run } from "./run.js";

/** @import { Done, LiveMessage } from "./protocol.js" */

const QUIET_MS = 60;
const MAX_GATHERING_MS = 600;

export class Feed {
  /** @param {{changed: () => void, ask: () => void, done: (message: Done) => void}} on */
  constructor(on) {
    this.on = on;
    this.run = new Run("");
    /** @type {Run | null} a snapshot on its way */
    this.incoming = null;
    this.framesSkipped = false;
    /** When it asked last, when the last message came, and when the snapshot began. */
    this.requestedAt = 0;
    this.receivedAt = 0;
    this.gatheringSince = 0;
  }

  /** Begins another run with nothing known. @param {string} id @param {string} [task] */
  reset(id, task = "") {
    this.run = new Run(id);
    this.run.task = task;
    this.incoming = null;
    this.framesSkipped = false;
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    this.receivedAt = performance.now();
    try {
      if (typeof data === "string") this.#receiveText(JSON.parse(data));
      else this.#receiveBytes(data);
    } catch (error) {
      console.warn("live message left out:", error);
      this.requestSnapshot();
    }
    this.on.changed();
  }

  /** Puts a gathered snapshot in place once it is whole. @returns {boolean} whether one is still on its way */
  replaceRun() {
    if (!this.incoming) return false;
    const now = performance.now();
    if (this.run.frameCount && now - this.receivedAt < QUIET_MS && now - this.gatheringSince < MAX_GATHERING_MS)
      return true;
    this.run = this.incoming;
    this.incoming = null;
    return false;
  }

  /** When the tab is seen again: asks for what was left out. */
  catchUp() {
    if (this.framesSkipped) this.requestSnapshot();
    this.framesSkipped = false;
  }

  /** Asks for a snapshot, at most once a second. */
  requestSnapshot() {
    const now = performance.now();
    if (now - this.requestedAt < 1000) return;
    this.requestedAt = now;
    this.on.ask();
  }

  /** @param {LiveMessage} message */
  #receiveText(message) {
    const run = this.incoming ?? this.run;
    if (message.type === "hello") {
      this.incoming = new Run(message.run ?? this.run.id);
      this.incoming.task = this.run.task;
      this.incoming.start(message);
      this.gatheringSince = this.receivedAt;
      if (!this.run.frameCount) this.replaceRun();
    } else if (message.type === "state") run.updateStatus(message);
    else if (message.type === "log") run.addLogEvent(message);
    else if (message.type === "done") this.on.done(message);
  }

  /** @param {ArrayBuffer} buffer */
  #receiveBytes(buffer) {
    const run = this.incoming ?? this.run;
    if (readMagic(buffer) === "TPS1") run.addSeries(decodeSeries(buffer));
    else if (document.hidden) this.framesSkipped = true;
    else {
      const frame = decodeFrame(buffer);
      // A run that was queued had no channels to announce; they come with the next hello.
      if (frame.step >= 0 && run.channels.size === 0) this.requestSnapshot();
      else run.addFrame(frame);
    }
  }
}
