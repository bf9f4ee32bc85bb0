"""CIFAR-10's binary version: records of one label byte and 3 × 32 × 32 pixel bytes, in five training batches.

Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
"""

from __future__ import annotations

import io
import tarfile
import zlib

import numpy as np

from engine.errors import InvalidExperiment
from engine.message import Message

BATCHES = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
SIDE = 32
RECORD = 1 + 3 * SIDE * SIDE
MAX_BATCH_BYTES = 64 * 2**20  # the published batches have 30 730 000


def read_cifar(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) and labels (N,) of the five training batches, both uint8.

    Nothing is unpacked to the disk, and other members of the archive are skipped.

    Raises: InvalidExperiment if the archive is cut, lacks a batch or holds half a record.
    """
    batches: dict[str, np.ndarray] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                if member.isreg() and member.name in BATCHES and member.size <= MAX_BATCH_BYTES:
                    content = archive.extractfile(member)
                    batches[member.name] = parse_records(content.read() if content else b"")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InvalidExperiment("$.data", Message("a whole tar archive"), Message("a damaged one")) from error
    if len(batches) < len(BATCHES):
        raise InvalidExperiment("$.data", Message("the five training batches of CIFAR-10"), len(batches))
    records = np.concatenate([batches[name] for name in BATCHES])  # (N, 1 + pixels), in the published order
    return records[:, 1:].reshape(-1, 3, SIDE, SIDE), records[:, 0]


def parse_records(data: bytes) -> np.ndarray:
    """The records of a batch, (N, 1 + pixels), the label first. Raises: InvalidExperiment for half a record."""
    if not data or len(data) % RECORD:
        raise InvalidExperiment(
            "$.data", Message("records of {n} bytes", n=RECORD), Message("a batch of {n} bytes", n=len(data))
        )
    return np.frombuffer(data, np.uint8).reshape(-1, RECORD)
