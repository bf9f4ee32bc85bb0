/** The one line under the bar that says in words what is wrong, or how the run came to its end. */
import { element, write } from "../draw/dom.js";
import { RunState, isError } from "../stream/run_state.js";

const STAYS = 8000;

export class Notice {
  /** @param {import("../ui.js").Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.text = element("span");
    this.button = element("button", {
      class: "tp-tool",
      type: "button",
      "aria-label": ui.t("dismiss"),
      text: "×",
      onclick: () => this.#dismiss(),
    });
    this.node = element("div", { class: "tp-notice", hidden: true, "aria-live": "polite" }, [this.text, this.button]);
    this.refusal = "";
  }

  /** Says for a while why a command was not carried out. @param {import("../text/messages.js").Message} reason */
  refuse(reason) {
    this.refusal = this.ui.t("refused", { reason: this.ui.translate(reason) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#dismiss(), STAYS);
    this.ui.redraw();
  }

  draw() {
    const { run, link, t, readOnly } = this.ui;
    const state = isError(run.state) || run.state === RunState.HELD ? run.state : "";
    let [kind, text] = ["", ""];
    if (this.refusal) [kind, text] = ["refused", this.refusal];
    else if (link === "lost") [kind, text] = ["lost", t(run.frames ? "lost" : "unreachable")];
    else if (link === "full") [kind, text] = ["lost", t("full")];
    else if (state) [kind, text] = [state, this.#wrong(state)];
    else if (run.state === RunState.FINISHED) [kind, text] = ["finished", this.ui.translate(run.message)];
    if (!text && readOnly) [kind, text] = ["read_only", t("read_only")];
    this.node.hidden = !text;
    this.node.dataset.kind = kind;
    this.node.setAttribute("role", isError(kind) ? "alert" : "status");
    this.button.hidden = kind !== "refused";
    write(this.text, text);
  }

  /** What went wrong, and what usually helps. @param {string} state */
  #wrong(state) {
    const { run, t } = this.ui;
    const said = this.ui.translate(run.message) || t(state);
    return state === RunState.DIVERGED || state === RunState.OUT_OF_MEMORY ? `${said} ${t(`${state}_help`)}` : said;
  }

  destroy() {
    clearTimeout(this.timer);
  }

  #dismiss() {
    this.refusal = "";
    this.ui.redraw();
  }
}
