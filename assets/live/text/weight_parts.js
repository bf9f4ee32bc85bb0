/** The text of each kind of a layer's weights. @type {Record<string, string>} */
export const WEIGHT_PARTS = {
  input: "part_input",
  recurrent: "part_recurrent",
  queries: "part_queries",
  keys: "part_keys",
  values: "part_values",
  output: "part_output",
};
