"""A zip of images, one folder a class. Images of other sizes are center-cropped and scaled to a common one."""

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
from engine.uploads.corrections import NO_CORRECTIONS, Corrections
from engine.uploads.notes import note
from engine.uploads.pixel_range import BYTE, PixelRange, choose_size, infer_pixel_range, note_pixel_range
from engine.uploads.refusal import refusal
from engine.uploads.schema import MAX_LEVELS, MIN_EXAMPLES, UploadNote, UploadSchema, one_line
from engine.uploads.table import ParsedUpload
from engine.uploads.zip_archive import read_entries

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MAX_PIXELS = 4096 * 4096  # of one image
SIXTEEN_BIT_MODES = {"I", "I;16", "I;16B", "I;16L"}
SPLIT_FOLDER = re.compile(
    r"(train|training|test|testing|val|valid|validation|dev|eval|holdout|entrenamiento|prueba|validaci[oó]n)"
    r"([ _-]?(set|data|images|split))?\d*",
    re.IGNORECASE,
)
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, Warning)


def read_image_zip(name: str, raw: bytes, corrections: Corrections = NO_CORRECTIONS) -> ParsedUpload:
    """Read the images in a zip archive. Raises: InvalidExperiment if there is none, or if one is not an image."""
    content: dict[str, bytes] = dict(read_entries(raw))
    if not content:
        raise refusal(Message("a zip of images, one folder a class"), Message("an empty archive"))
    labels, notes = assign_classes(list(content))
    classes = sorted(set(labels))
    if not 2 <= len(classes) <= MAX_LEVELS:
        raise refusal(Message("{n} to {m} classes", n=2, m=MAX_LEVELS), len(classes))
    if len(content) < MIN_EXAMPLES:
        raise refusal(Message("at least {n} images", n=MIN_EXAMPLES), len(content))
    return stack_images(name, content, [classes.index(label) for label in labels], classes, corrections, notes)


def assign_classes(paths: list[str]) -> tuple[list[str], list[UploadNote]]:
    """Assign a class to each image, with a note where folders are parts of the data (train, test …).

    The class is the folder that an image is in, or the one above where all folders are such parts, as in class/train.
    Raises: InvalidExperiment for other trees.
    """
    folders = [PurePosixPath(path.replace("\\", "/")).parent.parts for path in paths]
    outside = next((path for path, parts in zip(paths, folders, strict=True) if not parts), None)
    if outside is not None:
        raise refusal(
            Message("a zip of images, one folder a class"),
            Message("{name} outside any folder", name=one_line(outside, 40)),
        )
    last = {parts[-1] for parts in folders}
    if len(last) > 1 and all(map(SPLIT_FOLDER.fullmatch, last)):
        above = {parts[-2] if len(parts) > 1 else "" for parts in folders}
        if len(above) < 2 or "" in above:
            raise refusal(
                Message("a zip of images, one folder a class"),
                Message("{names} alone", names=one_line(", ".join(sorted(last)), 40)),
            )
        return [parts[-2] for parts in folders], [note_splits(last)]
    above = {parts[-2] if len(parts) > 1 else "" for parts in folders}
    split = len(above) > 1 and all(map(SPLIT_FOLDER.fullmatch, above))
    return [parts[-1] for parts in folders], [note_splits(above)] if split else []


def note_splits(names: set[str]) -> UploadNote:
    """Note that parts of the data are put together."""
    return note("splits", names=one_line(", ".join(sorted(names))))


def stack_images(
    name: str,
    content: dict[str, bytes],
    labels: list[int],
    classes: list[str],
    corrections: Corrections,
    notes: list[UploadNote],
) -> ParsedUpload:
    """Stack all images in one size: gray if every one is, else in color; with 16 bits where all have as many."""
    sizes, modes = [], set()
    # decoded twice, one at a time: in full size all of them might not fit into the sandbox together
    for image in decode_images(content):
        sizes.append(image.size)
        modes.add(image.mode)
    size, gray, deep = choose_size(sizes), modes <= {"1", "L", "LA", *SIXTEEN_BIT_MODES}, modes <= SIXTEEN_BIT_MODES
    images = np.stack(
        [
            to_16bit_pixels(image, size) if deep else to_8bit_pixels(image, size, gray)
            for image in decode_images(content)
        ]
    )
    scale = infer_pixel_range(images, corrections.white) if deep or corrections.white else PixelRange(0.0, BYTE, True)
    notes += note_pixel_range(images, scale)
    schema = UploadSchema(
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
    return schema, {"images": images, "labels": np.array(labels, np.int32)}


def decode_images(content: dict[str, bytes]) -> Iterator[Image.Image]:
    """Decode the images one at a time. Raises: InvalidExperiment for one that is damaged, too large or of no image."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    for path, data in content.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                image = Image.open(io.BytesIO(data), formats=FORMATS)  # its header alone: nothing is unpacked yet
                if image.width * image.height > MAX_PIXELS:
                    raise refusal(
                        Message("images of at most {n} pixels", n=MAX_PIXELS),
                        Message("{a} × {b}", a=image.width, b=image.height),
                    )
                expect_eight_bits(data, path)
                image.load()
        except Image.DecompressionBombError as error:
            raise refusal(Message("images of at most {n} pixels", n=MAX_PIXELS), Message("a larger one")) from error
        except DAMAGED as error:
            raise refusal(Message("whole images (PNG, JPEG, BMP, GIF, WebP)"), one_line(path, 40)) from error
        yield apply_exif_rotation(image)


def expect_eight_bits(data: bytes, path: str) -> None:
    """Refuse color of 16 bits a channel, of which Pillow would keep the upper 8 alone. Raises: InvalidExperiment."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[24:25] == b"\x10" and data[25:26] not in (b"\0", b""):
        raise refusal(Message("color images of 8 bits a channel"), Message("16 bits, {name}", name=one_line(path, 40)))


def apply_exif_rotation(image: Image.Image) -> Image.Image:
    """Turn an image as its EXIF data say; it stays as it is where they make no sense."""
    try:
        return ImageOps.exif_transpose(image)
    except (*DAMAGED, struct.error):
        return image


def to_16bit_pixels(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Fit an image of 16 bits to a size (width, height), (1, height, width) uint16."""
    if image.size == size:
        return np.asarray(image).astype(np.uint16)[None]
    fitted = ImageOps.fit(Image.fromarray(np.asarray(image, np.float32)), size, Image.Resampling.BOX)
    pixels: np.ndarray = np.rint(np.asarray(fitted)).clip(0, 65535).astype(np.uint16)[None]
    return pixels


def to_8bit_pixels(image: Image.Image, size: tuple[int, int], gray: bool) -> np.ndarray:
    """Fit an image to a size (width, height), (1 or 3, height, width) uint8; one of 16 bits among others has the full
    range."""
    if image.mode in SIXTEEN_BIT_MODES:
        image = Image.fromarray((np.asarray(image, np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        background = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(background, image.convert("RGBA"))
    image = image.convert("L" if gray else "RGB")
    if image.size != size:
        image = ImageOps.fit(image, size, Image.Resampling.BOX)
    pixels = np.asarray(image, np.uint8)  # (height, width[, 3])
    return pixels[None] if gray else np.ascontiguousarray(pixels.transpose(2, 0, 1))
