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

MAX_BYTES = 200 * 2**20  # after decompression
UBYTE = 8


def read_idx(data: bytes) -> np.ndarray:
    """The array in an IDX file of unsigned bytes, packed with gzip or not.

    Raises: InvalidExperiment if the file is cut, too large or something else, whatever its header says.
    """
    raw = decompress(data) if data[:2] == b"\x1f\x8b" else data
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] != UBYTE or not 1 <= raw[3] <= 4:
        raise explain_damaged_file(Message("an IDX file of unsigned bytes"), Message("another file"))
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise explain_damaged_file(Message("an IDX file with a whole header"), Message("{n} bytes", n=len(raw)))
    shape = struct.unpack(f">{raw[3]}I", raw[4:start])
    # Python's integers do not overflow, whatever sizes the header claims
    if math.prod(shape) != len(raw) - start:
        raise explain_damaged_file(Message("{n} values, as the IDX header says", n=math.prod(shape)), len(raw) - start)
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def decompress(data: bytes) -> bytes:
    """The content of a gzip file. Raises: InvalidExperiment if it is cut, damaged or larger than `MAX_BYTES`."""
    unpress = zlib.decompressobj(16 + zlib.MAX_WBITS)  # + 16: zlib expects the header of gzip
    try:
        raw = unpress.decompress(data, MAX_BYTES + 1)  # gzip packs up to a thousand to one
    except zlib.error as error:
        raise explain_damaged_file(Message("a whole gzip file"), Message("a damaged one")) from error
    if len(raw) > MAX_BYTES:
        raise explain_damaged_file(Message("at most {n} bytes", n=MAX_BYTES), Message("more"))
    if not unpress.eof:
        raise explain_damaged_file(Message("a whole gzip file"), Message("a part of one"))
    return raw


def explain_damaged_file(expected: Message, received: Received) -> InvalidExperiment:
    return InvalidExperiment("$.data", expected, received)
