/** Items of a legend: a swatch with its name, a color ramp between two words. */
import { createElement } from "./dom.js";
import { formatColor } from "./theme.js";

/** A swatch and its name. @param {string} mark of the swatch, as in the style sheet @param {import("./theme.js").Rgb} color @param {string} text */
export function createLegendItem(mark, color, text) {
  return createElement("span", { class: "tp-legend-item" }, [
    createElement("i", { class: `tp-swatch tp-swatch-${mark}`, style: `color:${formatColor(color)}` }),
    createElement("span", { text }),
  ]);
}

/** A strip of colors between two words. @param {string} first @param {string[]} stops @param {string} last */
export function createLegendRamp(first, stops, last) {
  return createElement("span", { class: "tp-legend-item" }, [
    createElement("span", { text: first }),
    createElement("i", { class: "tp-ramp", style: `background:linear-gradient(to right,${stops.join(",")})` }),
    createElement("span", { text: last }),
  ]);
}
