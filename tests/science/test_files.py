"""The readers of IDX and CIFAR-10 on files that the test writes, whole, cut and lying."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.catalogue.part import catalogue
from engine.downloads import fetch as download
from engine.downloads import idx
from engine.downloads.cifar import read_cifar
from engine.downloads.fetch import RemoteFile, fetch
from engine.downloads.idx import read_idx
from engine.downloads.image_examples import make_image_examples
from engine.errors import InvalidExperiment, PlaygroundError
from engine.parts.datasets import Dataset
from tests.science.references import covers
from tests.stand_ins import archive, batch
from tests.stand_ins import idx as written

RNG = np.random.default_rng(5)
IMAGES = RNG.integers(0, 256, (7, 4, 3)).astype(np.uint8)
COLORS = RNG.integers(0, 256, (10, 3, 32, 32)).astype(np.uint8)
LABELS = np.arange(10).astype(np.uint8)
NAMES = [f"cifar-10-batches-bin/data_batch_{n}.bin" for n in range(1, 6)]
MEMBERS = {name: batch(COLORS[2 * n : 2 * n + 2], LABELS[2 * n : 2 * n + 2]) for n, name in enumerate(NAMES)}


def test_idx_by_hand() -> None:
    """Two images of 1 × 3 pixels, byte by byte as the format's page has it."""
    data = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255])
    np.testing.assert_array_equal(read_idx(data), [[[1, 2, 3]], [[4, 5, 255]]])


@pytest.mark.parametrize("array", [IMAGES, LABELS], ids=["images", "labels"])
def test_idx_round_trip(array: np.ndarray) -> None:
    for data in (written(array), gzip.compress(written(array))):
        found = read_idx(data)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, array)


WHOLE = written(IMAGES)
LYING = {
    "empty": b"",
    "no header": WHOLE[:3],
    "half a header": WHOLE[:9],
    "cut": WHOLE[:-1],
    "too long": WHOLE + b"\0",
    "floats": WHOLE[:2] + b"\x0d" + WHOLE[3:],
    "no dimensions": b"\0\0\x08\0",
    "many dimensions": b"\0\0\x08\xff" + WHOLE[4:],
    "not zero": b"\1" + WHOLE[1:],
    "text": b"<html>not found</html>",
    "huge": b"\0\0\x08\x04" + struct.pack(">4I", *[2**32 - 1] * 4),
    "cut gzip": gzip.compress(WHOLE)[:-9],
    "damaged gzip": gzip.compress(WHOLE)[:12] + b"\xff" * 40,
    "empty gzip": gzip.compress(b""),
}


@pytest.mark.parametrize("name", LYING)
def test_what_is_no_whole_idx_file_gets_one_sentence(name: str) -> None:
    one_sentence(lambda: read_idx(LYING[name]))


