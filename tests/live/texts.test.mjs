import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { formatLayerName, TEXTS, createTranslator } from "../../assets/live/text/texts.js";

const folder = new URL("../../assets/live/", import.meta.url);
const sources = readdirSync(folder, { encoding: "utf8", recursive: true }).filter(
  (name) => name.endsWith(".js") && name !== "text/texts.js",
);
const code = sources.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");

test("every text asked for exists, and every text is used", () => {
  for (const [, key] of code.matchAll(/\bt\("(\w+)"/g)) assert.ok(TEXTS[key], `no text ${key}`);
  for (const key of Object.keys(TEXTS)) {
    const dynamic = key.startsWith("state_") || key.endsWith("_help") || key.startsWith("layer_");
    assert.ok(dynamic || code.includes(`"${key}"`) || new RegExp(`\\b${key}:`).test(code), `${key} is not used`);
  }
});

test("each text stands on a line of its own, as the page reads them", () => {
  const lines = readFileSync(new URL("text/texts.js", folder), "utf8").split("\n");
  const found = lines.flatMap((line) => {
    const entry = /^ {2}(\w+): (".*"),$/.exec(line);
    return entry ? [[entry[1], JSON.parse(entry[2])]] : [];
  });
  assert.deepEqual(Object.fromEntries(found), TEXTS);
});

test("translations win, English fills in, values are put in", () => {
  const t = createTranslator({ play: "Entrenar", more_units: "otras {count}" });
  assert.equal(t("play"), "Entrenar");
  assert.equal(t("pause"), "Pause");
  assert.equal(t("more_units", { count: "4" }), "otras 4");
  assert.equal(t("unit", {}), "unit {number}");
});

test("layer names keep their number", () => {
  assert.equal(formatLayerName("2 dense", { kind_dense: "densa" }), "2 densa");
  assert.equal(formatLayerName("3 conv2d"), "3 conv2d");
  assert.equal(formatLayerName("output", { layer_output: "salida" }), "salida");
});
