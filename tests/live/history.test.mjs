import assert from "node:assert/strict";
import test from "node:test";
import { Trace } from "../../assets/live/stream/trace.js";

test("a trace never holds more than its limit, and keeps both ends", () => {
  const trace = new Trace(1, 100);
  for (let step = 1; step <= 100000; step += 1) trace.push(step, [step]);
  assert.ok(trace.length <= 100);
  assert.equal(trace.steps[0], 1);
  assert.equal(trace.lastStep, 100000);
  assert.equal(trace.read(-1, 0), 100000);
});

test("what is kept is spread evenly, whenever it came", () => {
  const trace = new Trace(1, 200);
  for (let step = 0; step < 50000; step += 1) trace.push(step, [0]);
  let widest = 0;
  for (let i = 1; i < trace.length; i += 1) widest = Math.max(widest, trace.steps[i] - trace.steps[i - 1]);
  assert.ok(widest <= (50000 / 200) * 6, `widest gap ${widest}`);
});

test("the limit is at most 2 000", () => assert.equal(new Trace(1, 1e6).limit, 2000));

test("steps already passed are ignored, the newest is replaced", () => {
  const trace = new Trace(2);
  trace.push(1, [1, 2]);
  trace.push(5, [3, 4]);
  trace.push(3, [9, 9]);
  trace.push(5, [7]);
  assert.equal(trace.length, 2);
  assert.equal(trace.read(1, 0), 7);
  assert.ok(Number.isNaN(trace.read(1, 1)));
  assert.ok(Number.isNaN(trace.read(-3, 0)));
});

test("rows are found by step", () => {
  const trace = new Trace(1);
  assert.equal(trace.findNearest(4), -1);
  for (const step of [2, 4, 10]) trace.push(step, [step]);
  assert.equal(trace.findBefore(1), -1);
  assert.equal(trace.findBefore(9), 1);
  assert.equal(trace.findNearest(1), 0);
  assert.equal(trace.findNearest(8), 2);
  assert.equal(trace.findNearest(99), 2);
});
