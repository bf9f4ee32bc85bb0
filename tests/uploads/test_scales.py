"""What is black and what is white, told from all pixels; and which arrays are sequences."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.training.trainer import Trainer
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.encode import encode_images, encode_upload, to_bytes
from engine.uploads.infer import infer_uses
from engine.uploads.ingest import ingest_upload
from engine.uploads.sandbox import parse_file
from engine.uploads.table import ParsedUpload
from tests.uploads.evil import npy, zipped

RNG = np.random.default_rng(3)
Y = np.arange(40) % 2
U = RNG.uniform(0, 1, (40, 8, 8))
U[0, 0, 0], U[1, 0, 0] = 0, 1  # the whole range


def taken(x: np.ndarray, y: np.ndarray = Y, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    return parse_file("x.npz", zipped({"x.npy": npy(x), "y.npy": npy(y)}), corrections)


SCALES: dict[str, tuple[np.ndarray, float, float, bool]] = {
    "shares": (U, 0, 1, False),
    "a little over 1": (U * 1.04, 0, 1.04, True),
    "from −1 to 1": (U * 2 - 1, -1, 1, True),
    "standardized": (U * 4 - 1.5, -1.5, 2.5, True),
    "bytes": (np.rint(U * 200).astype(np.uint8), 0, 255, False),
    "dark bytes": (np.rint(U * 30).astype(np.uint8), 0, 255, False),
    "bytes as fractions": (np.rint(U * 255) * 1.0, 0, 255, False),
    "digits up to 16": (np.rint(U * 16), 0, 16, True),
    "digits up to 16 as integers": (np.rint(U * 16).astype(np.int64), 0, 16, True),
    "ink or none": (U > 0.5, 0, 1, False),
    "12 bits": (np.rint(U * 4095).astype(np.uint16), 0, 4095, True),
    "16 bits": (np.rint(U * 65535).astype(np.uint16), 0, 65535, False),
    "16 bits from far above 0": (np.rint(30000 + U * 900).astype(np.uint16), 30000, 30900, True),
    "signed bytes": (np.rint(U * 255 - 128).astype(np.int8), -128, 127, False),
}


@pytest.mark.parametrize("name", SCALES)
def test_the_scale_is_that_of_all_pixels_and_no_shade_is_lost(name: str) -> None:
    x, black, white, noted = SCALES[name]
    about, arrays = taken(x)
    loaded = encode_images(about, arrays, "image")
    truth = (x.astype(np.float64) - black) / (white - black)
    np.testing.assert_allclose(loaded.x[:, 0], truth, atol=2e-6)
    assert len(np.unique(loaded.x)) == len(np.unique(x.astype(np.float32)))
    assert bool(about.notes) is noted
    drawn = to_bytes(about, arrays["images"])[:, 0]
    assert np.abs(drawn - truth * 255).max() < 0.51


def test_a_person_says_what_is_white() -> None:
    about, arrays = taken(U * 1.04, corrections=Corrections(white=1.0))
    np.testing.assert_allclose(encode_images(about, arrays, "image").x[:, 0], U * 1.04, atol=1e-6)
    about, arrays = taken(np.rint(U * 30).astype(np.uint8), corrections=Corrections(white=30.0))
    np.testing.assert_allclose(encode_images(about, arrays, "image").x[:, 0], np.rint(U * 30) / 30, atol=1e-6)
    assert about.notes == ()


@pytest.mark.parametrize("pixels", [np.full((40, 8, 8), 0.3), np.where(U > 0.5, np.nan, U)])
def test_pixels_that_say_nothing_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(InvalidExperiment, match=r"pixels that|finite"):
        taken(pixels)


def test_sixteen_bits_in_several_sizes_are_scaled_with_all_their_shades() -> None:
    members = {}
    for n in range(12):
        whole, side = io.BytesIO(), 8 + 8 * (n == 11)
        Image.fromarray(np.full((side, side), 1000 + n, np.uint16)).save(whole, "PNG")
        members[f"{'ab'[n % 2]}/{n:02}.png"] = whole.getvalue()
    about, arrays = parse_file("deep.zip", zipped(members))
    assert arrays["images"][:, 0, 3, 3].tolist() == list(range(1000, 1012))
    assert (about.black, about.white) == (1000, 1011)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_color_of_sixteen_bits_is_refused_and_not_cut() -> None:
    lines = b"".join(b"\0" + bytes(6 * 8) for _ in range(8))
    deep = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0))
    deep += chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    with pytest.raises(InvalidExperiment, match="color images of 8 bits a channel, received 16 bits"):
        parse_file("deep.zip", zipped({f"{'ab'[n % 2]}/{n}.png": deep for n in range(12)}))


ARRAYS = {
    "two sensors": ((30, 2), False, "sequences", False),
    "twenty sensors": ((60, 20), False, "sequences", False),
    "nearly square": ((16, 10), False, "sequences", True),
    "square": ((12, 12), False, "images", True),
    "shares that are square": ((12, 12), True, "images", False),
    "shares that are not": ((40, 6), True, "sequences", True),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_sequences_are_told_from_images(name: str) -> None:
    shape, shares, sort, noted = ARRAYS[name]
    x = RNG.uniform(0, 1, (40, *shape)) if shares else RNG.normal(0, 2, (40, *shape))
    about, arrays = taken(x)
    assert about.sort == sort
    assert any(note.kind.startswith("taken") for note in about.notes) is noted
    sorts: list[Any] = ["images", "sequences", *(["table"] if np.prod(shape) < 1024 else [])]
    for said in sorts:
        other, arrays = taken(x, corrections=Corrections(sort=said))
        assert other.sort == said
        if said == "sequences":
            np.testing.assert_array_equal(arrays["sequences"], x)
            assert encode_upload(other, arrays, "", "classification", layout="sequence").x.shape == x.shape


def test_sequences_are_learned_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_STORE", str(tmp_path))
    x = RNG.normal(0, 1, (60, 12, 3))
    for y, task, loss in ((np.arange(60) % 3, "classification", "cross_entropy"), (x.sum((1, 2)), "regression", "mse")):
        digest = ingest_upload("s.npz", zipped({"x.npy": npy(x), "y.npy": npy(y)}))
        data = {"kind": "upload", "file": digest, "layout": "sequence"}
        document = {"data": data, "network": [{"kind": "rnn", "units": 4}], "loss": {"kind": loss}, "steps": 3}
        trainer = Trainer(Experiment.from_dict({**document, "device": "cpu"}))
        assert trainer.advance(deadline=float("inf")).losses
        assert infer_uses(taken(x, y)[0])[1] == task
