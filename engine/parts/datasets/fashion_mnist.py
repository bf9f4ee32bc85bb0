from __future__ import annotations

from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.downloads.fetch import RemoteFile, fetch
from engine.downloads.idx import read_idx
from engine.downloads.image_examples import make_image_examples
from engine.examples import Examples
from engine.parts.datasets import Dataset

ADDRESS = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion"
NAMES = ("t-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


class FashionMNIST(Dataset):
    """Fashion-MNIST: photographs of clothes, 28 × 28 gray pixels, ten classes, values scaled to 0…1.

    As large as MNIST and in the same format, but harder: a linear classifier gets about 84 % right instead of 92 %.
    The first use fetches 26 MB into the store's folder; their checksum is verified at every use.

    Use: In place of MNIST when every network gets that right.

    Trouble: Shirts, coats and pullovers look alike: 90 % is good, 95 % hard.

    Shape: image (1, 28, 28), vector (784,).

    Source: Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking, 2017.
    """

    rank: ClassVar[int] = 21
    remote: ClassVar[tuple[RemoteFile, ...]] = (
        RemoteFile(
            "fashion_mnist", f"{ADDRESS}/train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"
        ),
        RemoteFile(
            "fashion_mnist", f"{ADDRESS}/train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"
        ),
    )
    kind: Literal["fashion_mnist"] = "fashion_mnist"
    samples: int = hparam(6000, "How many of the 60 000 images, drawn by the seed.", ge=20, le=60_000, log=True)
    layout: Literal["image", "vector"] = hparam("vector", "Images for convolutions, vectors for dense layers.")

    def bulk(self) -> int:
        return 4 * 28 * 28 * self.samples

    def load(self, seed: int) -> Examples:
        images, labels = (read_idx(fetch(remote)) for remote in self.remote)
        return make_image_examples(images[:, None], labels, NAMES, self.layout, self.samples, seed)
