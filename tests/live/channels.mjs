/** @import { Channel, Hello } from "../../assets/live/stream/protocol.js" */

/**
 * The first message of a run that measures some channels; what a test does not name is as plain as can be.
 * @param {(Pick<Channel, "key" | "mark" | "series"> & Partial<Channel>)[]} channels
 * @returns {Hello}
 */
export function announce(...channels) {
  const rest = { formula: "", unit: "", healthy: null, extent: null };
  return {
    type: "hello",
    channels: channels.map((channel) => ({ title: channel.key, scale: "linear", ...rest, ...channel })),
  };
}
