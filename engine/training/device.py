"""Where a run is computed."""

from __future__ import annotations

import torch

from engine.errors import InvalidExperiment
from engine.message import Message


def pick_device(wish: str) -> torch.device:
    """`auto` is the GPU if there is one. Raises: InvalidExperiment if a GPU is wished for and there is none."""
    has_gpu = wish != "cpu" and torch.cuda.is_available()
    if wish == "cuda" and not has_gpu:
        raise InvalidExperiment(
            "$.device", Message("a device that this machine has"), "'cuda'", Message("take auto or cpu")
        )
    return torch.device("cuda:0" if has_gpu else "cpu")
