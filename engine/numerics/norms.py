"""Norms that neither overflow nor underflow: ‖w‖₂ is correct where it fits into float32, even if w² does not.

A float32 sum of squares is used wherever it is reliable, so that ordinary numbers are those of torch bit for bit;
elsewhere the norm is computed again in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

SHORTEST = 1e-17  # its square is near 1.2e-38, the smallest normal float32: under it squares are lost


def is_reliable(plain: Tensor) -> Tensor:
    """Where norms from float32 squares are reliable."""
    return (plain > SHORTEST) & (plain < math.inf)


def compute_norms(tensors: Sequence[Tensor]) -> Tensor:
    """‖t‖₂ of each tensor, (tensors,)."""
    plain = torch.stack(torch._foreach_norm(list(tensors)))  # (tensors,)
    if plain.is_cuda:  # a condition on its values would wait for the device, so compute both
        wide = torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors])
        return torch.where(is_reliable(plain), plain, wide.to(plain.dtype))
    for index in (~is_reliable(plain)).nonzero()[:, 0].tolist():
        plain[index] = torch.linalg.vector_norm(tensors[index], dtype=torch.float64)
    return plain


def sum_squares(tensors: Sequence[Tensor]) -> Tensor:
    """Σ t² over all tensors, (); float64 where it overflows float32."""
    plain = torch.stack(torch._foreach_norm(list(tensors))).square().sum()  # ()
    if bool(plain.isfinite()):
        return plain
    return torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors]).square().sum()


def compute_deviations(tensors: Sequence[Tensor]) -> Tensor:
    """The standard deviation of each tensor's numbers, (tensors,)."""
    plain = torch.stack([t.std(correction=0) for t in tensors])  # (tensors,)
    if bool((is_reliable(plain) | (plain == 0)).all()):  # 0 is right of equal numbers, such as those of dead units
        return plain
    wide = torch.stack([t.double().std(correction=0) for t in tensors])
    return torch.where(is_reliable(plain), plain, wide.to(plain.dtype))


def shorten_(tensors: Sequence[Tensor], longest: float) -> None:
    """Scale all tensors by one factor, in place, so that their joint norm is at most `longest`."""
    plain = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(list(tensors))))  # ()
    factor = (longest / plain).clamp(max=1.0)
    if not plain.is_cuda and bool(is_reliable(plain)):
        torch._foreach_mul_(list(tensors), factor)
        return
    wide = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(t, dtype=torch.float64) for t in tensors]))
    half = (longest / wide).clamp(max=1.0).sqrt().to(plain.dtype)  # applied twice: the factor may underflow
    torch._foreach_mul_(list(tensors), torch.where(is_reliable(plain), factor, half))
    torch._foreach_mul_(list(tensors), torch.where(is_reliable(plain), torch.ones_like(half), half))


def shorten_each_(tensor: Tensor, axes: tuple[int, ...], longest: float) -> None:
    """Scale each slice along `axes` by itself, in place, so that its norm is at most `longest`."""
    plain = torch.linalg.vector_norm(tensor, dim=axes, keepdim=True)  # as tensor, with size 1 along the axes
    factor = (longest / plain.clamp_min(1e-30)).clamp(max=1.0)  # 1 of a slice of zeros
    # not `sound`: where squares underflow, the norm is far below any limit, and only an overflow has to be mended
    if not plain.is_cuda and bool(plain.isfinite().all()):
        tensor.mul_(factor)
        return
    wide = torch.linalg.vector_norm(tensor, dim=axes, keepdim=True, dtype=torch.float64)
    half = (longest / wide.clamp_min(1e-30)).clamp(max=1.0).sqrt().to(plain.dtype)
    tensor.mul_(torch.where(plain.isfinite(), factor, half))
    tensor.mul_(torch.where(plain.isfinite(), torch.ones_like(half), half))
