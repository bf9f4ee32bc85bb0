import assert from "node:assert/strict";
import { test } from "node:test";
import { Run } from "../../assets/live/stream/run.js";
import { resolveInputs } from "../../assets/live/views/graph.js";
import { sliceMatrices } from "../../assets/live/views/links.js";
import { announce } from "./channels.mjs";

const columns = [
  { name: "input", cells: [], count: 2 },
  { name: "1 dense", cells: [], count: 3 },
  { name: "output", cells: [], count: 2 },
];
const chain = resolveInputs(
  [
    { name: "1 dense", inputs: ["input"] },
    { name: "output", inputs: ["1 dense"] },
  ],
  ["input", "1 dense", "output"],
);

/** A run that has measured so many weights. @param {number} length */
function measured(length) {
  const run = new Run("a");
  run.start(announce({ key: "weights", mark: "links", series: ["1 dense", "output"] }));
  const weights = { shape: [length], values: Int8Array.from({ length }, (_, i) => i) };
  run.addFrame({ step: 1, epoch: 0, seconds: 0, readings: { weights } });
  return run;
}

test("each layer's matrix begins where the one before it ends", () => {
  const found = sliceMatrices(measured(12), columns, chain);
  assert.equal(found.get("1 dense")?.start, 0);
  assert.equal(found.get("1 dense")?.inputs, 2);
  assert.equal(found.get("output")?.start, 6);
  assert.equal(found.get("output")?.inputs, 3);
});

test("weights that do not fit the columns are not drawn", () => {
  assert.equal(sliceMatrices(measured(11), columns, chain).size, 0);
  assert.equal(sliceMatrices(new Run("a"), columns, chain).size, 0);
});

test("blocks without a column hand on what they take", () => {
  const graph = [
    { name: "1 dense", inputs: ["input"] },
    { name: "2 dropout", inputs: ["1 dense"] },
    { name: "3 concatenate", inputs: ["2 dropout", "input"] },
    { name: "output", inputs: ["3 concatenate"] },
  ];
  assert.deepEqual(
    [...resolveInputs(graph, ["input", "1 dense", "3 concatenate", "output"])],
    [
      ["1 dense", [0]],
      ["3 concatenate", [1, 0]],
      ["output", [2]],
    ],
  );
  assert.deepEqual(resolveInputs(graph, ["input", "1 dense", "output"]).get("output"), [1, 0]);
});

test("nothing feeds the columns of a run without a graph", () => {
  assert.equal(resolveInputs([], ["input", "1 dense"]).size, 0);
});
