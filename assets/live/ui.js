/**
 * The interface that views and controls are given. Types alone.
 *
 * @import { Theme, Rgb } from "./draw/theme.js"
 * @import { Tooltip } from "./draw/tooltip.js"
 * @import { Run } from "./stream/run.js"
 * @import { LinkState } from "./stream/socket.js"
 * @import { Message } from "./text/messages.js"
 * @import { Formats } from "./text/number_format.js"
 *
 * @typedef {{x: number, y: number}} Point on a canvas, in CSS pixels
 * @typedef {{step: number | null, chart: object | null}} Cursor the step that all charts mark, and the chart that the pointer is in
 *
 * Everything that a view or control may use. `t` looks up a text, `setCursor` marks a step in all charts, `redraw` asks for one frame.
 * @typedef {{root: HTMLElement, run: Run, theme: Theme, format: Formats, t: (key: string, values?: Record<string, string>) => string, link: LinkState,
 *   readOnly: boolean, cursor: Cursor, tooltip: Tooltip, formatLayer: (name: string) => string, translate: (message: Message) => string,
 *   layerColor: (name: string) => Rgb, redraw: () => void, setCursor: (step: number | null, chart: object | null) => void, enlarge: (panel: string) => void}} Ui
 *
 * A panel on the screen: which channels it draws, with every frame, and the legend in its header.
 * @typedef {{node: HTMLElement, channels: string[], panel: {legend: HTMLElement, destroy: () => void}, legend: () => HTMLElement[], briefLegend?: () => HTMLElement[],
 *   draw: () => void}} View
 */

export {};
