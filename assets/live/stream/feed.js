/** Turns messages of the live route into a run. A snapshot is gathered into a run of its own, which then replaces the other. */
import { decodeFrame, decodeSeries, readMagic } from "./decode.js";
import { Run } from "./run.js";

/** @import { Done, LiveMessage } from "./protocol.js" */

// The route does not mark the end of a snapshot. Silence does, and a run too fast to be silent is shown after the
// longest wait.
const QUIET_MS = 60;
const MAX_GATHERING_MS = 600;

export class Feed {
  /** @param {{changed: () => void, ask: () => void, done: (message: Done) => void}} on */
  constructor(on) {
    this.on = on;
    this.run = new Run("");
    /** @type {Run | null} the run into which a snapshot is gathered */
    this.incoming = null;
    this.framesSkipped = false;
    /** Milliseconds of `performance.now()`: the last request, the last message, the first of the snapshot. */
    this.requestedAt = 0;
    this.receivedAt = 0;
    this.gatheringSince = 0;
  }

  /** Starts over with another run, of which nothing is known. @param {string} id @param {string} [task] */
  reset(id, task = "") {
    this.run = new Run(id);
    this.run.task = task;
    this.incoming = null;
    this.framesSkipped = false;
  }

  /** Takes in one message of the socket. @param {string | ArrayBuffer} data */
  receive(data) {
    this.receivedAt = performance.now();
    try {
      if (typeof data === "string") this.#receiveText(JSON.parse(data));
      else this.#receiveBytes(data);
    } catch (error) {
      // One broken message must not end the picture: a snapshot makes up for it.
      console.warn("live message left out:", error);
      this.requestSnapshot();
    }
    this.on.changed();
  }

  /** Replaces the run by a snapshot once that is complete. @returns {boolean} whether one is still being gathered */
  replaceRun() {
    if (!this.incoming) return false;
    const now = performance.now();
    if (this.run.frameCount && now - this.receivedAt < QUIET_MS && now - this.gatheringSince < MAX_GATHERING_MS)
      return true;
    this.run = this.incoming;
    this.incoming = null;
    return false;
  }

  /** Asks for what was skipped while the tab was hidden. */
  catchUp() {
    if (this.framesSkipped) this.requestSnapshot();
    this.framesSkipped = false;
  }

  /** Asks for a snapshot, at most once a second. */
  requestSnapshot() {
    const now = performance.now();
    // A stream of broken messages must not become a stream of snapshots.
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
      // Nothing has been drawn yet that a partial snapshot could make flicker.
      if (!this.run.frameCount) this.replaceRun();
    } else if (message.type === "state") run.updateStatus(message);
    else if (message.type === "log") run.addLogEvent(message);
    else if (message.type === "done") this.on.done(message);
  }

  /** @param {ArrayBuffer} buffer */
  #receiveBytes(buffer) {
    const run = this.incoming ?? this.run;
    if (readMagic(buffer) === "TPS1") run.addSeries(decodeSeries(buffer));
    // A hidden tab draws nothing: frames are dropped undecoded, and one snapshot makes up for all. Series are small and
    // go on.
    else if (document.hidden) this.framesSkipped = true;
    else {
      const frame = decodeFrame(buffer);
      // A run that was queued had no channels to announce; they come with the next hello.
      if (frame.step >= 0 && run.channels.size === 0) this.requestSnapshot();
      else run.addFrame(frame);
    }
  }
}
