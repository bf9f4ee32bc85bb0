/** The bar on top: play, step, reset, seed; where the run stands; keys that do the same. */
import { createElement, createIcon, setText } from "../draw/dom.js";
import { RunState, isActive, isFinal } from "../stream/run_state.js";

/** @import { Ui } from "../ui.js" */
/** @import { Run } from "../stream/run.js" */
/** @import { LinkState } from "../stream/socket.js" */
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
    const rest = BUTTONS.map(({ name, text, key }) => [name, this.#createButton(name, text, key)]);
    /** @type {Record<Command, HTMLButtonElement>} */
    this.buttons = Object.fromEntries([["play", this.#createButton("play", "play", ui.t("shortcut_space"))], ...rest]);
    this.pauseIcon = createIcon("pause");
    this.playIcon = createIcon("play");
    /** @type {Record<string, {value: HTMLElement, name: HTMLElement}>} */
    this.counters = {};
    const list = createElement("dl", { class: "tp-counters" }, this.#createCounters());
    this.chip = createElement("span", { class: "tp-chip", role: "status" });
    this.node = createElement("div", { class: "tp-transport", role: "group", "aria-label": ui.t("controls") }, [
      createElement("div", { class: "tp-buttons" }, Object.values(this.buttons)),
      list,
      this.chip,
    ]);
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.#handleKey(event);
    document.addEventListener("keydown", this.onKey);
  }

  destroy() {
    document.removeEventListener("keydown", this.onKey);
  }

  /** @param {Command} name @param {string} text @param {string} key */
  #createButton(name, text, key) {
    const { t } = this.ui;
    const label = t(text);
    const title = key ? `${label} (${t("shortcut", { key })})` : label;
    const button = createElement(
      "button",
      {
        class: `tp-button tp-button-${name}`,
        type: "button",
        "aria-label": label,
        title,
        "aria-keyshortcuts": name === "play" ? "Space" : key.toUpperCase() || undefined,
      },
      [createIcon(name)],
    );
    button.dataset.do = name;
    button.addEventListener("click", () => this.#press(name));
    return button;
  }

  #createCounters() {
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
      const value = createElement("dd", { text: "–" });
      value.dataset.counter = key;
      const name = createElement("dt", { text: label });
      this.counters[key] = { value, name };
      return createElement("div", { title: help }, [name, value]);
    });
  }

  draw() {
    const { run, format, link, t } = this.ui;
    // The last speed of a run that rests would look as if it went on.
    const speed = run.state === RunState.RUNNING && link === "open" ? (run.latest.speed?.values[1] ?? NaN) : NaN;
    const metric = run.readEpochValue("validation_metric");
    const texts = {
      epoch: format.integer(run.epoch),
      step: format.integer(run.step),
      train_loss: format.value(run.readEpochValue("train_loss")),
      validation_loss: format.value(run.readEpochValue("validation_loss")),
      metric: run.classifies ? format.percent(metric) : format.fixed(metric, 3),
      speed: speed >= 100 ? format.integer(speed) : format.fixed(speed, 1),
      cost: format.percent(run.latest.cost?.values[0] ?? NaN),
    };
    for (const [key, text] of Object.entries(texts)) setText(this.counters[key].value, text);
    setText(this.counters.metric.name, t(run.classifies ? "accuracy" : "r2"));
    this.counters.step.value.dataset.value = String(run.step);
    const state = link === "lost" || link === "full" ? "lost" : run.announced ? run.state : "connecting";
    this.chip.hidden = !run.id;
    setText(this.chip, t(`state_${state}`));
    this.chip.dataset.state = state;
    this.#updateButtons(run, link);
  }

  /** @param {Run} run @param {LinkState} link */
  #updateButtons(run, link) {
    const { buttons, ui } = this;
    const reachable = link === "open" && run.announced && !ui.readOnly;
    const playing = isActive(run.state);
    buttons.play.disabled = !reachable || isFinal(run.state);
    buttons.step.disabled = buttons.play.disabled;
    buttons.epoch.disabled = buttons.play.disabled;
    buttons.reset.disabled = ui.readOnly || !run.id;
    buttons.seed.disabled = ui.readOnly || !run.id;
    const label = ui.t(playing ? "pause" : "play");
    // Drawn with every frame: replacing the icon would lose a click between press and release.
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
  #handleKey(event) {
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
