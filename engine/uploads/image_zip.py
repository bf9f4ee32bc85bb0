"""A zip of images, one folder a class. Those of other sizes are cut to the middle and scaled to the size of all."""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps

from engine.message import Message
from engine.uploads.corrections import NOTHING, Corrections
from engine.uploads.notes import note
from engine.uploads.pixel_range import BYTE, Scale, scale_notes, scale_of, size_for
from engine.uploads.refusal import refusal
from engine.uploads.schema import LEAST, LEVELS, About, Note, one_line
from engine.uploads.table import Found
from engine.uploads.zip_archive import entries

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
PIXELS = 4096 * 4096
DEEP = {"I", "I;16", "I;16B", "I;16L"}
SPLIT = re.compile(
    r"(train|training|test|testing|val|valid|validation|dev|eval|holdout|entrenamiento|prueba|validaci[oó]n)"
    r"([ _-]?(set|data|images|split))?\d*",
    re.IGNORECASE,
)
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, Warning)


def read_photos(name: str, raw: bytes, corrections: Corrections = NOTHING) -> Found:
    """The images in a zip archive. Raises: InvalidExperiment if there is none, or if one is not an image."""
    content: dict[str, bytes] = dict(entries(raw))
    if not content:
        raise refusal(Message("a zip of images, one folder a class"), Message("an empty archive"))
    labels, notes = labelled(list(content))
    classes = sorted(set(labels))
    if not 2 <= len(classes) <= LEVELS:
        raise refusal(Message("{n} to {m} classes", n=2, m=LEVELS), len(classes))
    if len(content) < LEAST:
        raise refusal(Message("at least {n} images", n=LEAST), len(content))
    return kept(name, content, [classes.index(label) for label in labels], classes, corrections, notes)


def labelled(paths: list[str]) -> tuple[list[str], list[Note]]:
    """The class of each image: the folder that it is in, or the one above where all folders are parts of the data
    (train, test …), as in class/train; and a note on such parts. Raises: InvalidExperiment for other trees."""
    folders = [PurePosixPath(path.replace("\\", "/")).parent.parts for path in paths]
    outside = next((path for path, parts in zip(paths, folders, strict=True) if not parts), None)
    if outside is not None:
        raise refusal(
            Message("a zip of images, one folder a class"),
            Message("{name} outside any folder", name=one_line(outside, 40)),
        )
    last = {parts[-1] for parts in folders}
    if len(last) > 1 and all(map(SPLIT.fullmatch, last)):
        above = {parts[-2] if len(parts) > 1 else "" for parts in folders}
        if len(above) < 2 or "" in above:
            raise refusal(
                Message("a zip of images, one folder a class"),
                Message("{names} alone", names=one_line(", ".join(sorted(last)), 40)),
            )
        return [parts[-2] for parts in folders], [splits_note(last)]
    above = {parts[-2] if len(parts) > 1 else "" for parts in folders}
    split = len(above) > 1 and all(map(SPLIT.fullmatch, above))
    return [parts[-1] for parts in folders], [splits_note(above)] if split else []


def splits_note(names: set[str]) -> Note:
    """That parts of the data are put together."""
    return note("splits", names=one_line(", ".join(sorted(names))))


def kept(
    name: str,
    content: dict[str, bytes],
    labels: list[int],
    classes: list[str],
    corrections: Corrections,
    notes: list[Note],
) -> Found:
    """All images in one size: gray if every one is, else in color; with 16 bits where all have as many."""
    sizes, modes = [], set()
    for image in opened(content):
        sizes.append(image.size)
        modes.add(image.mode)
    side, gray, deep = size_for(sizes), modes <= {"1", "L", "LA", *DEEP}, modes <= DEEP
    images = np.stack([deep_pixels(image, side) if deep else pixels(image, side, gray) for image in opened(content)])
    scale = scale_of(images, corrections.white) if deep or corrections.white else Scale(0.0, BYTE, True)
    notes += scale_notes(images, scale)
    about = About(
        name=name,
        sort="images",
        rows=len(images),
        classes=tuple(one_line(text, 40) for text in classes),
        counts=tuple(int(count) for count in np.bincount(labels)),
        shape=(images.shape[1], images.shape[2], images.shape[3]),
        sizes=len(set(sizes)),
        black=scale.black,
        white=scale.white,
        notes=tuple(notes),
        corrections=corrections,
    )
    return about, {"images": images, "labels": np.array(labels, np.int32)}


def opened(content: dict[str, bytes]) -> Iterator[Image.Image]:
    """Every image, decoded one at a time."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    for path, data in content.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                image = Image.open(io.BytesIO(data), formats=FORMATS)
                if image.width * image.height > PIXELS:
                    raise refusal(
                        Message("images of at most {n} pixels", n=PIXELS),
                        Message("{a} × {b}", a=image.width, b=image.height),
                    )
                expect_eight_bits(data, path)
                image.load()
        except Image.DecompressionBombError as error:
            raise refusal(Message("images of at most {n} pixels", n=PIXELS), Message("a larger one")) from error
        except DAMAGED as error:
            raise refusal(Message("whole images (PNG, JPEG, BMP, GIF, WebP)"), one_line(path, 40)) from error
        yield upright(image)


def expect_eight_bits(data: bytes, path: str) -> None:
    """Refuses color of 16 bits a channel, of which Pillow would keep the upper 8 alone."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[24:25] == b"\x10" and data[25:26] not in (b"\0", b""):
        raise refusal(Message("color images of 8 bits a channel"), Message("16 bits, {name}", name=one_line(path, 40)))


def upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF data says; as it is where they make no sense."""
    try:
        return ImageOps.exif_transpose(image)
    except (*DAMAGED, struct.error):
        return image


def deep_pixels(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """One image of 16 bits (channels, height, width)."""
    if image.size == size:
        return np.asarray(image).astype(np.uint16)[None]
    fitted = ImageOps.fit(Image.fromarray(np.asarray(image, np.float32)), size, Image.Resampling.BOX)
    found: np.ndarray = np.rint(np.asarray(fitted)).clip(0, 65535).astype(np.uint16)[None]
    return found


def pixels(image: Image.Image, size: tuple[int, int], gray: bool) -> np.ndarray:
    """One image as bytes (channels, height, width); one of 16 bits among others has the full range."""
    if image.mode in DEEP:
        image = Image.fromarray((np.asarray(image, np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    image = image.convert("L" if gray else "RGB")
    if image.size != size:
        image = ImageOps.fit(image, size, Image.Resampling.BOX)
    found = np.asarray(image, np.uint8)
    return found[None] if gray else np.ascontiguousarray(found.transpose(2, 0, 1))
