import assert from "node:assert/strict";
import { test } from "node:test";
import { feeds } from "../../assets/live/views/graph.js";
import { matrices } from "../../assets/live/views/links.js";

const columns = [
  { name: "input", cells: [], count: 2 },
  { name: "1 dense", cells: [], count: 3 },
  { name: "output", cells: [], count: 2 },
];
const chain = feeds([{ kind: "dense" }], ["input", "1 dense", "output"]);

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
  const found = feeds(
    [{ kind: "dense" }, { kind: "dropout" }, { kind: "dense" }],
    ["input", "1 dense", "3 dense", "output"],
  );
  assert.deepEqual(
    [...found],
    [
      ["1 dense", [0]],
      ["3 dense", [1]],
      ["output", [2]],
    ],
  );
});

test("an add takes both ways, a concatenation hands both on", () => {
  const residual = [{ kind: "dense", label: "a" }, { kind: "dense" }, { kind: "add", of: "a" }];
  assert.deepEqual(feeds(residual, ["input", "1 dense", "2 dense", "3 add", "output"]).get("3 add"), [2, 1]);
  const both = [
    { kind: "dense", label: "a" },
    { kind: "dense", label: "l" },
    { kind: "branch", of: "a" },
    { kind: "dense" },
    { kind: "concatenate", of: "l" },
  ];
  const found = feeds(both, ["input", "1 dense", "2 dense", "4 dense", "output"]);
  assert.deepEqual(found.get("4 dense"), [1]);
  assert.deepEqual(found.get("output"), [3, 2]);
});

test("an end stands aside: the next block takes what the end's block took", () => {
  const network = [
    { kind: "dense", label: "a" },
    { kind: "dense" },
    { kind: "reconstruct" },
    { kind: "head", of: "a" },
    { kind: "detach", of: "a" },
  ];
  const fed = feeds(network, ["input", "1 dense", "2 dense", "3 reconstruct", "4 head", "output"]);
  assert.deepEqual(fed.get("3 reconstruct"), [2]);
  assert.deepEqual(fed.get("4 head"), [1]);
  assert.deepEqual(fed.get("output"), [1]);
});
