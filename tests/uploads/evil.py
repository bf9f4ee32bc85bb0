"""Files that must be refused, made here: each with a word that its sentence has to say."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

ROWS = "\n".join(f"{n},{n % 7},{'ab'[n % 2]}" for n in range(20))


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of some members."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", how, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return whole.getvalue()


def npy(array: np.ndarray, **options: bool) -> bytes:
    """An array as a file."""
    whole = io.BytesIO()
    np.save(whole, array, **options)
    return whole.getvalue()


def header(shape: tuple[int, ...], content: bytes = b"", kind: str = "<f8") -> bytes:
    """A file of an array whose header claims a shape."""
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def png(size: tuple[int, int] = (8, 8), shade: int = 90) -> bytes:
    """A gray picture."""
    whole = io.BytesIO()
    Image.new("L", size, shade).save(whole, "PNG")
    return whole.getvalue()


def photos(**more: bytes) -> dict[str, bytes]:
    """Twelve pictures in two folders, and what else is named."""
    return {**{f"{'ab'[n % 2]}/{n}.png": png(shade=n) for n in range(12)}, **more}


def pq(table: pa.Table, **options: str) -> bytes:
    """A table as Parquet."""
    whole = io.BytesIO()
    parquet.write_table(table, whole, **options)
    return whole.getvalue()


def table(count: int = 20) -> pa.Table:
    """A harmless table."""
    return pa.table({"x": np.arange(count, dtype=float), "y": [str(n % 2) for n in range(count)]})


def huge_words() -> bytes:
    """Three thousand times the same million letters: a small file, three gigabytes when unpacked."""
    words = pa.DictionaryArray.from_arrays(np.zeros(3000, np.int32), ["a" * 1_000_000])
    return pq(pa.table({"x": words, "y": np.arange(3000) % 2}), compression="zstd")


def encrypted() -> bytes:
    """An archive that says that its members are encrypted."""
    data = bytearray(zipped(photos()))
    for mark, index in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + index] |= 1
            start = data.find(mark, start + 1)
    return bytes(data)


def lying_sizes() -> bytes:
    """An archive whose directory gives a member fewer bytes than it has."""
    data = bytearray(zipped({"x.npy": npy(np.arange(30.0)), "y.npy": npy(np.arange(30) % 2)}, zipfile.ZIP_STORED))
    start = data.find(b"PK\1\2")
    data[start + 24 : start + 28] = struct.pack("<I", 40)
    data[start + 20 : start + 24] = struct.pack("<I", 40)
    return bytes(data)


def linked() -> bytes:
    """An archive with a symbolic link."""
    about = zipfile.ZipInfo("a/passwd.png")
    about.external_attr = 0o120777 << 16
    whole = io.BytesIO(zipped(photos()))
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr(about, "/etc/passwd")
    return whole.getvalue()


def arrays(x: bytes, y: bytes = npy(np.arange(20) % 2), how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An NPZ file."""
    return zipped({"x.npy": x, "y.npy": y}, how)


def wide_png() -> bytes:
    """A picture whose header claims 30 000 × 30 000 pixels."""
    data = bytearray(png())
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def odd(column: pa.Array) -> bytes:
    """A Parquet file with a column of values that are hard to read."""
    return pq(table().append_column("odd", column))


def no_text() -> pa.Array:
    """Words whose bytes are not UTF-8."""
    return pa.Array.from_buffers(
        pa.string(), 20, [None, pa.py_buffer(np.arange(21, dtype=np.int32)), pa.py_buffer(b"\xff" * 20)]
    )


