"""Channels and frames: what a probe emits, and the readings of all probes at one optimizer step, in binary form.

The binary form, little-endian: `TPF1`, the header's length as uint32, a JSON header padded with spaces so that the
data begin at a multiple of 8, then one buffer a reading, each at a multiple of 8. A worker encodes once; the same
bytes are stored, sent to the browser and exported.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

MAGIC = b"TPF1"
DTYPES = {"f4": "<f4", "f8": "<f8", "i1": "|i1", "u1": "|u1"}

FrameReason = Literal["", "grid", "last good", "not finite"]
Mark = Literal[
    "lines", "histogram", "grid", "units", "links", "curve", "scalar", "scores", "arrows", "pictures", "heat", "pairs"
]


@dataclass(frozen=True)
class Channel:
    """Description of what a probe emits, enough to draw it without knowing the probe.

    `mark`: the kind of picture. `series`: names along the first axis, of layers except for the mark `scores`.
    `healthy`: the band that values usually lie in. `extent`: (x0, x1[, y0, y1]) of a picture over the input space.
    `reading`: how to read the picture, from the probe's docstring unless the probe gives it.
    """

    key: str
    title: str
    formula: str
    unit: str = ""
    mark: Mark = "lines"
    scale: Literal["linear", "log"] = "linear"
    series: tuple[str, ...] = ()
    healthy: tuple[float, float] | None = None
    extent: tuple[float, ...] | None = None
    reading: str = ""

    def to_json(self) -> dict[str, Any]:
        """The fields as a dictionary; `Channel(**d)` after JSON has lists where tuples were."""
        return asdict(self)


def get_layer(name: str) -> str:
    """The layer of a row: "2 lstm" for "2 lstm 1 · recurrent", the recurrent weights of its first stacked layer."""
    layer, _, part = name.partition(" · ")
    return " ".join(layer.split(" ")[:2]) if part else name


@dataclass(frozen=True)
class Frame:
    """All readings of one optimizer step; `step` counts steps taken, `seconds` is the training time so far.

    `why`: "" for a frame of the clock, which another run of the same experiment may not have. The others recur in
    every run: those of the grid, the last good step before a loss that is not finite, and that step itself.
    """

    step: int
    epoch: int
    seconds: float
    readings: Mapping[str, np.ndarray] = field(default_factory=dict)
    why: FrameReason = ""

    def encode(self) -> bytes:
        """Encode the frame. Readings must be float32, float64, int8 or uint8. Raises: KeyError for another dtype."""
        table, buffers, offset = [], [], 0
        for key, array in self.readings.items():
            code = f"{array.dtype.kind}{array.dtype.itemsize}"
            data = np.ascontiguousarray(array, dtype=DTYPES[code]).tobytes()
            table.append([key, code, list(array.shape), offset])
            padding = -len(data) % 8  # a Float64Array of the browser must begin at a multiple of 8
            buffers.append(data + b"\0" * padding)
            offset += len(data) + padding
        head = {"step": self.step, "epoch": self.epoch, "seconds": self.seconds, "readings": table}
        head |= {"why": self.why} if self.why else {}
        return pack(MAGIC, head, b"".join(buffers))

    @classmethod
    def decode(cls, data: bytes) -> Frame:
        """Decode a frame; its readings are views of `data`. Raises: ValueError if it is none."""
        head, start = unpack(MAGIC, data)
        readings = {}
        for key, code, shape, offset in head["readings"]:
            count = int(np.prod(shape, dtype=np.int64))  # 1 for a scalar, whose shape is ()
            readings[key] = np.frombuffer(data, DTYPES[code], count, start + offset).reshape(shape)
        return cls(head["step"], head["epoch"], head["seconds"], readings, head.get("why", ""))

    def without(self, *keys: str) -> Frame:
        """Copy the frame without some readings."""
        readings = {key: array for key, array in self.readings.items() if key not in keys}
        return Frame(self.step, self.epoch, self.seconds, readings, self.why)


def pack(magic: bytes, head: Mapping[str, Any], data: bytes) -> bytes:
    """Join magic, length, padded JSON header and data."""
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 8)
    return magic + struct.pack("<I", len(text)) + text + data


def unpack(magic: bytes, data: bytes) -> tuple[dict[str, Any], int]:
    """The header, and the offset at which the data begin. Raises: ValueError for another magic, or bytes cut short."""
    if data[:4] != magic or len(data) < 8:
        raise ValueError(f"not a {magic.decode()} message")
    (length,) = struct.unpack_from("<I", data, 4)
    if len(data) < 8 + length:
        raise ValueError("message cut short")
    head: dict[str, Any] = json.loads(data[8 : 8 + length])
    return head, 8 + length
