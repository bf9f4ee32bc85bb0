/** Which columns of the diagram feed which, as the network's graph says. */

/** @typedef {import("../stream/protocol.js").Node} Node */

/**
 * The columns that feed each column, in the order in which the layer takes them. Column 0 is the input; a node without
 * a column hands on what it takes.
 * @param {Node[]} graph @param {string[]} columns names, "input" first; layers are called by place and kind
 * @returns {Map<string, number[]>}
 */
export function resolveInputs(graph, columns) {
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
