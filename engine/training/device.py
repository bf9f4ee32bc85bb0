"""The device of a run."""

from __future__ import annotations

import torch

from engine.errors import InvalidExperiment
from engine.message import Message


def pick_device(wish: str) -> torch.device:
    """The device for `cpu`, `cuda` or `auto`: the GPU if there is one. Raises: InvalidExperiment for a missing GPU."""
    has_gpu = wish != "cpu" and torch.cuda.is_available()
    if wish == "cuda" and not has_gpu:
        raise InvalidExperiment(
            "$.device", Message("a device that this machine has"), "'cuda'", Message("take auto or cpu")
        )
    return torch.device("cuda:0" if has_gpu else "cpu")
