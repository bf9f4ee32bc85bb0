import assert from "node:assert/strict";
import test from "node:test";
import { drawMap, findSample } from "../../assets/live/draw/heat_map.js";
import { parseLayer, Run } from "../../assets/live/stream/run.js";
import { formatLayerName } from "../../assets/live/text/texts.js";
import { announce } from "./channels.mjs";

test("rows for the kinds of a layer's weights belong to the layer and make no column of their own", () => {
  assert.equal(parseLayer("2 lstm"), "2 lstm");
  assert.equal(parseLayer("2 lstm · recurrent"), "2 lstm");
  assert.equal(parseLayer("12 lstm 3 · input"), "12 lstm");
  assert.equal(parseLayer("output"), "output");
  const run = new Run("a");
  const series = ["1 lstm", "1 lstm · input", "1 lstm · recurrent", "2 gru", "2 gru 1 · input", "output"];
  run.start(
    announce(
      { key: "gradient_norm", mark: "lines", series },
      { key: "activation_mean", mark: "lines", series: ["1 lstm", "2 gru", "output"] },
    ),
  );
  assert.deepEqual(run.layers, ["1 lstm", "2 gru", "output"]);
});

test("a row says which weights it is of in the reader's words", () => {
  assert.equal(formatLayerName("2 lstm · recurrent"), "2 lstm · U, recurrent");
  assert.equal(
    formatLayerName("2 lstm 1 · input", { kind_lstm: "LSTM", part_input: "W, entrada" }),
    "2 LSTM 1 · W, entrada",
  );
});

test("a map's outer samples lie on the edges of its box, and a place reads the sample that lies nearest", () => {
  /** @type {number[][]} */
  const drawn = [];
  const context = {
    drawImage: (/** @type {CanvasImageSource} */ _image, /** @type {number[]} */ ...boxes) => void drawn.push(boxes),
  };
  const canvas = { width: 46, height: 64, close: () => undefined };
  drawMap(context, { canvas }, 2, [4, 16, 46], { x: 10, y: 20, width: 90, height: 30 });
  const [left, top, width, height, x, y, w, h] = drawn[0];
  // the middle of pixel 0 is at 0.5, of pixel 45 at 45.5
  assert.deepEqual([left, left + width, top - 2 * 16, top + height - 2 * 16], [0.5, 45.5, 0.5, 15.5]);
  assert.deepEqual([x, y, w, h], [10, 20, 90, 30]);
  assert.deepEqual(
    [0, 0.49, 0.51, 1, 1.2, -1].map((share) => findSample(share, 3)),
    [0, 1, 1, 2, 2, 0],
  );
  assert.equal(findSample(0.24, 3), 0);
});
