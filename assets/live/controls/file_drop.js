/** A field for a file that is sent to a route of our own, with progress: it may be larger than what a page takes. */
import { createElement, setText } from "../draw/dom.js";

/** @typedef {{trigger: (name: string, value: object) => void}} Api */
/** @typedef {{token: string, most: number, texts: Record<string, string>}} Data */

/** @param {HTMLElement} root @param {Api} api */
export function create(root, api) {
  const field = new FileDrop(root, api);
  return { update: (/** @type {Data} */ data) => field.update(data), destroy: () => field.destroy() };
}

class FileDrop {
  /** @param {HTMLElement} root @param {Api} api */
  constructor(root, api) {
    this.api = api;
    /** @type {Data} */
    this.data = { token: "", most: 0, texts: {} };
    /** @type {XMLHttpRequest | null} the upload under way */
    this.request = null;
    this.input = createElement("input", { type: "file", accept: ".zip", class: "tp-bring-file" });
    this.bar = createElement("progress", { max: "1", value: "0", hidden: "" });
    this.status = createElement("output", { "aria-live": "polite" });
    this.label = createElement("label", { class: "tp-bring" }, [this.input, this.bar, this.status]);
    this.sheet = createElement("link", { rel: "stylesheet", href: new URL("./file_drop.css", import.meta.url).href });
    root.append(this.sheet, this.label);
    this.input.addEventListener("change", () => this.send(this.input.files?.[0]));
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    this.input.setAttribute("aria-label", data.texts.choose);
  }

  destroy() {
    this.request?.abort();
    this.label.remove();
    this.sheet.remove();
  }

  /** @param {File | undefined} file */
  send(file) {
    if (!file) return;
    this.request?.abort();
    if (file.size > this.data.most) return this.report({ error: this.data.texts.large });
    const request = new XMLHttpRequest();
    this.request = request;
    request.open("POST", new URL("/import", document.baseURI));
    request.setRequestHeader("x-playground-token", this.data.token);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => this.showProgress(event.loaded / (event.total || 1)));
    request.addEventListener("load", () => this.report(parseResponse(request) ?? { error: this.data.texts.broken }));
    request.addEventListener("error", () => this.report({ error: this.data.texts.broken }));
    this.showProgress(0);
    request.send(file);
  }

  /** @param {number} share */
  showProgress(share) {
    this.bar.hidden = false;
    this.bar.value = share;
    setText(this.status, `${Math.floor(100 * share)} %`);
  }

  /** @param {{file?: string, error?: string}} value */
  report(value) {
    this.bar.hidden = true;
    setText(this.status, "");
    this.input.value = "";
    this.api.trigger("brought", value);
  }
}

/** What the route said, or nothing if it was not the route that spoke. @param {XMLHttpRequest} request */
function parseResponse(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}
