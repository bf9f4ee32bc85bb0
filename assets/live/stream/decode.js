/**
 * Binary messages of the live route, read without copying: frames ("TPF1") and series ("TPS1"). Both are four letters,
 * the length of the header as uint32, a JSON header padded to a multiple of 8 bytes, then arrays at multiples of 8.
 */

/** @import { Frame, Reading, Series, Values } from "./protocol.js" */
/** @typedef {Float32ArrayConstructor | Float64ArrayConstructor | Int8ArrayConstructor | Uint8ArrayConstructor} ValuesType */

/** @type {Record<string, ValuesType>} */
const TYPES = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array };
const PREFIX_BYTES = 8; // letters and length

/** The four letters a message begins with. @param {ArrayBuffer} buffer */
export function readMagic(buffer) {
  return buffer.byteLength < PREFIX_BYTES ? "" : String.fromCharCode(...new Uint8Array(buffer, 0, 4));
}

/** The JSON header and where the arrays begin. @param {ArrayBuffer} buffer @param {string} expected letters */
function readHeader(buffer, expected) {
  if (readMagic(buffer) !== expected)
    throw new Error(`expected ${expected}, received ${readMagic(buffer) || "too few bytes"}`);
  const length = new DataView(buffer).getUint32(4, true);
  if (PREFIX_BYTES + length > buffer.byteLength) throw new Error(`${expected}: the header is cut short`);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, PREFIX_BYTES, length)));
  return { header, start: PREFIX_BYTES + length };
}

/** An array of the message, as a view of its bytes where that is possible. @param {ArrayBuffer} buffer @param {string} dtype @param {number} offset in bytes @param {number} count @returns {Values} */
function readArray(buffer, dtype, offset, count) {
  const Type = TYPES[dtype];
  if (!Type) throw new Error(`unknown dtype ${dtype}`);
  const size = Type.BYTES_PER_ELEMENT;
  if (offset + count * size > buffer.byteLength) throw new Error("the data are cut short");
  // A typed array must begin at a multiple of its element's size. The engine pads for that; the copy is for bytes that
  // someone else wrote. Byte order is the machine's: little-endian wherever browsers run.
  return offset % size ? new Type(buffer.slice(offset, offset + count * size)) : new Type(buffer, offset, count);
}

/** Readings of one step by channel. They are views: a reading that is kept keeps its whole message in memory. @param {ArrayBuffer} buffer @returns {Frame} */
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

/** Rows of a series, (rows, columns) float64. @param {ArrayBuffer} buffer @returns {Series} */
export function decodeSeries(buffer) {
  const { header, start } = readHeader(buffer, "TPS1");
  const values = readArray(buffer, "f8", start, header.rows * header.columns.length);
  return { ...header, values: /** @type {Float64Array} */ (values) };
}
