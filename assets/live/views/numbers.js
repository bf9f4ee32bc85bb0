/** The table below the columns: mean, standard deviation, dead and saturated share of every layer, and its weights near zero. */
import { getHelp } from "./about.js";
import { GUTTER } from "./columns.js";
import { createElement, setText } from "../draw/dom.js";

/**
 * A row of the table: the channel, its text, whether the channel explains itself, whether it is a share, and whether one
 * above a half is a warning, or that only where both ends of the activation are flat.
 * @typedef {{key: string, text: string, help?: boolean, share?: boolean, alarm?: boolean, twoSided?: boolean}} NumberRow
 */

/** @type {NumberRow[]} */
const ROWS = [
  { key: "activation_mean", text: "mean" },
  { key: "activation_std", text: "std" },
  { key: "dead", text: "dead", help: true, share: true, alarm: true },
  { key: "saturated", text: "saturated", help: true, share: true, alarm: true, twoSided: true },
  { key: "near_zero", text: "near_zero", help: true, share: true },
];
const ALARM_SHARE = 0.5;

export class NumberTable {
  channels = ROWS.map(({ key }) => key);

  /** @param {import("../ui.js").Ui} ui */
  constructor(ui) {
    this.ui = ui;
    this.body = createElement("tbody");
    this.columns = createElement("tr");
    const widths = createElement("colgroup", {}, [createElement("col", { style: `width:${GUTTER}px` })]);
    this.node = createElement("table", { class: "tp-numbers" }, [
      createElement("caption", { class: "tp-hidden", text: ui.t("layers") }),
      widths,
      createElement("thead", { class: "tp-hidden" }, [this.columns]),
      this.body,
    ]);
    this.names = "";
    /** @type {{row: NumberRow, name: string, cell: HTMLElement}[]} */
    this.cells = [];
  }

  /** @param {string[]} names layers, in order */
  draw(names) {
    // Built once a network; with every frame only texts change.
    if (names.join("\n") !== this.names) this.#build(names);
    for (const { row, name, cell } of this.cells) {
      const value = this.#readValue(row, name, -1);
      setText(cell, this.#formatValue(row, value));
      cell.classList.toggle(
        "tp-alarm",
        Boolean(row.alarm) && value > ALARM_SHARE && (!row.twoSided || Boolean(this.ui.run.findNode(name)?.two_sided)),
      );
    }
  }

  /** Rows for the tooltip at a step. @param {string} name @param {number} step @returns {import("../draw/tooltip.js").Row[]} */
  readRows(name, step) {
    return ROWS.map((row) => {
      const trace = this.ui.run.traces[row.key];
      return {
        name: this.ui.t(row.text),
        value: this.#formatValue(row, trace ? this.#readValue(row, name, trace.findNearest(step)) : NaN),
      };
    });
  }

  /** @param {NumberRow} row @param {string} name @param {number} index index of the reading */
  #readValue(row, name, index) {
    const column = this.ui.run.channels.get(row.key)?.series.indexOf(name) ?? -1;
    const trace = this.ui.run.traces[row.key];
    return column < 0 || !trace ? NaN : trace.read(index, column);
  }

  /** @param {NumberRow} row @param {number} value */
  #formatValue(row, value) {
    const { format } = this.ui;
    if (row.share) return format.percent(value, 0);
    return format.tight(value);
  }

  /** @param {string[]} names */
  #build(names) {
    const { ui } = this;
    this.names = names.join("\n");
    this.cells = [];
    this.columns.replaceChildren(
      createElement("td"),
      ...names.map((name) => createElement("th", { scope: "col", text: ui.formatLayer(name) })),
    );
    const rows = ROWS.map((row) => {
      const cells = names.map(() => createElement("td"));
      cells.forEach((cell, i) => this.cells.push({ row, name: names[i], cell }));
      return createElement("tr", {}, [
        createElement("th", { scope: "row", text: ui.t(row.text), title: row.help ? getHelp(ui, row.key) : undefined }),
        ...cells,
      ]);
    });
    this.body.replaceChildren(...(names.length ? rows : []));
  }
}
