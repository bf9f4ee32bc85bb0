from __future__ import annotations

from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.downloads.fetch import RemoteFile, fetch
from engine.downloads.idx import read_idx
from engine.downloads.image_examples import make_image_examples
from engine.examples import Examples
from engine.parts.datasets import Dataset

ADDRESS = "https://ossci-datasets.s3.amazonaws.com/mnist"


class MNIST(Dataset):
    """MNIST: handwritten digits of 28 × 28 pixels, ten classes, values scaled to 0…1.

    The first use fetches 10 MB into the store's folder; their checksum is verified at every use. The files are read by
    a reader of the playground's own, so torchvision, which many use for this, is not needed.

    Use: The classic of image recognition, for LeNet and its kin.

    Trouble: So easy that a linear classifier gets 92 %: what helps here may not help elsewhere.

    Shape: image (1, 28, 28), vector (784,).

    Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998.
    """

    rank: ClassVar[int] = 20
    remote: ClassVar[tuple[RemoteFile, ...]] = (
        RemoteFile("mnist", f"{ADDRESS}/train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        RemoteFile("mnist", f"{ADDRESS}/train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
    )
    kind: Literal["mnist"] = "mnist"
    samples: int = hparam(6000, "How many of the 60 000 images, drawn by the seed.", ge=20, le=60_000, log=True)
    layout: Literal["image", "vector"] = hparam("vector", "Images for convolutions, vectors for dense layers.")

    def bulk(self) -> int:
        return 4 * 28 * 28 * self.samples

    def load(self, seed: int) -> Examples:
        images, labels = (read_idx(fetch(remote)) for remote in self.remote)
        return make_image_examples(images[:, None], labels, tuple("0123456789"), self.layout, self.samples, seed)
