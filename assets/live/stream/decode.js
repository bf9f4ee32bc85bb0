/** Binary messages of the live route: frames ("TPF1") and series ("TPS1"), read without copying. */

/** @import { Frame, Reading, Series, Values } from "./protocol.js" */
/** @typedef {Float32ArrayConstructor | Float64ArrayConstructor | Int8ArrayConstructor | Uint8ArrayConstructor} ValuesType */

/** @type {Record<string, ValuesType>} */
const TYPES = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array };
const PREFIX_BYTES = 8;

/** The four letters a message begins with. @param {ArrayBuffer} buffer */
export function readMagic(buffer) {
  return buffer.byteLength < PREFIX_BYTES ? "" : String.fromCharCode(...new Uint8Array(buffer, 0, 4));
}

/** @param {ArrayBuffer} buffer @param {string} expected */
function readHeader(buffer, expected) {
  if (readMagic(buffer) !== expected)
    throw new Error(`expected ${expected}, received ${readMagic(buffer) || "too few bytes"}`);
  const length = new DataView(buffer).getUint32(4, true);
  if (PREFIX_BYTES + length > buffer.byteLength) throw new Error(`${expected}: the header is cut short`);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, PREFIX_BYTES, length)));
  return { header, start: PREFIX_BYTES + length };
}

/** @param {ArrayBuffer} buffer @param {string} dtype @param {number} offset @param {number} count @returns {Values} */
function readArray(buffer, dtype, offset, count) {
  const Type = TYPES[dtype];
  if (!Type) throw new Error(`unknown dtype ${dtype}`);
  const size = Type.BYTES_PER_ELEMENT;
  if (offset + count * size > buffer.byteLength) throw new Error("the data are cut short");
  return offset % size ? new Type(buffer.slice(offset, offset + count * size)) : new Type(buffer, offset, count);
}

/** @param {ArrayBuffer} buffer @returns {Frame} */
export function decodeFrame(buffer) {
  const { header, start } = readHeader(buffer, "TPF1");
  /** @type {Record<string, Reading>} */
  const readings = {};
  /** @type {[key: string, dtype: string, shape: number[], offset: number][]} */
  const table = header.readings;
  for (const [key, dtype, shape, offset] of table) {
    const count = shape.reduce((product, size) => product * size, 1);
    readings[key] = { shape, values: readArray(buffer, dtype, start + offset, count) };
  }
  return { step: header.step, epoch: header.epoch, seconds: header.seconds, readings };
}

/** @param {ArrayBuffer} buffer @returns {Series} */
export function decodeSeries(buffer) {
  const { header, start } = readHeader(buffer, "TPS1");
  const values = readArray(buffer, "f8", start, header.rows * header.columns.length);
  return { ...header, values: /** @type {Float64Array} */ (values) };
}
