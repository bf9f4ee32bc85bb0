"""Floating-point operations of a network."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.network.build import Network
from engine.parts.blocks import Shape


def count_forward_flops(network: Network, in_shape: Shape) -> int:
    """Count the floating-point operations (FLOPs) of the matrix products and convolutions for one example.

    A multiplication is one and an addition is one, so a product of an n-vector with a matrix of m columns has 2nm.
    """
    # On the meta device recurrent blocks and attention are single products; elsewhere torch has kernels for the whole
    # of them, which the counter does not see into.
    counter = FlopCounterMode(display=False)
    meta = copy_to_meta(network).eval()
    with counter, torch.no_grad():
        meta(torch.zeros(1, *in_shape, device="meta"))
    return int(counter.get_total_flops())


def copy_to_meta(network: Network) -> Network:
    """Copy a network to the meta device: its shapes without its numbers."""
    # deepcopy takes what `memo` has for an object's id instead of copying it, so that no number is copied first
    memo: dict[int, Any] = {}
    for parameter in network.parameters():
        memo[id(parameter)] = nn.Parameter(torch.empty_like(parameter, device="meta"))
    for buffer in network.buffers():
        memo[id(buffer)] = torch.empty_like(buffer, device="meta")
    return copy.deepcopy(network, memo)
