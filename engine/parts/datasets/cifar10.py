from __future__ import annotations

from typing import ClassVar, Literal

from engine.catalogue.part import hparam
from engine.downloads.cifar import read_cifar
from engine.downloads.fetch import RemoteFile, fetch
from engine.downloads.image_examples import make_image_examples
from engine.examples import Examples
from engine.parts.datasets import Dataset

ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class CIFAR10(Dataset):
    """CIFAR-10: color photographs of 32 × 32 pixels, ten classes of animals and vehicles, values scaled to 0…1.

    The first use fetches 170 MB into the store's folder; their checksum is verified at every use. This is the binary
    version, read by a reader of the playground's own: torchvision's is a pickle, which could run code.

    Use: Color photographs: convolutions, normalization, augmentation.

    Trouble: Dense networks stay near one half; on a CPU take few images and few filters.

    Shape: image (3, 32, 32), vector (3072,).

    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    """

    rank: ClassVar[int] = 22
    remote: ClassVar[tuple[RemoteFile, ...]] = (
        RemoteFile("cifar10", ADDRESS, 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"),
    )
    kind: Literal["cifar10"] = "cifar10"
    samples: int = hparam(5000, "How many of the 50 000 images, drawn by the seed.", ge=20, le=50_000, log=True)
    layout: Literal["image", "vector"] = hparam("image", "Images for convolutions, vectors for dense layers.")

    def bulk(self) -> int:
        return 4 * 3 * 32 * 32 * self.samples

    def load(self, seed: int) -> Examples:
        images, labels = read_cifar(fetch(self.remote[0]))
        return make_image_examples(images, labels, NAMES, self.layout, self.samples, seed)
