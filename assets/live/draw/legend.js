/** What a legend is made of: a swatch with its name, a ramp of colors between two words. */
import { element } from "./dom.js";
import { css } from "./theme.js";

/** @param {string} mark @param {import("./theme.js").Rgb} color @param {string} text */
export function legendItem(mark, color, text) {
  return element("span", { class: "tp-legend-item" }, [
    element("i", { class: `tp-swatch tp-swatch-${mark}`, style: `color:${css(color)}` }),
    element("span", { text }),
  ]);
}

/** A strip of colors between two words. @param {string} first @param {string[]} stops @param {string} last */
export function legendRamp(first, stops, last) {
  return element("span", { class: "tp-legend-item" }, [
    element("span", { text: first }),
    element("i", { class: "tp-ramp", style: `background:linear-gradient(to right,${stops.join(",")})` }),
    element("span", { text: last }),
  ]);
}
