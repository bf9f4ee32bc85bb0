import assert from "node:assert/strict";
import { test } from "node:test";
import { feeds } from "../../assets/live/views/graph.js";
import { matrices } from "../../assets/live/views/links.js";

const columns = [
  { name: "input", cells: [], count: 2 },
  { name: "1 dense", cells: [], count: 3 },
  { name: "output", cells: [], count: 2 },
];
const chain = feeds(
  [
    { name: "1 dense", inputs: ["input"] },
    { name: "output", inputs: ["1 dense"] },
  ],
  ["input", "1 dense", "output"],
);

function run(length) {
  const weights = { shape: [length], values: Int8Array.from({ length }, (_, i) => i) };
  return { latest: { weights }, channels: new Map([["weights", { series: ["1 dense", "output"] }]]) };
}

test("each layer's matrix begins where the one before it ends", () => {
  const found = matrices(run(12), columns, chain);
  assert.equal(found.get("1 dense").start, 0);
  assert.equal(found.get("1 dense").inputs, 2);
  assert.equal(found.get("output").start, 6);
  assert.equal(found.get("output").inputs, 3);
});

test("weights that do not fit the columns are not drawn", () => {
  assert.equal(matrices(run(11), columns, chain).size, 0);
  assert.equal(matrices({ latest: {}, channels: new Map() }, columns, chain).size, 0);
});

test("blocks without a column hand on what they take", () => {
  const graph = [
    { name: "1 dense", inputs: ["input"] },
    { name: "2 dropout", inputs: ["1 dense"] },
    { name: "3 concatenate", inputs: ["2 dropout", "input"] },
    { name: "output", inputs: ["3 concatenate"] },
  ];
  assert.deepEqual(
    [...feeds(graph, ["input", "1 dense", "3 concatenate", "output"])],
    [
      ["1 dense", [0]],
      ["3 concatenate", [1, 0]],
      ["output", [2]],
    ],
  );
  assert.deepEqual(feeds(graph, ["input", "1 dense", "output"]).get("output"), [1, 0]);
});

test("nothing feeds the columns of a run without a graph", () => {
  assert.equal(feeds([], ["input", "1 dense"]).size, 0);
});
