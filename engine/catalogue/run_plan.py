"""What is known of a run before it trains, as far as a part may want to warn of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.message import Message


@dataclass(frozen=True)
class RunPlan:
    """How long a run is, in optimizer steps and in whole epochs, and what the part takes in.

    `inputs`: each split after preprocessing, (examples, *in_shape), for the block that takes them; none for any other
    part. `vocabulary_size`: how many words there are where inputs are token ids, else 0.
    """

    steps: int
    epochs: int
    inputs: tuple[np.ndarray, ...] = ()
    vocabulary_size: int = 0


class FieldCaution(NamedTuple):
    """A field that does nothing, or not what it seems to, and why; "" stands for the whole part."""

    field: str
    text: Message
