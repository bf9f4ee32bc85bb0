/**
 * One WebSocket to the live route of a run, which reconnects with jittered exponential back-off. Flow control is the
 * server's: a viewer that lags loses its queue and gets one snapshot (`engine/live/viewer.py`).
 */

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15000;
// Close codes of RFC 6455 and the IANA registry, as the route sends them.
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** @typedef {"idle" | "connecting" | "open" | "lost" | "full"} LinkState */

/** The connection to one run at a time. `on.link` is told every change of state, `on.refused` asks for a new token. */
export class LiveSocket {
  /** @param {{message: (data: string | ArrayBuffer) => void, link: (link: LinkState) => void, refused: () => void}} on */
  constructor(on) {
    this.on = on;
    /** @type {LinkState} */
    this.link = "idle";
    this.failures = 0;
    /** @type {string | null} */
    this.run = null;
    this.token = "";
    this.base = "";
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.wake = () => this.#retryNow();
    // Timers of a hidden tab are throttled, so a retry may be overdue when it is seen.
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  /** Connects to a run; for the same run it only takes the new token for the next connection. @param {string | null} run @param {string} token @param {string} base */
  connect(run, token, base) {
    const fresh = token !== this.token;
    this.token = token;
    this.base = base;
    if (run === this.run) {
      if (fresh && (this.link === "lost" || this.link === "full")) this.#retryNow();
      return;
    }
    this.#disconnect();
    this.run = run;
    this.failures = 0;
    if (run) this.#open(run);
    else this.#setLink("idle");
  }

  /** @param {object} command @returns {boolean} whether it went out */
  send(command) {
    if (this.link !== "open" || !this.socket) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  close() {
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.run = null;
    this.#disconnect();
  }

  /** @param {string} run */
  #open(run) {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.failures === 0) this.#setLink("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    // The token is in the address because a browser sets no headers of its own on a WebSocket.
    const path = `${this.base || "/"}live/${encodeURIComponent(run)}?token=${encodeURIComponent(this.token ?? "")}`;
    const socket = new WebSocket(`${scheme}://${location.host}${path}`);
    // A Blob, the default, is read asynchronously: later text messages would overtake it.
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      if (this.link !== "full") this.#setLink("open"); // else the server may have no more room than before
    };
    socket.onmessage = (event) => {
      // Not in `onopen`: the server accepts a viewer before it refuses it, or the close code would be lost.
      this.failures = 0;
      this.#setLink("open");
      this.on.message(event.data);
    };
    socket.onclose = (event) => this.#handleClose(socket, event.code);
  }

  /** @param {WebSocket} socket @param {number} code */
  #handleClose(socket, code) {
    // The close of an earlier socket may arrive when its successor is open already.
    if (socket !== this.socket) return;
    this.socket = null;
    this.failures += 1;
    this.#setLink(code === TRY_AGAIN_LATER ? "full" : "lost");
    // A refused handshake looks like any other failure to a browser, so ask for a new token when trying again did not help.
    if (code === POLICY_VIOLATION || this.failures % 3 === 0) this.on.refused();
    // 0.5 to 1.5 times the delay: the viewers of a server that starts again do not come back all at once.
    const delay = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => this.run && this.#open(this.run), delay * (0.5 + Math.random()));
  }

  #retryNow() {
    if (this.timer && this.run && !document.hidden) this.#open(this.run);
  }

  #disconnect() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const socket = this.socket;
    // Forgotten before it is closed, so that `onclose` does not count it as a failure.
    this.socket = null;
    if (socket) socket.close(1000);
  }

  /** @param {LinkState} link */
  #setLink(link) {
    if (link === this.link) return;
    this.link = link;
    this.on.link(link);
  }
}
