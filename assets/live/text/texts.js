import { PARTS } from "./weight_parts.js";

/** Every string the live component shows, in English; the page sends translations under the same keys. */
// biome-ignore format: one text a line, as the page reads them
export const TEXTS = {
  controls: "Training controls",
  play: "Train",
  pause: "Pause",
  step: "One batch",
  step_epoch: "One epoch",
  reset: "Start again from the same initial weights",
  seed: "Start again with a new seed",
  shortcut: "key {key}",
  shortcut_space: "space",
  epoch: "epoch",
  steps: "step",
  train_loss: "train loss",
  validation_loss: "validation loss",
  accuracy: "accuracy",
  r2: "R²",
  steps_per_second: "steps/s",
  instruments: "instruments",
  instruments_help: "Share of the training time that the measurements take",
  metric_help: "On the validation data, at the end of the last epoch",
  loss_help: "Mean over the last whole epoch",
  state_queued: "queued",
  state_running: "training",
  state_paused: "paused",
  state_finished: "finished",
  state_stopped: "stopped",
  state_diverged: "diverged",
  state_failed: "failed",
  state_out_of_memory: "out of memory",
  state_held: "waiting for room",
  state_connecting: "connecting",
  state_lost: "reconnecting",
  connecting: "Connecting to the run…",
  waiting: "Waiting for the first measurement…",
  no_run: "No run yet.",
  lost: "The connection is lost; trying again. The picture below is the last one received.",
  full: "Too many people are watching just now; trying again. The run goes on.",
  unreachable: "The run cannot be reached; trying again.",
  diverged: "The training diverged.",
  diverged_help: "A smaller learning rate or a clipped gradient usually helps.",
  failed: "The training failed.",
  out_of_memory: "The run is out of memory.",
  out_of_memory_help: "Fewer or narrower layers, or a smaller batch, need less.",
  held: "The store is full: training waits until there is room.",
  refused: "The command was not carried out: {reason}",
  read_only: "View only: the person who started this run controls it.",
  dismiss: "Dismiss",
  layers: "Layers, first to last",
  layers_help: "One column per layer. Top: what each unit answers over the input plane; of a feature map or a sequence the mean. Below: the activations over time; the darker, the more units give that value. A band that collapses to a line carries little information; one stuck at the edges of tanh or sigmoid is saturated.",
  shared_scale: "same scale",
  shared_scale_help: "Draw all hidden layers on the same value axis",
  layer_input: "input",
  layer_output: "output",
  part_input: "W, input",
  part_recurrent: "U, recurrent",
  part_queries: "queries",
  part_keys: "keys",
  part_values: "values",
  part_output: "output",
  activation: "activation",
  mean: "mean",
  std: "std",
  dead: "dead",
  saturated: "saturated",
  dead_help: "Share of units that are zero on the whole probe batch",
  saturated_help: "Share of values where the activation's slope is under 5 % of its maximum.",
  near_zero: "w ≈ 0",
  near_zero_help: "Share of the layer's weights whose absolute value is under 0.001.",
  more_units: "+{count}",
  unit: "unit {number}",
  unit_range: "range",
  units_too_many: "Too many units to draw.",
  layers_too_many: "{count} layers are too many to draw side by side; the charts of all layers still show them.",
  few: "few",
  many: "many",
  output: "Output",
  output_help: "What the network answers at every point. Filled dots are training data, hollow ones validation data. A good fit colors the ground under the hollow dots in their own color.",
  curve: "Prediction",
  curve_help: "The line is the network's prediction; filled dots are training data, hollow ones validation data.",
  prediction: "prediction",
  class: "class {name}",
  class_difference: "p(class 1) − p(class 0)",
  metric: "Accuracy",
  metric_r2: "Explained variance R²",
  metric_chart_help: "Measured at the end of every epoch. When the training line climbs and the validation line falls behind, the network learns the training data by heart. Under attack and with several members there are more lines, measured on the first validation examples; out of bag means training examples answered by those members alone that do not learn from them.",
  attack: "Attacked examples",
  attack_help: "Examples of the validation data as they are, how the attack changes them (made visible), and attacked. Numbers are the network's answers; one that is wrong is followed by the right one.",
  clean: "clean",
  change: "change",
  attacked: "attacked",
  together: "together",
  out_of_bag: "out of bag",
  member: "member {number}",
  each_member: "each member",
  worst_recall: "lowest recall",
  disagreement: "disagreement",
  disagreement_help: "Show how far the members lie apart instead of what they answer together",
  loss: "Loss",
  loss_chart_help: "Solid: training data, as training weighs and changes them. Dashed: validation data, the plain mean. Faint: the loss of single batches. A widening gap between solid and dashed is overfitting; a rising line means the learning rate is too high. With early stopping a ring marks the epoch whose weights are kept.",
  log_scale: "log",
  log_scale_help: "Logarithmic loss axis",
  batch_loss: "batches",
  best: "best",
  best_kept: "best; its weights are kept",
  total: "total",
  train: "train",
  validation: "validation",
  update_ratio_help: "How far one optimizer step moves the weights of each layer, relative to their size.",
  guide_band: "guide band",
  gradient_norm_help: "Length of the gradient in each layer.",
  lr: "learning rate",
  edit: "changed",
  enlarge: "Enlarge: {title}",
  how_to_read: "How to read: {title}",
  not_measured: "not measured yet",
  reconstruction_help: "Above: inputs of the training data, as the network gets them. Below: what it makes of them after they have passed the code.",
  pairs_rows: "above x, below x̂",
  gates_help: "How far each gate stands open at each step of the sequence: the mean over units and examples, from 0 (closed) to 1 (open). The number at the right is the mean over the steps.",
  gate_input: "input gate",
  gate_forget: "forget gate",
  gate_output: "output gate",
  gate_reset: "reset gate",
  gate_update: "update gate",
  sequence_time: "time in the sequence →",
  pad_tools: "What a stroke does",
  pad_point: "Point",
  pad_spray: "Spray",
  pad_erase: "Erase",
  pad_class: "Class of the next points",
  pad_labels: "What points carry",
  pad_classes: "Classes",
  pad_values: "Values",
  pad_value: "Value",
  pad_spread: "Spread",
  pad_undo: "Undo",
  pad_clear: "Clear",
  pad_plane: "Plane to draw points on: the arrow keys move the cross, space draws, delete erases, 1 to 5 choose the class",
  pad_count: "{count} of at most {most} points",
  pad_full: "No room: {most} points are the most.",
};

