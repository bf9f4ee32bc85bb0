/** Mark histogram: the distribution of each series over the steps, side by side on one axis. */
import { yAxis } from "../draw/axes.js";
import { Picture } from "../draw/heat_map.js";
import { extent, paintHistogram, shades } from "../draw/histogram.js";
import { linear, niceDomain } from "../draw/scale.js";
import { css } from "../draw/theme.js";
import { MarkView } from "./mark_view.js";

const AXIS = 42;
const HEAD = 16;
const NARROWEST = 20;
const GAP = 4;

export class DistributionView extends MarkView {
  /** @type {Picture[]} */
  pictures = [];

  /** @param {CanvasRenderingContext2D} context */
  paint(context) {
    const { panel, ui } = this;
    const trace = ui.run.traces[this.key];
    const names = this.channel?.series ?? [];
    if (!trace?.length || !names.length) return;
    const row = trace.width / names.length;
    const shown = Math.min(names.length, Math.max(1, Math.floor((panel.width - AXIS + GAP) / (NARROWEST + GAP))));
    const each = (panel.width - AXIS + GAP) / shown;
    const places = Array.from({ length: shown }, (_, i) => i);
    const domain = niceDomain(...extent(trace, places, row));
    const box = { left: AXIS, top: HEAD, right: panel.width, bottom: panel.height - 6 };
    const size = { width: Math.floor(each - GAP), height: Math.floor(box.bottom - box.top) };
    if (size.height < 8) return;
    yAxis(context, box, linear(domain, box.bottom, box.top), {
      theme: ui.theme,
      format: ui.format,
      ratio: panel.ratio,
    });
    context.imageSmoothingEnabled = false;
    context.textAlign = "left";
    context.textBaseline = "top";
    for (const place of places) {
      const picture = (this.pictures[place] ??= new Picture());
      const look = { ...size, span: ui.run.span, domain, colors: shades(ui.color(names[place])), row };
      paintHistogram(picture, trace, place, look);
      const left = AXIS + place * each;
      context.fillStyle = css(ui.theme.text, 0.025);
      context.fillRect(left, box.top, size.width, size.height);
      context.drawImage(picture.canvas, left, box.top, size.width, size.height);
      context.fillStyle = css(ui.theme.text);
      const label = ui.layer(names[place]);
      const fits = context.measureText(label).width <= size.width;
      context.fillText(fits ? label : label.split(" ")[0], left, 0, size.width);
    }
    panel.describe(names.map((name) => ui.layer(name)).join(", "));
  }
}
