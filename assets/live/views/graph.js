/** Which columns of the diagram feed which, as the network's graph says. */

/** @typedef {import("../stream/protocol.js").Node} Node */

/**
 * The columns that feed each column, in the order in which the layer takes them. Column 0 is the input; a node without
 * a column hands on what it takes.
 * @param {Node[]} graph @param {string[]} columns names, "input" first; layers are called by place and kind
 * @returns {Map<string, number[]>}
 */
export function feeds(graph, columns) {
  const carried = new Map([["input", [0]]]);
  const found = new Map();
  for (const { name, inputs } of graph) {
    const taken = inputs.flatMap((input) => carried.get(input) ?? []);
    const column = columns.indexOf(name);
    if (column > 0) found.set(name, taken);
    carried.set(name, column > 0 ? [column] : taken);
  }
  return found;
}
