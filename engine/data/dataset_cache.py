"""A cache of loaded data sets, bounded in bytes, that pages and runs of one process share."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from engine.examples import Examples
from engine.parts.datasets import Dataset

MAX_BYTES = 512 * 2**20


class DatasetCache:
    """Examples by data set and seed, least recently used out first; the newest stays however large it is.

    `limit` is in bytes. Calls may come from several threads.
    """

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self.limit = limit
        self.entries: OrderedDict[tuple[Dataset, int], Examples] = OrderedDict()
        self.lock = Lock()

    def __call__(self, data: Dataset, seed: int) -> Examples:
        """Load the examples of a data set, or find them here. Raises: InvalidExperiment if they cannot be loaded."""
        with self.lock:
            if found := self.entries.get((data, seed)):
                self.entries.move_to_end((data, seed))
                return found
        loaded = data.load(seed)  # without the lock: a slow file keeps nobody else waiting; twice is only work twice
        with self.lock:
            self.entries[data, seed] = loaded
            while len(self.entries) > 1 and sum(map(count_bytes, self.entries.values())) > self.limit:
                self.entries.popitem(last=False)
        return loaded

    def cache_clear(self) -> None:
        """Forget everything; named as in `functools.lru_cache`."""
        with self.lock:
            self.entries.clear()


def count_bytes(examples: Examples) -> int:
    """Count the bytes of inputs and targets."""
    return examples.x.nbytes + examples.y.nbytes
