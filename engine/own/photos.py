"""A zip of images, one folder a class. Those of other sizes are cut to the middle and scaled to the size of all."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageOps

from engine.own.about import LEAST, LEVELS, About, one_line
from engine.own.archive import entries
from engine.own.corrections import NOTHING, Corrections
from engine.own.pixels import size_for
from engine.own.refusal import refusal
from engine.own.table import Found

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
PIXELS = 4096 * 4096
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, Warning)


def read_photos(name: str, raw: bytes, corrections: Corrections = NOTHING) -> Found:
    """The images in a zip archive. Raises: InvalidExperiment if there is none, or if one is not an image."""
    content: dict[str, bytes] = dict(entries(raw))
    if "[Content_Types].xml" in content:
        raise refusal("a zip of images, one folder a class", "an office document", "save the sheet as CSV")
    if not content:
        raise refusal("a zip of images, one folder a class", "an empty archive")
    folders = {path: PurePosixPath(path.replace("\\", "/")).parent.name for path in content}
    outside = next((path for path, folder in folders.items() if not folder), None)
    if outside is not None:
        raise refusal("a zip of images, one folder a class", f"{one_line(outside, 40)} outside any folder")
    classes = sorted(set(folders.values()))
    if not 2 <= len(classes) <= LEVELS:
        raise refusal(f"2 to {LEVELS} classes", f"{len(classes)}")
    if len(content) < LEAST:
        raise refusal(f"at least {LEAST} images", f"{len(content)}")
    return kept(name, content, [classes.index(folders[path]) for path in content], classes)


def kept(name: str, content: dict[str, bytes], labels: list[int], classes: list[str]) -> Found:
    """All images in one size: gray if every one is, else in color."""
    sizes, gray = [], True
    for image in opened(content):
        sizes.append(image.size)
        gray = gray and image.mode in ("1", "L", "I", "I;16", "LA")
    side = size_for(sizes)
    images = np.stack([pixels(image, side, gray) for image in opened(content)])
    shape = (images.shape[1], images.shape[2], images.shape[3])
    names = tuple(one_line(text, 40) for text in classes)
    counts = tuple(int(count) for count in np.bincount(labels))
    about = About(name=name, sort="images", rows=len(images), classes=names, counts=counts, shape=shape)
    facts = about.model_copy(update={"sizes": len(set(sizes))})
    return facts, {"images": images, "labels": np.array(labels, np.int32)}


def opened(content: dict[str, bytes]) -> Iterator[Image.Image]:
    """Every image, decoded one at a time."""
    Image.MAX_IMAGE_PIXELS = PIXELS
    for path, data in content.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                image = Image.open(io.BytesIO(data), formats=FORMATS)
                if image.width * image.height > PIXELS:
                    raise refusal(f"images of at most {PIXELS} pixels", f"{image.width} × {image.height}")
                image.load()
        except Image.DecompressionBombError as error:
            raise refusal(f"images of at most {PIXELS} pixels", "a larger one") from error
        except DAMAGED as error:
            raise refusal("whole images (PNG, JPEG, BMP, GIF, WebP)", one_line(path, 40)) from error
        yield upright(image)


def upright(image: Image.Image) -> Image.Image:
    """The image turned as its EXIF data says; as it is where they make no sense."""
    try:
        return ImageOps.exif_transpose(image)
    except (*DAMAGED, struct.error):
        return image


def pixels(image: Image.Image, size: tuple[int, int], gray: bool) -> np.ndarray:
    """One image as bytes (channels, height, width)."""
    if image.mode in ("I", "I;16"):
        image = Image.fromarray((np.asarray(image, np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if "A" in image.mode or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    image = image.convert("L" if gray else "RGB")
    if image.size != size:
        image = ImageOps.fit(image, size, Image.Resampling.BOX)
    found = np.asarray(image, np.uint8)
    return found[None] if gray else np.ascontiguousarray(found.transpose(2, 0, 1))