X = np.arange(40.0).reshape(20, 2)
EVIL: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing.csv": ("empty", lambda: b""),
    "blank.csv": ("empty", lambda: b"\n \n\n"),
    "no_rows.csv": ("at least 10 rows", lambda: b"a,b,c\n"),
    "few_rows.csv": ("received 3", lambda: b"a,b\n1,2\n3,4\n5,6\n"),
    "one_column.csv": ("columns", lambda: "\n".join("abcdefghijklmnop").encode()),
    "one_class.csv": ("one value", lambda: ("a,b,label\n" + ROWS.replace("b", "a")).encode()),
    "only_text.csv": ("free text", lambda: "\n".join(f"note {n},word {n * n}" for n in range(400)).encode()),
    "infinite.csv": ("column b", lambda: ("a,b,c\n" + ROWS + "\n1,inf,a").encode()),
    "beyond.csv": ("column a", lambda: ("a,b,c\n" + ROWS + "\n1e999,2,a").encode()),
    "twice.csv": ("m twice", lambda: ("m,n,m\n" + ROWS).encode()),
    "ragged.csv": ("in line 12", lambda: ("a,b,c\n" + ROWS.replace("10,3", "10,3,3")).encode()),
    "short.csv": (
        "3 columns in every line, received 2 in line 12",
        lambda: ("a,b,c\n" + ROWS).replace("10,3,", "10,").encode(),
    ),
    "after_a_break.csv": (
        "received 2 in line 26",
        lambda: ('a,b,"c\n\nd"\n\n' + ROWS + "\n  \n1,2\n").encode(),
    ),
    "long.csv": ("received 4 in line 3", lambda: ('a,b,"c\nd"\n0,0,0,0\n' + ROWS).encode()),
    "dull.csv": (
        "one value: a, note",
        lambda: ("a,note,label\n" + "\n".join(f"7,text {n},{n % 2}" for n in range(400))).encode(),
    ),
    "wide.csv": ("columns", lambda: "\n".join(",".join("1" * 1500) for _ in range(20)).encode()),
    "binary.csv": ("other bytes", lambda: bytes(range(256)) * 30),
    "utf16_without_mark.csv": ("other bytes", lambda: ROWS.encode("utf-16-le")),
    "half_utf16.csv": ("other bytes", lambda: ("a,b,c\n" + ROWS).encode("utf-16")[:-1]),
    "cut.parquet": ("damaged", lambda: pq(table())[:-40]),
    "only_magic.parquet": ("damaged", lambda: b"PAR1PAR1"),
    "broken.parquet": ("damaged", lambda: pq(table()).replace(b"\x15", b"\xff")),
    "lists.parquet": ("lists", lambda: pq(pa.table({"x": [[1.0]] * 20, "y": [0, 1] * 10}))),
    "rows.parquet": (
        "bytes",
        lambda: pq(pa.table({"x": pa.array(np.zeros(27_000_000, bool)), "y": pa.array(np.ones(27_000_000, bool))})),
    ),
    "words.parquet": ("takes more", huge_words),
    "late.parquet": ("another in column odd", lambda: odd(pa.array(np.full(20, 2**62), pa.timestamp("us")))),
    "days.parquet": ("another in column odd", lambda: odd(pa.array(np.full(20, 2**31 - 1, np.int32), pa.date32()))),
    "mars.parquet": ("column odd", lambda: odd(pa.array(np.arange(20), pa.timestamp("us", tz="Mars/Phobos")))),
    "long.parquet": ("another in column odd", lambda: odd(pa.array(np.full(20, 2**62), pa.duration("s")))),
    "no_text.parquet": ("another in column odd", lambda: odd(no_text())),
    "nan.parquet": ("finite", lambda: pq(table().append_column("z", pa.array([np.inf] * 20)))),
    "pickle.npz": ("pickle", lambda: arrays(npy(np.array([{}] * 20, object), allow_pickle=True))),
    "lying.npz": ("damaged", lambda: arrays(header((1_000_000_000, 2)))),
    "negative.npz": ("damaged", lambda: arrays(header((-20, 2), bytes(320)))),
    "cut.npz": ("damaged", lambda: arrays(npy(X))[:-60]),
    "sizes.npz": ("zip", lying_sizes),
    "other_names.npz": ("arrays x and y", lambda: zipped({"foo.npy": npy(X)})),
    "lengths.npz": ("each of 20", lambda: arrays(npy(X), npy(np.arange(7)))),
    "infinite.npz": ("column x1", lambda: arrays(npy(np.full((20, 2), np.inf)))),
    "flat.npz": ("2 axes", lambda: arrays(npy(np.arange(20.0)))),
    "bomb.npz": ("packed", lambda: arrays(npy(np.zeros((20, 1_000_000), np.uint8)))),
    "bomb.zip": ("packed", lambda: zipped(photos(**{"a/big.png": bytes(60_000_000)}))),
    "too_large.zip": ("bytes", lambda: zipped({f"a/{n}.png": bytes(70 << 20) for n in range(3)})),
    "many.zip": ("1000 files", lambda: zipped({f"{n % 2}/{n}.png": b"" for n in range(1001)}, zipfile.ZIP_STORED)),
    "up.zip": ("../", lambda: zipped(photos(**{"../up.png": png()}))),
    "root.zip": ("/root.png", lambda: zipped(photos(**{"/root.png": png()}))),
    "drive.zip": ("C:", lambda: zipped(photos(**{"C:/x.png": png()}))),
    "link.zip": ("link", linked),
    "secret.zip": ("password", encrypted),
    "no_image.zip": ("notes.txt", lambda: zipped(photos(**{"a/notes.txt": b"hello"}))),
    "cut_image.zip": ("a/bad.png", lambda: zipped(photos(**{"a/bad.png": png((60, 60))[:60]}))),
    "wide_image.zip": ("pixels", lambda: zipped(photos(**{"a/wide.png": wide_png()}))),
    "one_folder.zip": ("2 to 100 classes", lambda: zipped({f"a/{n}.png": png() for n in range(12)})),
    "no_folder.zip": ("outside any folder", lambda: zipped({f"{n}.png": png() for n in range(12)})),
    "sheet.xlsx": ("save the sheet", lambda: zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})),
    "empty.zip": ("empty archive", lambda: zipped({})),
    "not_a.zip": ("zip", lambda: b"PK\3\4" + bytes(100)),
}
