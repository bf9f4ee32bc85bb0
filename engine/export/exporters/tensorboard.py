from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from engine.export.exporters import ExportedRun, Exporter, missing
from engine.frame import Frame
from engine.store.tables import list_epoch_columns

RECALL = "recall_"
PLANE = ("grid", "units")  # maps whose first row is at the bottom
MAPS = (*PLANE, "pictures", "pairs", "heat")
DISTRIBUTIONS = ("links", "curve", "arrows")


class TensorBoard(Exporter):
    """TensorBoard: losses, metrics, the layers' numbers and activation histograms as an event file.

    Every loss and every epoch is in it, and every frame that is stored.

    Use: To lay runs of the playground beside others that are kept in TensorBoard.

    Trouble: TensorBoard thins out long curves when it shows them; the table of losses has every step.

    Source: Abadi et al., TensorFlow: large-scale machine learning on heterogeneous systems, 2015.
    """

    rank: ClassVar[int] = 4
    extra: ClassVar[str] = "tensorboard"
    kind: Literal["tensorboard"] = "tensorboard"

    def files(self, subject: ExportedRun) -> dict[str, bytes]:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise missing(self.extra) from None
        run = subject.row.id
        with tempfile.TemporaryDirectory() as folder:
            # TensorBoard writes files only; a folder of its own is the way to get their bytes.
            writer = SummaryWriter(folder, max_queue=100_000)
            self.write(writer, subject)
            writer.close()
            return {f"{run}/{path.name}": path.read_bytes() for path in sorted(Path(folder).iterdir())}

    def write(self, writer: Any, subject: ExportedRun) -> None:
        """Everything that is stored of the run."""
        row = subject.row
        with subject.reader.open_view() as view:
            losses, epochs = view.read_losses(row.id, None), view.read_epochs(row.id, None)
            frames = [Frame.decode(payload) for _, payload in view.read_frames(row.id)]
        # when each step was taken is known of steps with a frame; in between it is taken to be even
        known = [(0, row.created), *((f.step, row.created + f.seconds) for f in frames if f.step > 0)]
        steps, times = zip(*known, strict=True)
        for step, loss in losses:
            writer.add_scalar("loss/step", loss, int(step), float(np.interp(step, steps, times)))
        columns = list_epoch_columns(row.channels)
        for entry in epochs:
            at = float(np.interp(entry[1], steps, times))
            for column, value in zip(columns[2:], entry[2:], strict=False):
                if np.isfinite(value) and not column.startswith("confusion_"):  # R² may not be defined
                    writer.add_scalar(tag(column), float(value), int(entry[1]), at)
        for frame in frames:
            self.frame(writer, row.channels, frame, row.created + frame.seconds)
        for frame in frames[-1:]:
            draw_pictures(writer, row.channels, frame, row.created + frame.seconds)

    def frame(self, writer: Any, channels: list[dict[str, Any]], frame: Frame, at: float) -> None:
        """What the instruments said at one step."""
        for channel in channels:
            key, series = channel["key"], channel["series"]
            if key not in frame.readings or key == "loss":
                continue
            reading = frame.readings[key]
            if channel["mark"] == "histogram":
                for layer, (low, high, *counts) in zip(series, reading.tolist(), strict=True):
                    build_histogram(writer, f"{key}/{layer}", frame.step, at, low, high, counts)
            elif channel["mark"] == "scalar" and reading.size == 1:
                writer.add_scalar(f"{key}/value", float(reading.flat[0]), frame.step, at)
            elif channel["mark"] in ("lines", "scores") and reading.ndim == 1 and len(reading) == len(series):
                for layer, value in zip(series, reading, strict=True):
                    writer.add_scalar(f"{key}/{layer}", float(value), frame.step, at)


def draw_pictures(writer: Any, channels: list[dict[str, Any]], frame: Frame, at: float) -> None:
    """What is drawn from the newest frame alone: maps as images, their least value black, and all else as the
    distribution of its numbers."""
    for channel in channels:
        key, mark = channel["key"], channel["mark"]
        if key not in frame.readings or not frame.readings[key].size:
            continue
        values = np.nan_to_num(frame.readings[key].astype(np.float64))
        if mark in MAPS and values.ndim >= 2:
            low, high = float(values.min()), float(values.max())
            shades = (values - low) / (high - low if high > low else 1.0)
            for index, one in enumerate(shades.reshape(-1, *values.shape[-2:])):
                # TensorBoard draws from the top, the plane's first row is its lowest.
                name = f"{key}/{index + 1}" if values.ndim > 2 else key
                writer.add_image(name, one[::-1] if mark in PLANE else one, frame.step, at, dataformats="HW")
        elif mark in DISTRIBUTIONS:
            writer.add_histogram(f"{key}/values", values, frame.step, walltime=at)


def tag(column: str) -> str:
    """The name of a column of the epochs, such as loss/validation; of an end of several, metric/validation/2_head; of
    a class, recall/setosa."""
    if column.startswith(RECALL):
        return f"recall/{column.removeprefix(RECALL)}"
    *end, split, what = column.rsplit("_", 2)
    return "/".join([what, split, *filter(None, end)])


def build_histogram(writer: Any, tag: str, step: int, at: float, low: float, high: float, counts: list[float]) -> None:
    """One layer's counts; a range that is not finite has no histogram. Sums are those of the bins' middles."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return
    # All values equal: a bin without width would be dropped.
    high = max(high, np.nextafter(low, np.inf))
    edges = np.linspace(low, high, len(counts) + 1)
    middles, weights = (edges[1:] + edges[:-1]) / 2, np.array(counts)
    writer.add_histogram_raw(
        tag,
        min=low,
        max=high,
        num=int(weights.sum()),
        sum=float((middles * weights).sum()),
        sum_squares=float((middles**2 * weights).sum()),
        bucket_limits=edges[1:].tolist(),
        bucket_counts=counts,
        global_step=step,
        walltime=at,
    )
