/** One WebSocket to the live route of a run: reconnects with jittered back-off and says how it stands. */

const FIRST_DELAY = 500;
const LONGEST_DELAY = 15000;
const REFUSED = 1008;
const FULL = 1013;

/** @typedef {"idle" | "connecting" | "open" | "lost" | "full"} Link */

export class LiveSocket {
  /** @param {{message: (data: string | ArrayBuffer) => void, link: (link: Link) => void, refused: () => void}} on */
  constructor(on) {
    this.on = on;
    /** @type {Link} */
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
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  /** Connects to a run; the same run again only takes the new token for the next connection. @param {string | null} run @param {string} token @param {string} base */
  aim(run, token, base) {
    const fresh = token !== this.token;
    this.token = token;
    this.base = base;
    if (run === this.run) {
      if (fresh && (this.link === "lost" || this.link === "full")) this.#retryNow();
      return;
    }
    this.#drop();
    this.run = run;
    this.failures = 0;
    if (run) this.#open(run);
    else this.#become("idle");
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
    this.#drop();
  }

  /** @param {string} run */
  #open(run) {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.failures === 0) this.#become("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const path = `${this.base || "/"}live/${encodeURIComponent(run)}?token=${encodeURIComponent(this.token ?? "")}`;
    const socket = new WebSocket(`${scheme}://${location.host}${path}`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      if (this.link !== "full") this.#become("open"); // else the server may have no more room than before
    };
    socket.onmessage = (event) => {
      this.failures = 0;
      this.#become("open");
      this.on.message(event.data);
    };
    socket.onclose = (event) => this.#closed(socket, event.code);
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.socket) return;
    this.socket = null;
    this.failures += 1;
    this.#become(code === FULL ? "full" : "lost");
    // A refused handshake looks like any other failure to a browser, so ask for a new token when trying again did not help.
    if (code === REFUSED || this.failures % 3 === 0) this.on.refused();
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => this.run && this.#open(this.run), delay * (0.5 + Math.random()));
  }

  #retryNow() {
    if (this.timer && this.run && !document.hidden) this.#open(this.run);
  }

  #drop() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close(1000);
  }

  /** @param {Link} link */
  #become(link) {
    if (link === this.link) return;
    this.link = link;
    this.on.link(link);
  }
}
