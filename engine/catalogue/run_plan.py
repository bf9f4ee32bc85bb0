"""Run plan: the facts known before a run trains, from which parts derive their cautions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.message import Message


@dataclass(frozen=True)
class RunPlan:
    """Length of a run in optimizer steps and in whole epochs, and the inputs of the part.

    `inputs`: each split after preprocessing, (examples, *in_shape), for the block that takes them; none for any other
    part. `vocabulary_size`: number of words where inputs are token ids, else 0.
    """

    steps: int
    epochs: int
    inputs: tuple[np.ndarray, ...] = ()
    vocabulary_size: int = 0


class FieldCaution(NamedTuple):
    """A field that has no effect, or another one than it seems, and why; "" is the whole part."""

    field: str
    text: Message
