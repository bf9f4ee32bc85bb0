/** Which columns of the diagram feed which, from the network's graph. */

/** @typedef {import("../stream/protocol.js").Node} Node */

/**
 * The columns that feed each column, in the order in which the layer concatenates them. Column 0 is the input; a node
 * without a column passes its inputs on.
 * @param {Node[]} graph @param {string[]} columns names, "input" first; a layer's is its number and kind, "2 dense"
 * @returns {Map<string, number[]>}
 */
export function resolveInputs(graph, columns) {
  // The graph comes in topological order: the inputs of a node are known when it is reached.
  const columnsOf = new Map([["input", [0]]]);
  const inputsOf = new Map();
  for (const { name, inputs } of graph) {
    const sources = inputs.flatMap((input) => columnsOf.get(input) ?? []);
    const column = columns.indexOf(name);
    if (column > 0) inputsOf.set(name, sources);
    columnsOf.set(name, column > 0 ? [column] : sources);
  }
  return inputsOf;
}
