import assert from "node:assert/strict";
import test from "node:test";
import {
  MAX_CLASSES,
  Drawing,
  MAX_POINTS,
  sampleNormal,
  parse,
  HALF_EXTENT,
  serialize,
} from "../../assets/live/controls/drawing.js";

/** The same numbers every time. */
function dice(seed = 1) {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

test("points are written with three decimals and read again", () => {
  const drawing = new Drawing();
  assert.ok(drawing.add(1.23456, -0.00001, 4));
  drawing.add(-99, 99, 0);
  assert.equal(drawing.text, `1.235,0,4;-${HALF_EXTENT},${HALF_EXTENT},0`);
  assert.deepEqual(parse(drawing.text), drawing.points);
  assert.equal(serialize(parse("")), "");
  assert.deepEqual(parse("1,2;x,1,1;1,1,0"), [{ x: 1, y: 1, label: 0 }]);
});

test("a stroke is undone as a whole, and one that changed nothing is none", () => {
  const drawing = new Drawing("0,0,0");
  drawing.beginStroke();
  drawing.add(1, 1, 1);
  drawing.add(2, 2, 1);
  assert.ok(drawing.endStroke());
  drawing.beginStroke();
  drawing.erase(5, 5, 0.5);
  assert.ok(!drawing.endStroke());
  drawing.beginStroke();
  drawing.clear();
  assert.ok(drawing.endStroke());
  assert.equal(drawing.text, "");
  assert.ok(drawing.undo());
  assert.equal(drawing.points.length, 3);
  assert.ok(drawing.undo());
  assert.equal(drawing.text, "0,0,0");
  assert.ok(!drawing.undo());
});

test("there is room for so many and no more", () => {
  const drawing = new Drawing();
  drawing.spray(0, 0, 1, 2, MAX_POINTS + 20, dice());
  assert.equal(drawing.points.length, MAX_POINTS);
  assert.ok(!drawing.add(0, 0, 0));
  assert.equal(new Drawing(`${drawing.text};0,0,0`).points.length, MAX_POINTS);
});

test("a spray has the spread that was asked for and stays on the plane", () => {
  const drawing = new Drawing();
  drawing.spray(1, -1, 2, 0.6, 400, dice());
  const mean = drawing.points.reduce((sum, { x }) => sum + x, 0) / 400;
  const deviation = Math.sqrt(drawing.points.reduce((sum, { x }) => sum + (x - mean) ** 2, 0) / 400);
  assert.ok(Math.abs(mean - 1) < 0.1, String(mean));
  assert.ok(Math.abs(deviation - 0.6) < 0.08, String(deviation));
  drawing.spray(5.9, 5.9, 0, 2, 100, dice(5));
  assert.ok(
    drawing.points.every(
      ({ x, y, label }) => Math.abs(x) <= HALF_EXTENT && Math.abs(y) <= HALF_EXTENT && label < MAX_CLASSES,
    ),
  );
  assert.ok(Number.isFinite(sampleNormal(() => 0)));
});

test("the rubber takes what is near, and only that", () => {
  const drawing = new Drawing("0,0,0;0.3,0,1;2,2,1");
  drawing.erase(0.1, 0, 0.45);
  assert.equal(drawing.text, "2,2,1");
});

test("classes become values and values classes", () => {
  const drawing = new Drawing("0,0,0;1,1,1;2,2,2");
  drawing.beginStroke();
  drawing.convertTo("regression");
  assert.equal(drawing.text, "0,0,-1;1,1,0;2,2,1");
  drawing.add(3, 3, 7);
  assert.equal(drawing.points.at(-1)?.label, 1);
  drawing.convertTo("classification");
  assert.equal(drawing.text, "0,0,0;1,1,0;2,2,1;3,3,1");
  drawing.endStroke();
  drawing.undo();
  assert.equal(drawing.text, "0,0,0;1,1,1;2,2,2");
  assert.equal(drawing.task, "classification");
});
