import assert from "node:assert/strict";
import test from "node:test";
import { Run } from "../../assets/live/stream/run.js";
import { announce } from "./channels.mjs";

const COLUMNS = ["epoch", "step", "train_loss", "train_metric", "validation_loss", "validation_metric"];

/** @param {number[]} losses of validation, one an epoch @param {boolean} reset @param {number} [first] */
function epochs(losses, reset, first = 1) {
  const rows = losses.flatMap((loss, i) => [first + i, 10 * (first + i), 1, 0.5, loss, 0.5]);
  return { kind: "epochs", columns: COLUMNS, rows: losses.length, reset, values: Float64Array.from(rows) };
}

/** @param {boolean} keeps whether the weights of the best epoch are put back */
function started(keeps) {
  const run = new Run("a");
  run.start({ ...announce(), keeps_best: keeps });
  return run;
}

test("early stopping marks the first epoch with the lowest validation loss", () => {
  const run = started(true);
  assert.equal(run.best, null);
  run.addSeries(epochs([3, 1, 2], true));
  run.addSeries(epochs([1, NaN, 4], false, 4));
  assert.deepEqual(run.best, { step: 20, value: 1 });
  run.addSeries(epochs([0.5], false, 7));
  assert.deepEqual(run.best, { step: 70, value: 0.5 });
  run.addSeries(epochs([5, 6], true));
  assert.deepEqual(run.best, { step: 10, value: 5 });
});

test("without early stopping no epoch is marked", () => {
  const run = started(false);
  run.addSeries(epochs([3, 1, 2], true));
  assert.equal(run.best, null);
});

test("losses of single batches are no epochs", () => {
  const run = started(true);
  run.addSeries({
    kind: "losses",
    columns: ["step", "loss"],
    rows: 1,
    reset: true,
    values: Float64Array.from([1, 0.1]),
  });
  assert.equal(run.best, null);
});
