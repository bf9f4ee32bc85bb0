/** The one line under the bar that says in words what is wrong, or how the run came to its end. */
import { createElement, setText } from "../draw/dom.js";
import { RunState, isError } from "../stream/run_state.js";

const REFUSAL_MS = 8000;

export class Notice {
  /** @param {import("../ui.js").Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.text = createElement("span");
    this.button = createElement("button", {
      class: "tp-tool",
      type: "button",
      "aria-label": ui.t("dismiss"),
      text: "×",
      onclick: () => this.#dismiss(),
    });
    this.node = createElement("div", { class: "tp-notice", hidden: true, "aria-live": "polite" }, [
      this.text,
      this.button,
    ]);
    this.refusal = "";
  }

  /** Says for a while why a command was not carried out. @param {import("../text/messages.js").Message} reason */
  showRefusal(reason) {
    this.refusal = this.ui.t("refused", { reason: this.ui.translate(reason) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#dismiss(), REFUSAL_MS);
    this.ui.redraw();
  }

  draw() {
    const { run, link, t, readOnly } = this.ui;
    const state = isError(run.state) || run.state === RunState.HELD ? run.state : "";
    let [kind, text] = ["", ""];
    if (this.refusal) [kind, text] = ["refused", this.refusal];
    else if (link === "lost") [kind, text] = ["lost", t(run.frameCount ? "lost" : "unreachable")];
    else if (link === "full") [kind, text] = ["lost", t("full")];
    else if (state) [kind, text] = [state, this.#describeError(state)];
    else if (run.state === RunState.FINISHED) [kind, text] = ["finished", this.ui.translate(run.message)];
    if (!text && readOnly) [kind, text] = ["read_only", t("read_only")];
    this.node.hidden = !text;
    this.node.dataset.kind = kind;
    this.node.setAttribute("role", isError(kind) ? "alert" : "status");
    this.button.hidden = kind !== "refused";
    setText(this.text, text);
  }

  /** What went wrong, and what usually helps. @param {string} state */
  #describeError(state) {
    const { run, t } = this.ui;
    const message = this.ui.translate(run.message) || t(state);
    return state === RunState.DIVERGED || state === RunState.OUT_OF_MEMORY
      ? `${message} ${t(`${state}_help`)}`
      : message;
  }

  destroy() {
    clearTimeout(this.timer);
  }

  #dismiss() {
    this.refusal = "";
    this.ui.redraw();
  }
}
