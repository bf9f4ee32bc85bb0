"""The examples that were asked for last, so that no page and no run loads them twice in a row."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from engine.examples import Examples
from engine.parts.datasets import Dataset

KEPT_BYTES = 512 * 2**20


class DatasetCache:
    """Examples by data set and seed: as many as fit into half a gigabyte, the newest in any case."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self.limit = limit
        self.kept: OrderedDict[tuple[Dataset, int], Examples] = OrderedDict()
        self.lock = Lock()

    def __call__(self, data: Dataset, seed: int) -> Examples:
        """The examples of a data set. Raises: InvalidExperiment if they cannot be loaded."""
        with self.lock:
            if found := self.kept.get((data, seed)):
                self.kept.move_to_end((data, seed))
                return found
        loaded = data.load(seed)
        with self.lock:
            self.kept[data, seed] = loaded
            while len(self.kept) > 1 and sum(map(size, self.kept.values())) > self.limit:
                self.kept.popitem(last=False)
        return loaded

    def cache_clear(self) -> None:
        """Forgets all."""
        with self.lock:
            self.kept.clear()


def size(examples: Examples) -> int:
    """Bytes of inputs and targets."""
    return examples.x.nbytes + examples.y.nbytes
