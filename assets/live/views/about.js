/** What a channel's panel says in words: its title, what it measures, and how to read it. */

/** @typedef {import("../ui.js").Ui} Ui */
/** @typedef {import("../stream/protocol.js").Channel} Channel */

/** The text of a key that the page may have sent, or else another. @param {Ui} ui @param {string} key @param {string} fallback */
function lookUpText(ui, key, fallback) {
  const text = ui.t(key);
  return text === key ? fallback : text;
}

/** What an instrument is called, known before the run is. @param {Ui} ui @param {string} key of its channel */
export function getTitle(ui, key) {
  return lookUpText(ui, `title_${key}`, ui.run.channels.get(key)?.title ?? key);
}

/** How to read an instrument, as the probe itself says it. @param {Ui} ui @param {string} key of its channel */
export function getReading(ui, key) {
  const text = lookUpText(ui, `reading_${key}`, ui.run.channels.get(key)?.reading ?? "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a picture shows, and how to read it. @param {Ui} ui @param {string} key of the channel, and of the text that explains the picture */
export function getHelp(ui, key) {
  return [lookUpText(ui, `${key}_help`, ""), getReading(ui, key)].filter(Boolean).join(" ");
}

/** The formula, and its unit where it has one. @param {Channel | undefined} channel */
export function formatMeasure(channel) {
  if (!channel) return "";
  return channel.unit ? `${channel.formula} [${channel.unit}]` : channel.formula;
}
