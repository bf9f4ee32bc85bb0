import assert from "node:assert/strict";
import test from "node:test";
import { arrange, GUTTER, layOutColumns } from "../../assets/live/views/columns.js";

test("columns share the width beside the gutter", () => {
  const [first, second] = layOutColumns(GUTTER + 200, 2);
  assert.ok(first.left >= GUTTER && first.right <= second.left && second.right <= GUTTER + 200);
});

test("few units stand in one column of equal squares", () => {
  const { cells, hidden } = arrange(4, { left: 0, right: 200 }, 0, 300);
  assert.equal(hidden, 0);
  assert.equal(new Set(cells.map(({ x }) => x)).size, 1);
  assert.equal(new Set(cells.map(({ size }) => size)).size, 1);
});

test("however many there are, squares stay legible, inside, and the rest is counted", () => {
  for (const count of [1, 7, 16, 40, 128, 1000]) {
    for (const right of [46, 90, 200]) {
      const { cells, hidden } = arrange(count, { left: 0, right }, 20, 320);
      assert.equal(cells.length + hidden, count);
      for (const { x, y, size } of cells)
        assert.ok(size >= 18 && x >= 0 && x + size <= right + 1 && y >= 20 && y + size <= 321, `${count} in ${right}`);
    }
  }
});
