import assert from "node:assert/strict";
import test from "node:test";
import {
  findTickOffset,
  createLinearScale,
  computeLinearTicks,
  createLogScale,
  roundLogDomain,
  computeLogTicks,
  roundDomain,
  chooseStep,
} from "../../assets/live/draw/scale.js";

test("steps are 1, 2 or 5 times a power of ten", () => {
  assert.equal(chooseStep(10, 5), 2);
  assert.equal(chooseStep(1, 4), 0.5);
  assert.equal(chooseStep(7000, 3), 5000);
});

test("linear ticks are round and inside", () => {
  assert.deepEqual(computeLinearTicks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(computeLinearTicks(-0.3, 0.3, 3), [-0.2, 0, 0.2]);
  assert.deepEqual(computeLinearTicks(2, 2, 5), [2]);
  assert.deepEqual(computeLinearTicks(NaN, NaN, 5), []);
});

test("log ticks are decades, thinned when they crowd, finer when there is one", () => {
  assert.deepEqual(computeLogTicks(1e-3, 1, 9), [1e-3, 1e-2, 1e-1, 1]);
  assert.equal(computeLogTicks(1e-8, 1, 3).length, 3);
  assert.deepEqual(computeLogTicks(2, 9, 6), [2, 5]);
  assert.deepEqual(computeLogTicks(1, 5, 2), [1, 5], "two labels at least");
});

test("linear scales go there and back", () => {
  const scale = createLinearScale([-1, 3], 100, 0);
  assert.equal(scale.map(1), 50);
  assert.equal(scale.invert(50), 1);
  assert.ok(Number.isFinite(createLinearScale([2, 2], 0, 10).map(2)));
});

test("log scales go there and back, and have no place for zero", () => {
  const scale = createLogScale([1e-4, 1], 0, 100);
  assert.ok(Math.abs(scale.map(1e-2) - 50) < 1e-9);
  assert.ok(Math.abs(scale.invert(50) - 1e-2) < 1e-12);
  assert.ok(Number.isNaN(scale.map(0)));
  assert.ok(Number.isNaN(scale.map(-1)));
});

test("domains end on ticks and never collapse", () => {
  assert.deepEqual(roundDomain(0.03, 0.97, 4), [0, 1]);
  assert.deepEqual(roundDomain(3, 3), [1.5, 4.5]);
  assert.deepEqual(roundDomain(Infinity, -Infinity), [0, 1]);
  assert.deepEqual(roundLogDomain(3e-4, 0.02), [1e-4, 0.1]);
  assert.deepEqual(roundLogDomain(0.3, 0.9), [0.2, 1]);
  assert.deepEqual(roundLogDomain(Infinity, -Infinity), [1e-4, 1]);
  assert.equal(roundLogDomain(1e-30, 1, 10)[0], 1e-10);
});

test("ticks far from zero leave out what they have in common", () => {
  assert.equal(findTickOffset([1700000050, 1700000100, 1700000150]), 1700000000);
  assert.equal(findTickOffset([-1700000150, -1700000100]), -1700001000);
  assert.equal(findTickOffset([0, 50000, 100000]), 0);
  assert.equal(findTickOffset([3e-19, 4e-19]), 0);
  assert.equal(findTickOffset([7]), 0);
});
