"""Euclidean lengths that neither overflow nor vanish: ‖w‖₂ is right wherever it is a float32 itself, though w² is not.

The plain sum of squares in float32 is kept wherever it is sound, bit for bit; elsewhere it is taken in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

SHORTEST = 1e-17  # under it squares may have been lost: the smallest normal float32 is 1.2e-38


def sound(plain: Tensor) -> Tensor:
    """Where lengths from float32 squares can be believed."""
    return (plain > SHORTEST) & (plain < math.inf)


def lengths(tensors: Sequence[Tensor]) -> Tensor:
    """‖t‖₂ of each, (tensors,)."""
    plain = torch.stack(torch._foreach_norm(list(tensors)))
    if plain.is_cuda:  # to ask would be to wait
        wide = torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors])
        return torch.where(sound(plain), plain, wide.to(plain.dtype))
    for place in (~sound(plain)).nonzero()[:, 0].tolist():
        plain[place] = torch.linalg.vector_norm(tensors[place], dtype=torch.float64)
    return plain


def squares(tensors: Sequence[Tensor]) -> Tensor:
    """Σ t² over all, as float64 where float32 does not hold it."""
    plain = torch.stack(torch._foreach_norm(list(tensors))).square().sum()
    if bool(plain.isfinite()):
        return plain
    return torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors]).square().sum()


def deviations(tensors: Sequence[Tensor]) -> Tensor:
    """The standard deviation of the numbers of each, (tensors,)."""
    plain = torch.stack([t.std(correction=0) for t in tensors])
    if bool((sound(plain) | (plain == 0)).all()):
        return plain
    wide = torch.stack([t.double().std(correction=0) for t in tensors])
    return torch.where(sound(plain), plain, wide.to(plain.dtype))


def shorten_(tensors: Sequence[Tensor], longest: float) -> None:
    """Scales all by one factor, in place, so that together they are at most so long."""
    plain = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(tensors))))
    factor = (longest / plain).clamp(max=1.0)
    if not plain.is_cuda and bool(sound(plain)):
        torch._foreach_mul_(list(tensors), factor)
        return
    wide = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors]))
    half = (longest / wide).clamp(max=1.0).sqrt().to(plain.dtype)  # twice, since the factor may be no float32
    torch._foreach_mul_(list(tensors), torch.where(sound(plain), factor, half))
    torch._foreach_mul_(list(tensors), torch.where(sound(plain), torch.ones_like(half), half))


def shorten_each_(tensor: Tensor, axes: tuple[int, ...], longest: float) -> None:
    """Scales each slice that lies along these axes by itself, in place, so that it is at most so long."""
    plain = torch.linalg.vector_norm(tensor, dim=axes, keepdim=True)
    factor = (longest / plain.clamp_min(1e-30)).clamp(max=1.0)
    if not plain.is_cuda and bool(plain.isfinite().all()):
        tensor.mul_(factor)
        return
    wide = torch.linalg.vector_norm(tensor, dim=axes, keepdim=True, dtype=torch.float64)
    half = (longest / wide.clamp_min(1e-30)).clamp(max=1.0).sqrt().to(plain.dtype)
    tensor.mul_(torch.where(plain.isfinite(), factor, half))
    tensor.mul_(torch.where(plain.isfinite(), torch.ones_like(half), half))
