/** What the kinds of a layer's weights are called. @type {Record<string, string>} */
export const WEIGHT_PARTS = {
  input: "part_input",
  recurrent: "part_recurrent",
  queries: "part_queries",
  keys: "part_keys",
  values: "part_values",
  output: "part_output",
};
