/** The words of a channel's panel: its title, what it measures, and how to read it. */

/** @typedef {import("../ui.js").Ui} Ui */
/** @typedef {import("../stream/protocol.js").Channel} Channel */

/** The text of a key where the page has sent one, else a fallback. @param {Ui} ui @param {string} key @param {string} fallback */
function lookUpText(ui, key, fallback) {
  const text = ui.t(key);
  // The translator answers with the key itself where it knows no text.
  return text === key ? fallback : text;
}

/** The title of an instrument; the page sends it, so that it is there before the run is. @param {Ui} ui @param {string} key of its channel */
export function getTitle(ui, key) {
  return lookUpText(ui, `title_${key}`, ui.run.channels.get(key)?.title ?? key);
}

/** How to read an instrument, from the docstring of its probe. @param {Ui} ui @param {string} key of its channel */
export function getReading(ui, key) {
  const text = lookUpText(ui, `reading_${key}`, ui.run.channels.get(key)?.reading ?? "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The help of a panel: what it shows, and how to read it. @param {Ui} ui @param {string} key of the channel, and of the text that explains the picture */
export function getHelp(ui, key) {
  return [lookUpText(ui, `${key}_help`, ""), getReading(ui, key)].filter(Boolean).join(" ");
}

/** A channel's formula, and its unit where it has one. @param {Channel | undefined} channel */
export function formatMeasure(channel) {
  if (!channel) return "";
  return channel.unit ? `${channel.formula} [${channel.unit}]` : channel.formula;
}
