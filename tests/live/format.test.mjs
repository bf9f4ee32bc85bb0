import assert from "node:assert/strict";
import test from "node:test";
import { createFormats, formatPower } from "../../assets/live/text/number_format.js";

const en = createFormats("en");
const es = createFormats("es");

test("what was not measured is a dash in every format", () => {
  for (const write of [
    en.integer,
    en.value,
    en.short,
    en.percent,
    en.tight,
    (/** @type {number} */ v) => en.fixed(v, 2),
  ])
    assert.equal(write(NaN), "–");
  assert.equal(en.value(Infinity), "–");
});

test("numbers follow the language", () => {
  assert.equal(en.integer(10300), "10,300");
  assert.equal(es.integer(10300), "10.300");
  assert.equal(en.value(0.0443), "0.0443");
  assert.equal(es.value(0.0443), "0,0443");
});

test("very small and very large numbers carry a power of ten", () => {
  assert.equal(formatPower(-3), "10⁻³");
  assert.equal(en.value(1.5e-6), "1.50×10⁻⁶");
  assert.equal(en.tight(-3.8e-4), "-4·10⁻⁴");
  assert.equal(en.value(0), "0.00");
});

test("ticks share their decimals", () => {
  assert.deepEqual(
    [0, 0.2, 1].map((tick) => en.tick(tick, 0.2)),
    ["0.0", "0.2", "1.0"],
  );
  assert.equal(en.tick(0.5, 0.5), "0.5");
  assert.equal(en.tick(2000, 1000), "2,000");
  assert.equal(en.tick(20000, 10000), "20K");
  assert.equal(en.logTick(1e-4), "10⁻⁴");
});

test("ticks and places of tiny and of far values can be told apart", () => {
  const en = createFormats("en");
  assert.equal(en.tick(3e-19, 1e-19), "3·10⁻¹⁹");
  assert.equal(en.tick(0, 1e-19), "0");
  assert.equal(en.offset(1700000000), "+1,700,000,000");
  assert.equal(en.coordinate(1700000123.4, 300), "1,700,000,123");
  assert.equal(en.coordinate(0.12345, 2), "0.12");
  assert.equal(en.coordinate(4.4e-19, 3e-19), "4.4×10⁻¹⁹");
});
