"""Preloaded by the fork server: everything a worker needs is imported and has been used once.

Building any torch optimizer imports `torch._dynamo` (over a second); a first step loads the rest. Workers inherit all
of it, so that a run takes its first step some 10 ms after it was asked for. The fork server must stay single-threaded
and must not touch CUDA: a child could not use it then.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable

import torch
import torch._dynamo
from torch import nn

import engine.runtime.attempt

GPU = torch.version.cuda is not None and any(map(os.path.exists, ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")))


def _step(make: Callable[..., torch.optim.Optimizer]) -> None:
    """One throw-away step; beside a GPU without `backward`, whose threads would call on CUDA."""
    front = (nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))
    network = nn.Sequential(*front, nn.Flatten(), nn.Dropout(0.1), nn.Linear(18, 3))
    fused = {} if make is torch.optim.RMSprop else {"fused": True}
    optimizer = make(network.parameters(), lr=0.01, **fused)
    logits = network(torch.randn(4, 1, 8, 8))  # (batch, classes)
    loss = nn.functional.cross_entropy(logits, torch.zeros(4, dtype=torch.long))
    if not GPU:
        loss.backward()  # type: ignore[no-untyped-call]
    else:
        for weight in network.parameters():
            weight.grad = torch.zeros_like(weight)
    optimizer.step()


def _warm() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    state = torch.get_rng_state()
    optim = torch.optim
    for make in (optim.SGD, optim.Adagrad, optim.Adam, optim.AdamW, optim.RMSprop):
        _step(make)
    if not GPU:
        engine.runtime.attempt.rehearse()
    torch.set_rng_state(state)
    gc.collect()
    gc.freeze()  # collections in the workers leave the shared pages alone


_warm()
