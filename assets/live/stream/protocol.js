/**
 * The messages of the live route, as `engine/live/messages.py` and `engine/frame.py` write them. Types alone.
 *
 * @import { Message } from "../text/messages.js"
 *
 * @typedef {"lines" | "scalar" | "scores" | "histogram" | "grid" | "units" | "pictures" | "pairs" | "heat" | "curve" | "arrows" | "links"} Mark
 * @typedef {{key: string, title: string, formula: string, unit: string, mark: Mark, scale: "linear" | "log", series: string[],
 *   healthy: [number, number] | null, extent: number[] | null, reading?: string}} Channel what an instrument emits: enough to draw it
 * @typedef {{name: string, inputs: string[], unitwise?: boolean, head?: boolean, task?: string, two_sided?: boolean}} Node a block of the network, or the output layer
 *
 * @typedef {{step: number, kind: string, detail?: {path?: string, value?: unknown} | null}} LogEvent
 * @typedef {{state?: string, message?: Message, step?: number, epoch?: number}} RunStatus
 * @typedef {RunStatus & {type: "hello", run?: string, graph?: Node[], keeps_best?: boolean, task?: string, channels?: Channel[], log?: LogEvent[]}} Hello
 * @typedef {{type: "done", do?: string, error?: Message}} Done the answer to a command
 * @typedef {Hello | (RunStatus & {type: "state"}) | (LogEvent & {type: "log"}) | Done} LiveMessage
 *
 * @typedef {Float32Array | Float64Array | Int8Array | Uint8Array} Values
 * @typedef {{shape: number[], values: Values}} Reading `values` in row-major order
 * @typedef {{step: number, epoch: number, seconds: number, readings: Record<string, Reading>}} Frame by channel; step -1 is what holds for the whole run
 * @typedef {{kind: string, reset: boolean, rows: number, columns: string[], values: Float64Array}} Series (rows, columns); `reset` replaces earlier rows
 */

export {};
