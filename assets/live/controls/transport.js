/** The bar on top: play, step, reset, seed; where the run stands; keys that do the same. */
import { element, icon, write } from "../draw/dom.js";
import { RunState, isActive, isFinal } from "../stream/run_state.js";

/** @import { Ui } from "../ui.js" */
/** @import { Run } from "../stream/run.js" */
/** @import { Link } from "../stream/socket.js" */
/** @typedef {"play" | "step" | "epoch" | "reset" | "seed"} Command */

/** Buttons after play: what they do, their text, their key. @type {{name: Command, text: string, key: string}[]} */
const BUTTONS = [
  { name: "step", text: "step", key: "s" },
  { name: "epoch", text: "step_epoch", key: "e" },
  { name: "reset", text: "reset", key: "" },
  { name: "seed", text: "seed", key: "" },
];

export class Transport {
  channels = ["speed", "cost"];

  /** @param {Ui} ui @param {{do: (command: string) => void}} on */
  constructor(ui, on) {
    this.ui = ui;
    this.on = on;
    const rest = BUTTONS.map(({ name, text, key }) => [name, this.#button(name, text, key)]);
    /** @type {Record<Command, HTMLButtonElement>} */
    this.buttons = Object.fromEntries([["play", this.#button("play", "play", ui.t("shortcut_space"))], ...rest]);
    this.pauseIcon = icon("pause");
    this.playIcon = icon("play");
    /** @type {Record<string, {value: HTMLElement, name: HTMLElement}>} */
    this.counters = {};
    const list = element("dl", { class: "tp-counters" }, this.#counters());
    this.chip = element("span", { class: "tp-chip", role: "status" });
    this.node = element("div", { class: "tp-transport", role: "group", "aria-label": ui.t("controls") }, [
      element("div", { class: "tp-buttons" }, Object.values(this.buttons)),
      list,
      this.chip,
    ]);
    this.keys = (/** @type {KeyboardEvent} */ event) => this.#key(event);
    document.addEventListener("keydown", this.keys);
  }

  destroy() {
    document.removeEventListener("keydown", this.keys);
  }

  /** @param {Command} name @param {string} text @param {string} key */
  #button(name, text, key) {
    const { t } = this.ui;
    const label = t(text);
    const title = key ? `${label} (${t("shortcut", { key })})` : label;
    const button = element(
      "button",
      {
        class: `tp-button tp-button-${name}`,
        type: "button",
        "aria-label": label,
        title,
        "aria-keyshortcuts": name === "play" ? "Space" : key.toUpperCase() || undefined,
      },
      [icon(name)],
    );
    button.dataset.do = name;
    button.addEventListener("click", () => this.#press(name));
    return button;
  }

  #counters() {
    const { t, run } = this.ui;
    const rows = [
      ["epoch", t("epoch")],
      ["step", t("steps")],
      ["train_loss", t("train_loss"), t("loss_help")],
      ["validation_loss", t("validation_loss"), t("loss_help")],
      ["metric", t(run.classifies ? "accuracy" : "r2"), t("metric_help")],
      ["speed", t("steps_per_second")],
      ["cost", t("instruments"), t("instruments_help")],
    ];
    return rows.map(([key, label, help]) => {
      const value = element("dd", { text: "–" });
      value.dataset.counter = key;
      const name = element("dt", { text: label });
      this.counters[key] = { value, name };
      return element("div", { title: help }, [name, value]);
    });
  }

  draw() {
    const { run, format, link, t } = this.ui;
    const speed = run.state === RunState.RUNNING && link === "open" ? (run.latest.speed?.values[1] ?? NaN) : NaN;
    const metric = run.newest("validation_metric");
    const texts = {
      epoch: format.integer(run.epoch),
      step: format.integer(run.step),
      train_loss: format.value(run.newest("train_loss")),
      validation_loss: format.value(run.newest("validation_loss")),
      metric: run.classifies ? format.percent(metric) : format.fixed(metric, 3),
      speed: speed >= 100 ? format.integer(speed) : format.fixed(speed, 1),
      cost: format.percent(run.latest.cost?.values[0] ?? NaN),
    };
    for (const [key, text] of Object.entries(texts)) write(this.counters[key].value, text);
    write(this.counters.metric.name, t(run.classifies ? "accuracy" : "r2"));
    this.counters.step.value.dataset.value = String(run.step);
    const state = link === "lost" || link === "full" ? "lost" : run.known ? run.state : "connecting";
    this.chip.hidden = !run.id;
    write(this.chip, t(`state_${state}`));
    this.chip.dataset.state = state;
    this.#enable(run, link);
  }

  /** @param {Run} run @param {Link} link */
  #enable(run, link) {
    const { buttons, ui } = this;
    const reachable = link === "open" && run.known && !ui.readOnly;
    const playing = isActive(run.state);
    buttons.play.disabled = !reachable || isFinal(run.state);
    buttons.step.disabled = buttons.play.disabled;
    buttons.epoch.disabled = buttons.play.disabled;
    buttons.reset.disabled = ui.readOnly || !run.id;
    buttons.seed.disabled = ui.readOnly || !run.id;
    const label = ui.t(playing ? "pause" : "play");
    if (buttons.play.getAttribute("aria-label") === label) return;
    buttons.play.setAttribute("aria-label", label);
    buttons.play.title = `${label} (${ui.t("shortcut", { key: ui.t("shortcut_space") })})`;
    buttons.play.replaceChildren(playing ? this.pauseIcon : this.playIcon);
  }

  /** @param {Command} name */
  #press(name) {
    if (this.buttons[name].disabled) return;
    this.on.do(name === "play" ? (isActive(this.ui.run.state) ? "pause" : "resume") : name);
  }

  /** Space, s and e, unless they belong to what has the focus. @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    const target = /** @type {HTMLElement} */ (event.composedPath()[0]);
    const inside = event.composedPath().includes(this.ui.root);
    if (!inside && target !== document.body) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return;
    if (event.key === " " && target.tagName === "BUTTON") return;
    const key = event.key.toLowerCase();
    const name = key === " " ? "play" : BUTTONS.find((button) => button.key && button.key === key)?.name;
    if (!name) return;
    event.preventDefault();
    this.#press(name);
  }
}
