"""Small files in the formats of MNIST and CIFAR-10: noise in which each class is a little brighter than the last."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np

from engine.catalogue.part import catalogue
from engine.parts.datasets import Dataset
from engine.uploads.library import NO_FILE
from engine.uploads.sandbox import pack_upload, parse_file


def idx(array: np.ndarray) -> bytes:
    """An array of bytes as an IDX file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def batch(images: np.ndarray, labels: np.ndarray) -> bytes:
    """Images (n, 3, 32, 32) and labels as one CIFAR-10 batch."""
    return np.concatenate([labels[:, None], images.reshape(len(images), -1)], 1).astype(np.uint8).tobytes()


def archive(members: dict[str, bytes]) -> bytes:
    """A gzipped tar archive."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return whole.getvalue()


def noisy(shape: tuple[int, ...], labels: np.ndarray) -> np.ndarray:
    """Images of noise, brighter from class to class."""
    rng = np.random.default_rng(len(labels))
    noise: np.ndarray = rng.integers(0, 128, (len(labels), *shape))
    return np.asarray(noise + 12 * labels.reshape(-1, *(1 for _ in shape)))


def write_stand_ins(folder: Path, count: int = 300) -> None:
    """Writes a file for each that a data set would fetch."""
    labels = np.arange(count) % 10
    for part in catalogue(Dataset).values():
        for remote in part.remote:
            path = folder / remote.folder / remote.address.rsplit("/", 1)[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.name.startswith("cifar"):
                cut = np.array_split(np.arange(count), 5)
                images = noisy((3, 32, 32), labels)
                names = [f"cifar-10-batches-bin/data_batch_{n}.bin" for n in range(1, 6)]
                content = {name: batch(images[own], labels[own]) for name, own in zip(names, cut, strict=True)}
                path.write_bytes(archive({**content, "cifar-10-batches-bin/readme.html": b"<p>"}))
            else:
                values = labels if "labels" in path.name else noisy((28, 28), labels)
                path.write_bytes(gzip.compress(idx(values), 1))


def write_own(folder: Path) -> None:
    """Writes images where those of an upload that names no file would be: two classes of noise, one brighter."""
    labels = np.arange(60) % 2
    content = io.BytesIO()
    np.savez(content, x=(noisy((6, 6), labels) + 60 * labels[:, None, None]).astype(np.uint8), y=labels)
    (folder / f"{NO_FILE}.npz").write_bytes(pack_upload(parse_file("stand_in.npz", content.getvalue())))
