/** Which columns of the diagram feed which: a chain, or what the blocks' references say. */

const ASIDE = new Set(["head", "reconstruct"]);

/** @typedef {{kind: string, label?: string, of?: string}} Block */

/**
 * The columns that feed each column, in the order in which the layer takes them. Column 0 is the input; a block without
 * a column hands on what it takes.
 * @param {Block[]} network @param {string[]} columns names, "input" first; layers are called by place and kind
 * @returns {Map<string, number[]>}
 */
export function feeds(network, columns) {
  const carried = [];
  const found = new Map();
  network.forEach((block, i) => {
    const before = i ? carried[i - 1] : [0];
    const other = carried[earlier(network, i)] ?? [];
    const column = columns.indexOf(`${i + 1} ${block.kind}`);
    let taken = before;
    if (ASIDE.has(block.kind)) {
      // it reads and stands apart; the next block takes what this one took
      if (column > 0) found.set(columns[column], block.of ? other : before);
      carried.push(before);
      return;
    }
    if (block.kind === "branch" || (block.kind === "detach" && block.of)) taken = other;
    else if (block.kind === "add" || block.kind === "concatenate") taken = [...before, ...other];
    if (column > 0) found.set(columns[column], taken);
    carried.push(column > 0 ? [column] : taken);
  });
  found.set("output", carried.at(-1) ?? [0]);
  return found;
}

/** The place of the earlier block that a block refers to, or -1. @param {Block[]} network @param {number} i */
function earlier(network, i) {
  const { of } = network[i];
  return of ? network.slice(0, i).findIndex((block) => block.label === of) : -1;
}
