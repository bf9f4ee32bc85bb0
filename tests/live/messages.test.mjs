import assert from "node:assert/strict";
import test from "node:test";
import { translate } from "../../assets/live/text/messages.js";
import { createFormats } from "../../assets/live/text/number_format.js";
import { formatLayerName } from "../../assets/live/text/texts.js";

/** @import { Message } from "../../assets/live/text/messages.js" */

const CATALOGUE = new Map([
  ["Layer {layer} grew to {size}.", "La capa {layer} creció hasta {size}."],
  ["{layer} of member {n}", "{layer} del miembro {n}"],
  ["at least {n} rows", "al menos {n} filas"],
  ["one\u0004at least {n} rows", "al menos {n} fila"],
  ["part\u0004Dense", "Densa"],
]);
const KINDS = { kind_dense: "densa", layer_output: "salida" };
const UI = { format: createFormats("es"), formatLayer: (/** @type {string} */ name) => formatLayerName(name, KINDS) };

/** @param {string} text @param {Message["values"]} [values] @param {Map<string, string>} [catalogue] */
const say = (text, values = {}, catalogue = CATALOGUE) => translate({ text, values }, catalogue, UI);

test("a message is said in the reader's language, its numbers and layers too", () => {
  const layer = { term: "layer", name: "2 dense" };
  assert.equal(say("Layer {layer} grew to {size}.", { layer, size: 0.12345 }), "La capa 2 densa creció hasta 0,1235.");
  const member = { text: "{layer} of member {n}", values: { layer, n: 3 } };
  assert.equal(
    say("Layer {layer} grew to {size}.", { layer: member, size: 7 }),
    "La capa 2 densa del miembro 3 creció hasta 7.",
  );
  assert.equal(say("{title}", { title: { term: "part", name: "Dense" } }), "Densa");
});

test("one thing has a text of its own where the language has one", () => {
  assert.equal(say("at least {n} rows", { n: 1 }), "al menos 1 fila");
  assert.equal(say("at least {n} rows", { n: 2 }), "al menos 2 filas");
});

test("what nobody translated stays as it is, and so does a person's own text", () => {
  assert.equal(say("Really."), "Really.");
  assert.equal(say("constructor"), "constructor");
  assert.equal(say("{text}", { text: "at least {n} rows" }), "at least {n} rows");
  assert.equal(say("{a} {constructor}", { a: ["x", "y"] }), "x, y {constructor}");
  assert.equal(
    say("Layer {layer} grew to {size}.", { layer: "2 dense", size: "nan" }, new Map()),
    "Layer 2 dense grew to nan.",
  );
});
