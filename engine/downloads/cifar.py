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
LARGEST = 64 * 2**20  # bytes of one batch; the real ones have 30 730 000


def read_cifar(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Images (examples, 3, 32, 32) and labels (examples,) of the training batches, both uint8. Nothing is unpacked to
    the disk, and nothing else in the archive is looked at.

    Raises: InvalidExperiment if the archive is cut, lacks a batch or holds half a record.
    """
    found: dict[str, np.ndarray] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
            for member in archive:
                if member.isreg() and member.name in BATCHES and member.size <= LARGEST:
                    content = archive.extractfile(member)
                    found[member.name] = records(content.read() if content else b"")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise InvalidExperiment("$.data", Message("a whole tar archive"), Message("a damaged one")) from error
    if len(found) < len(BATCHES):
        raise InvalidExperiment("$.data", Message("the five training batches of CIFAR-10"), len(found))
    both = np.concatenate([found[name] for name in BATCHES])
    return both[:, 1:].reshape(-1, 3, SIDE, SIDE), both[:, 0]


def records(data: bytes) -> np.ndarray:
    """The records of a batch, (examples, 1 + pixels)."""
    if not data or len(data) % RECORD:
        raise InvalidExperiment(
            "$.data", Message("records of {n} bytes", n=RECORD), Message("a batch of {n} bytes", n=len(data))
        )
    return np.frombuffer(data, np.uint8).reshape(-1, RECORD)
