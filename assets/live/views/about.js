/** What a channel's panel says in words: its title, what it measures, and how to read it. */

/** @typedef {import("../ui.js").Ui} Ui */
/** @typedef {import("../stream/protocol.js").Channel} Channel */

/** The text of a key that the page may have sent, or else another. @param {Ui} ui @param {string} key @param {string} otherwise */
function sent(ui, key, otherwise) {
  const text = ui.t(key);
  return text === key ? otherwise : text;
}

/** What an instrument is called, known before the run is. @param {Ui} ui @param {string} key of its channel */
export function titleOf(ui, key) {
  return sent(ui, `title_${key}`, ui.run.channels.get(key)?.title ?? key);
}

/** How to read an instrument, as the probe itself says it. @param {Ui} ui @param {string} key of its channel */
export function readingOf(ui, key) {
  const text = sent(ui, `reading_${key}`, ui.run.channels.get(key)?.reading ?? "");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a picture shows, and how to read it. @param {Ui} ui @param {string} key of the channel, and of the text that explains the picture */
export function helpOf(ui, key) {
  return [sent(ui, `${key}_help`, ""), readingOf(ui, key)].filter(Boolean).join(" ");
}

/** The formula, and its unit where it has one. @param {Channel | undefined} channel */
export function measureOf(channel) {
  if (!channel) return "";
  return channel.unit ? `${channel.formula} [${channel.unit}]` : channel.formula;
}
