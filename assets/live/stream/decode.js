/** Binary messages of the live route: frames ("TPF1") and series ("TPS1"), read without copying. */

/** @import { Frame, Reading, Series, Values } from "./protocol.js" */
/** @typedef {Float32ArrayConstructor | Float64ArrayConstructor | Int8ArrayConstructor | Uint8ArrayConstructor} ValuesType */

/** @type {Record<string, ValuesType>} */
const TYPES = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array };
const PREFIX = 8;

/** The four letters a message begins with. @param {ArrayBuffer} buffer */
export function magic(buffer) {
  return buffer.byteLength < PREFIX ? "" : String.fromCharCode(...new Uint8Array(buffer, 0, 4));
}

/** @param {ArrayBuffer} buffer @param {string} expected */
function open(buffer, expected) {
  if (magic(buffer) !== expected) throw new Error(`expected ${expected}, received ${magic(buffer) || "too few bytes"}`);
  const length = new DataView(buffer).getUint32(4, true);
  if (PREFIX + length > buffer.byteLength) throw new Error(`${expected}: the header is cut short`);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, PREFIX, length)));
  return { header, start: PREFIX + length };
}

/** @param {ArrayBuffer} buffer @param {string} dtype @param {number} at @param {number} count @returns {Values} */
function view(buffer, dtype, at, count) {
  const Type = TYPES[dtype];
  if (!Type) throw new Error(`unknown dtype ${dtype}`);
  const size = Type.BYTES_PER_ELEMENT;
  if (at + count * size > buffer.byteLength) throw new Error("the data are cut short");
  return at % size ? new Type(buffer.slice(at, at + count * size)) : new Type(buffer, at, count);
}

/** @param {ArrayBuffer} buffer @returns {Frame} */
export function decodeFrame(buffer) {
  const { header, start } = open(buffer, "TPF1");
  /** @type {Record<string, Reading>} */
  const readings = {};
  /** @type {[key: string, dtype: string, shape: number[], offset: number][]} */
  const table = header.readings;
  for (const [key, dtype, shape, offset] of table) {
    const count = shape.reduce((product, size) => product * size, 1);
    readings[key] = { shape, values: view(buffer, dtype, start + offset, count) };
  }
  return { step: header.step, epoch: header.epoch, seconds: header.seconds, readings };
}

/** @param {ArrayBuffer} buffer @returns {Series} */
export function decodeSeries(buffer) {
  const { header, start } = open(buffer, "TPS1");
  const values = view(buffer, "f8", start, header.rows * header.columns.length);
  return { ...header, values: /** @type {Float64Array} */ (values) };
}
