import assert from "node:assert/strict";
import test from "node:test";
import { decodeFrame, decodeSeries, readMagic } from "../../assets/live/stream/decode.js";

/**
 * The binary form by hand: magic, length of the header, the header padded to a multiple of 8 bytes, data.
 * @param {string} letters @param {object} header @param {Iterable<number>} data bytes
 */
function message(letters, header, data) {
  let text = JSON.stringify(header);
  while ((8 + Buffer.byteLength(text)) % 8) text += " ";
  const head = Buffer.from(text, "utf8");
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const whole = Buffer.concat([Buffer.from(letters), length, head, Uint8Array.from(data)]);
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength);
}

/** @param {Float32Array | Float64Array | Int8Array} array */
const bytes = (array) => new Uint8Array(array.buffer);

test("a frame gives its readings with shape and type", () => {
  const data = new Uint8Array(24);
  data.set(bytes(new Float32Array([1.5, NaN])), 0);
  data.set(bytes(new Int8Array([-127, 0, 127])), 8);
  data.set(bytes(new Float64Array([0.1])), 16);
  const readings = [
    ["ratio", "f4", [2], 0],
    ["maps", "i1", [1, 3], 8],
    ["cost", "f8", [], 16],
  ];
  const frame = decodeFrame(message("TPF1", { step: 7, epoch: 2, seconds: 0.5, readings }, data));
  assert.equal(frame.step, 7);
  assert.equal(frame.readings.ratio.values[0], 1.5);
  assert.ok(Number.isNaN(frame.readings.ratio.values[1]));
  assert.deepEqual([...frame.readings.maps.values], [-127, 0, 127]);
  assert.deepEqual(frame.readings.maps.shape, [1, 3]);
  assert.equal(frame.readings.cost.values[0], 0.1);
});

test("a series gives its rows", () => {
  const header = { kind: "losses", reset: true, rows: 2, columns: ["step", "loss"] };
  const series = decodeSeries(message("TPS1", header, bytes(new Float64Array([1, 0.7, 2, 0.6]))));
  assert.equal(series.reset, true);
  assert.deepEqual([...series.values], [1, 0.7, 2, 0.6]);
});

test("names outside ASCII survive", () => {
  const frame = decodeFrame(
    message("TPF1", { step: 1, epoch: 0, seconds: 0, readings: [["señal", "u1", [1], 0]] }, [9]),
  );
  assert.equal(frame.readings.señal.values[0], 9);
});

test("anything else is refused", () => {
  assert.equal(readMagic(new ArrayBuffer(3)), "");
  assert.throws(() => decodeFrame(message("TPS1", {}, [])), /expected TPF1/);
  assert.throws(() => decodeFrame(message("TPF1", { readings: [["a", "f4", [4], 0]] }, [0, 0])), /cut short/);
  assert.throws(() => decodeFrame(message("TPF1", { readings: [["a", "c8", [1], 0]] }, [0])), /unknown dtype/);
  const cut = message("TPF1", { readings: [] }, []).slice(0, 10);
  assert.throws(() => decodeFrame(cut), /header is cut short/);
});
