"""What an instrument says (`Channel`) and what all of them said at one step (`Frame`), with its binary form.

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
KINDS = {"f4": "<f4", "f8": "<f8", "i1": "|i1", "u1": "|u1"}

Why = Literal["", "grid", "last good", "not finite"]
Mark = Literal[
    "lines", "histogram", "grid", "units", "links", "curve", "scalar", "scores", "arrows", "pictures", "heat", "pairs"
]


@dataclass(frozen=True)
class Channel:
    """What a probe emits: enough to draw it without knowing the probe.

    `series` names what the first axis counts: layers, mostly, but for `scores`, whose lines are not layers'. `healthy`
    is the band a reader should expect;
    `extent` is (x0, x1[, y0, y1]) for what is drawn over the input space. `reading` says how to read the picture: what
    the probe's docstring says of it, unless the probe itself says otherwise.
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
        """A plain dictionary; `Channel(**d)` after JSON gives lists where tuples were."""
        return asdict(self)


def layer_of(name: str) -> str:
    """The layer that a row of a channel belongs to: "2 lstm" for "2 lstm 1 · recurrent", the recurrent weights of its
    first stacked layer."""
    layer, _, part = name.partition(" · ")
    return " ".join(layer.split(" ")[:2]) if part else name


@dataclass(frozen=True)
class Frame:
    """All readings of one optimizer step; `step` counts steps taken, `seconds` is training time so far.

    `why` says which frames are there in every repetition: those of the grid, the last good step before a loss that is
    not finite, and the numbers that went with it. It is empty for those of the clock.
    """

    step: int
    epoch: int
    seconds: float
    readings: Mapping[str, np.ndarray] = field(default_factory=dict)
    why: Why = ""

    def encode(self) -> bytes:
        """The binary form. Readings must be float32, float64, int8 or uint8."""
        table, buffers, offset = [], [], 0
        for key, array in self.readings.items():
            code = f"{array.dtype.kind}{array.dtype.itemsize}"
            data = np.ascontiguousarray(array, dtype=KINDS[code]).tobytes()
            table.append([key, code, list(array.shape), offset])
            padding = -len(data) % 8
            buffers.append(data + b"\0" * padding)
            offset += len(data) + padding
        head = {"step": self.step, "epoch": self.epoch, "seconds": self.seconds, "readings": table}
        head |= {"why": self.why} if self.why else {}
        return pack(MAGIC, head, b"".join(buffers))

    @classmethod
    def decode(cls, data: bytes) -> Frame:
        """The frame in `data`. Raises ValueError if it is not one."""
        head, start = unpack(MAGIC, data)
        readings = {}
        for key, code, shape, offset in head["readings"]:
            count = int(np.prod(shape, dtype=np.int64))
            readings[key] = np.frombuffer(data, KINDS[code], count, start + offset).reshape(shape)
        return cls(head["step"], head["epoch"], head["seconds"], readings, head.get("why", ""))

    def without(self, *keys: str) -> Frame:
        """The same frame without some readings."""
        kept = {key: array for key, array in self.readings.items() if key not in keys}
        return Frame(self.step, self.epoch, self.seconds, kept, self.why)


def pack(magic: bytes, head: Mapping[str, Any], data: bytes) -> bytes:
    """Magic, length, padded JSON header, data."""
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 8)
    return magic + struct.pack("<I", len(text)) + text + data


def unpack(magic: bytes, data: bytes) -> tuple[dict[str, Any], int]:
    """The header, and where the data begin. Raises ValueError on anything else."""
    if data[:4] != magic or len(data) < 8:
        raise ValueError(f"not a {magic.decode()} message")
    (length,) = struct.unpack_from("<I", data, 4)
    if len(data) < 8 + length:
        raise ValueError("message cut short")
    head: dict[str, Any] = json.loads(data[8 : 8 + length])
    return head, 8 + length