/**
 * A lookup for one language, falling back to English.
 * @param {Record<string, string>} [translated]
 * @returns {(key: string, values?: Record<string, string>) => string}
 */
export function translator(translated = {}) {
  return (key, values = {}) => {
    const text = translated[key] || TEXTS[key] || key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
}

/**
 * A whole sentence of the engine in the reader's language: the first pattern that matches all of it says how.
 * What it speaks of (a layer, a sentence within) is translated in its turn.
 * @param {string} text @param {[string, string][]} [messages] regular expressions for whole sentences, and replacements ($1 $2 …)
 * @param {Record<string, string>} [translated]
 */
export function sentence(text, messages = [], translated = {}) {
  for (const [pattern, replacement] of messages) {
    const found = new RegExp(pattern, "s").exec(text);
    if (found)
      return replacement.replace(/\$(\d)/g, (_, place) => sentence(found[Number(place)] ?? "", messages, translated));
  }
  return /^(output|\d+ [a-z]\w*)$/.test(text) ? layerName(text, translated) : text;
}

/**
 * A layer's name as people read it: "2 dense" keeps its number, its kind is translated when the page sends `kind_dense`.
 * A row for one kind of its weights, "2 lstm · recurrent", says which after the name.
 * @param {string} name
 * @param {Record<string, string>} [translated]
 */
export function layerName(name, translated = {}) {
  if (name === "output") return translated.layer_output || TEXTS.layer_output;
  const [layer, part] = name.split(" · ");
  const own = layer.replace(/[a-z]\w*/i, (kind) => translated[`kind_${kind}`] || kind);
  return part ? `${own} · ${translated[PARTS[part]] || TEXTS[PARTS[part]] || part}` : own;
}
