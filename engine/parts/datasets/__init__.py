"""Data sets: what there is to learn."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from engine.catalogue.part import Part
from engine.downloads.fetch import RemoteFile
from engine.examples import Examples, Task


class Dataset(Part, family="datasets", position=0):
    """A data set.

    `remote`: the files that are fetched before it can be loaded for the first time. `is_own`: its examples are the
    user's, drawn or uploaded.
    """

    is_own: ClassVar[bool] = False
    remote: ClassVar[tuple[RemoteFile, ...]] = ()

    @property
    def stated_task(self) -> Task | None:
        """The task that the user chose for these examples; None where it is known only once they are loaded."""
        return None

    @abstractmethod
    def load(self, seed: int) -> Examples:
        """The examples; the same seed gives the same ones.

        Raises: InvalidExperiment if files are needed that cannot be had.
        """

    def bulk(self) -> int:
        """Bytes of the inputs where these may be many, known before they are loaded."""
        return 0