def one_sentence(act: object) -> None:
    """It is refused, in one line."""
    with pytest.raises(InvalidExperiment) as caught:
        act()  # type: ignore[operator]
    assert str(caught.value).startswith("$.data: expected ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_a_gzip_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "MAX_BYTES", 10_000)
    one_sentence(lambda: read_idx(gzip.compress(bytes(10**7))))


def test_cifar_round_trip() -> None:
    images, labels = read_cifar(archive({**MEMBERS, "cifar-10-batches-bin/test_batch.bin": b"not looked at"}))
    np.testing.assert_array_equal(images, COLORS)
    np.testing.assert_array_equal(labels, LABELS)
    shuffled = dict(reversed(MEMBERS.items()))
    np.testing.assert_array_equal(read_cifar(archive(shuffled))[0], COLORS)


def test_cifar_pixels_are_red_green_blue_row_by_row() -> None:
    record = bytes([6]) + bytes(range(256)) * 12
    image = read_cifar(archive(dict.fromkeys(NAMES, record)))[0][0]
    assert (image[0, 0, 1], image[0, 1, 0], image[1, 0, 0], image[2, 31, 31]) == (1, 32, 0, 255)


BROKEN = {
    "empty": b"",
    "text": b"<html>",
    "cut": archive(MEMBERS)[:2000],
    "batch missing": archive({name: MEMBERS[name] for name in NAMES[1:]}),
    "half a record": archive({**MEMBERS, NAMES[2]: MEMBERS[NAMES[2]][:-1]}),
    "empty batch": archive({**MEMBERS, NAMES[0]: b""}),
    "other folder": archive({f"../{name}": content for name, content in MEMBERS.items()}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_cifar_archive_gets_one_sentence(name: str) -> None:
    one_sentence(lambda: read_cifar(BROKEN[name]))


def test_images_and_labels_have_to_belong_together() -> None:
    ten = tuple("0123456789")
    one_sentence(lambda: make_image_examples(COLORS, LABELS[:9], ten, "image", 20, 0))
    one_sentence(lambda: make_image_examples(COLORS, LABELS + 1, ten, "image", 20, 0))
    one_sentence(lambda: make_image_examples(IMAGES, LABELS[:7], ten, "image", 20, 0))
    found = make_image_examples(COLORS, LABELS, ten, "vector", 6, 3)
    assert found.x.shape == (6, 3072)
    for row, label in zip(found.x, found.y, strict=True):
        np.testing.assert_array_equal(np.round(row * 255), COLORS[label].reshape(-1))
    assert not np.array_equal(found.y, make_image_examples(COLORS, LABELS, ten, "vector", 6, 4).y), "drawn by the seed"


@pytest.mark.parametrize("kind", ["mnist", "fashion_mnist", "cifar10"])
@covers("datasets.mnist", "datasets.fashion_mnist", "datasets.cifar10")
def test_images_from_files(kind: str) -> None:
    """The stand-ins' classes get brighter one after the other, whichever way they are laid out."""
    part = catalogue(Dataset)[kind]
    images = part.model_validate({"layout": "image", "samples": 300}).load(0)
    vectors = part.model_validate({"layout": "vector", "samples": 300}).load(0)
    np.testing.assert_array_equal(images.x.reshape(300, -1), vectors.x)
    assert images.x.shape[1:] == ((3, 32, 32) if kind == "cifar10" else (1, 28, 28))
    assert 0 <= images.x.min() < images.x.max() <= 1
    means = [images.x[images.y == c].mean() for c in range(10)]
    assert means == sorted(means)
    assert len(images.classes) == len(set(images.classes)) == 10


CONTENT = b"some bytes of a file"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """An address that answers /good with the content and /bad with a page, and what it was asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404 if self.path == "/gone" else 200)
            self.end_headers()
            self.wfile.write(CONTENT if self.path == "/good" else b"<html>" * 100_000)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.undo()
    monkeypatch.setattr(download, "get_folder", lambda: tmp_path)
    monkeypatch.setattr(download, "matches_checksum", lambda data, remote: hashlib.md5(data).hexdigest() == remote.md5)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{found.server_port}", asked
    found.shutdown()
    found.server_close()


def remote(address: str) -> RemoteFile:
    return RemoteFile("few", address, len(CONTENT), hashlib.md5(CONTENT).hexdigest())


def test_a_file_is_fetched_once_and_checked_at_every_use(server: tuple[str, list[str]]) -> None:
    file = remote(f"{server[0]}/good")
    counts: list[int] = []
    assert fetch(file, counts.append) == CONTENT
    assert sum(counts) == len(CONTENT)
    assert fetch(file) == CONTENT
    assert server[1] == ["/good"]
    file.path.write_bytes(b"damaged")
    assert fetch(file) == CONTENT
    assert server[1] == ["/good"] * 2
    assert [path.name for path in file.path.parent.iterdir()] == ["good"]


@pytest.mark.parametrize("path", ["/bad", "/gone"])
def test_another_file_is_refused_and_nothing_kept(server: tuple[str, list[str]], path: str) -> None:
    file = remote(f"{server[0]}{path}")
    for _ in range(2):
        with pytest.raises(PlaygroundError, match="digits needs no download"):
            fetch(file)
    assert server[1] == [path], "not tried again at once"
    assert not file.path.parent.exists()


def test_no_connection_is_one_sentence(server: tuple[str, list[str]]) -> None:
    one_sentence(lambda: fetch(remote("http://127.0.0.1:1/nothing")))
