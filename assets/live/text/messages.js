/** Messages of the engine in the reader's language: a template, and values for its placeholders. */

/** @typedef {{term: string, name: string}} Term a name that each language has a word for */
/** @typedef {{text: string, values: Record<string, Value>}} Message */
/** @typedef {string | number | boolean | null | Term | Message | Value[]} Value the value of a placeholder */
/** @typedef {{format: import("./number_format.js").Formats, formatLayer: (name: string) => string}} Wording how numbers and layers are written */

const CONTEXT = "\u0004"; // stands between context and text, as in gettext

/**
 * Fetches the translations of a language; none where they cannot be had, and the engine's English stays.
 * @param {string} [address]
 * @returns {Promise<Map<string, string>>}
 */
export async function fetchCatalogue(address) {
  if (!address) return new Map();
  try {
    const response = await fetch(new URL(address, document.baseURI));
    return new Map(Object.entries(await response.json()));
  } catch (error) {
    console.warn("no translations:", error);
    return new Map();
  }
}

/**
 * Fills a message's template in the reader's language.
 * @param {Message} message @param {Map<string, string>} catalogue
 * @param {Wording} ui
 * @returns {string}
 */
export function translate(message, catalogue, ui) {
  const { text, values } = message;
  // Languages differ in their plurals; Spanish and English need one rule, n = 1.
  const singular = values.n === 1 ? catalogue.get(`one${CONTEXT}${text}`) : "";
  const template = singular || catalogue.get(text) || text;
  return template.replace(/\{(\w+)\}/g, (/** @type {string} */ whole, /** @type {string} */ name) =>
    // A person's text may contain {constructor}, which every object has.
    Object.hasOwn(values, name) ? fill(values[name], catalogue, ui) : whole,
  );
}

/** The text of a placeholder's value. @param {Value} value @param {Map<string, string>} catalogue @param {Wording} ui @returns {string} */
function fill(value, catalogue, ui) {
  if (Array.isArray(value)) return value.map((each) => fill(each, catalogue, ui)).join(", ");
  if (typeof value === "number") return Number.isInteger(value) ? ui.format.integer(value) : ui.format.four(value);
  if (typeof value !== "object" || value === null) return String(value);
  if ("text" in value) return translate(value, catalogue, ui);
  return value.term === "layer"
    ? ui.formatLayer(value.name)
    : catalogue.get(`${value.term}${CONTEXT}${value.name}`) || value.name;
}
