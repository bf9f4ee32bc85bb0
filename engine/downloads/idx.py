"""IDX: the format of MNIST, a short header and bytes.

Two zero bytes, the type (8: unsigned bytes), the number of dimensions, each dimension as a big-endian uint32, then the
values.

Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998.
"""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np

from engine.errors import InvalidExperiment, Received
from engine.message import Message

LARGEST = 200 * 2**20  # bytes after unpacking
UBYTE = 8


def read_idx(data: bytes) -> np.ndarray:
    """The array in an IDX file of unsigned bytes, packed with gzip or not.

    Raises: InvalidExperiment if the file is cut, too large or something else, whatever its header says.
    """
    raw = decompress(data) if data[:2] == b"\x1f\x8b" else data
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] != UBYTE or not 1 <= raw[3] <= 4:
        raise damaged_file(Message("an IDX file of unsigned bytes"), Message("another file"))
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise damaged_file(Message("an IDX file with a whole header"), Message("{n} bytes", n=len(raw)))
    shape = struct.unpack(f">{raw[3]}I", raw[4:start])
    if math.prod(shape) != len(raw) - start:
        raise damaged_file(Message("{n} values, as the IDX header says", n=math.prod(shape)), len(raw) - start)
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def decompress(data: bytes) -> bytes:
    """A gzip file's content, which must end where the file ends."""
    unpress = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        raw = unpress.decompress(data, LARGEST + 1)
    except zlib.error as error:
        raise damaged_file(Message("a whole gzip file"), Message("a damaged one")) from error
    if len(raw) > LARGEST:
        raise damaged_file(Message("at most {n} bytes", n=LARGEST), Message("more"))
    if not unpress.eof:
        raise damaged_file(Message("a whole gzip file"), Message("a part of one"))
    return raw


def damaged_file(expected: Message, received: Received) -> InvalidExperiment:
    """What is said of a file that is not what it should be."""
    return InvalidExperiment("$.data", expected, received)
