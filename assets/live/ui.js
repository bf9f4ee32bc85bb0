/**
 * What every view and control may use.
 * @typedef {{root: HTMLElement, run: import("./stream/run.js").Run, theme: import("./draw/theme.js").Theme, format: import("./text/number_format.js").Formats,
 *   t: (key: string, values?: Record<string, string>) => string, link: import("./stream/socket.js").Link, readOnly: boolean, cursor: {step: number | null, chart: any},
 *   tooltip: import("./draw/tooltip.js").Tooltip, layer: (name: string) => string, translate: (message: import("./text/messages.js").Message) => string,
 *   color: (name: string) => import("./draw/theme.js").Rgb, redraw: () => void, point: (step: number | null, chart: any) => void, enlarge: (panel: string) => void}} Ui
 */

export {};
