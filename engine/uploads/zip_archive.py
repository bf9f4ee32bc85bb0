"""Zip archives: the sizes they claim are checked before anything is unpacked, and nothing is unpacked to the disk."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator

from engine.message import Message
from engine.uploads.refusal import refusal
from engine.uploads.schema import one_line

ENTRIES = 1000  # files in an archive at most
LARGEST = 200 * 2**20  # bytes after unpacking
RATIO = 100  # of unpacking at most; 1 MiB of a zip bomb became 1 GiB
SMALL = 1 << 20  # bytes: a small entry of equal values may be packed more tightly
IGNORED = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def read_entries(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Read name and content of every file in an archive, one at a time.

    Raises: InvalidExperiment if it is damaged, too large when unpacked, or holds names that lead elsewhere.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = [info for info in archive.infolist() if is_user_file(info)]
            expect_bounds(infos, len(archive.infolist()), len(raw))
            names = [info.filename for info in infos]
            if len(set(names)) < len(names):
                raise refusal(
                    Message("a different name for every file in the archive"), Message("one that comes twice")
                )
            for info in infos:
                with archive.open(info) as member:
                    content = member.read(info.file_size + 1)  # one byte more: a size that is understated shows
                if len(content) != info.file_size:
                    raise refusal(Message("a whole zip archive"), Message("one whose sizes are not true"))
                yield info.filename, content
    except DAMAGED as error:
        raise refusal(Message("a whole zip archive"), Message("a damaged one")) from error


def is_user_file(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is a file that a person put there. Raises: InvalidExperiment for what no archive should hold."""
    path = info.filename.replace("\\", "/")
    pieces = path.split("/")
    if path.startswith("/") or ".." in pieces or ":" in pieces[0] or "\0" in info.orig_filename:
        raise refusal(Message("names inside the archive"), one_line(info.filename, 40))
    if stat.S_ISLNK(info.external_attr >> 16):
        raise refusal(Message("files"), Message("a link, {name}", name=one_line(info.filename, 40)))
    if info.flag_bits & 1:
        raise refusal(Message("an archive without a password"), Message("an encrypted one"))
    return not info.is_dir() and not any(piece in IGNORED or piece.startswith("._") for piece in pieces)


def expect_bounds(infos: list[zipfile.ZipInfo], count: int, packed: int) -> None:
    """Refuse archives of too many files, too many bytes, or packed too tightly; `packed` is the archive's size. Raises:
    InvalidExperiment."""
    if count > ENTRIES:
        raise refusal(Message("at most {n} files in the archive", n=ENTRIES), count)
    size = sum(info.file_size for info in infos)
    if size > LARGEST:
        raise refusal(Message("at most {n} bytes", n=LARGEST), Message("more"))
    tight = any(info.file_size > max(SMALL, RATIO * info.compress_size) for info in infos)
    if tight or size > max(SMALL, RATIO * packed):
        raise refusal(Message("an archive packed at most {n} times", n=RATIO), Message("one packed more tightly"))
