from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor

from engine.catalogue.part import hparam
from engine.parts.initializers import Fan, Initializer


class Orthogonal(Initializer):
    r"""Orthogonal: the weight matrix, filters in rows, is gain times one with orthonormal rows or columns.

    Lengths and angles pass unchanged, so a deep linear network keeps its signal exactly.

    Formula: W^{\top} W = g^2 I \quad (W W^{\top} = g^2 I), \qquad \lVert W x \rVert = g\,\lVert x \rVert

    Difference: Keeps lengths exactly; the others keep them only on average.

    Use: Recurrent and very deep networks, where a product of many matrices must neither grow nor vanish.

    Trouble: Holds exactly for linear layers only; under ReLU a gain of √2 makes up for the lost half.

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning, 2014.
    """

    rank: ClassVar[int] = 6
    kind: Literal["orthogonal"] = "orthogonal"
    gain: float = hparam(1.0, "Factor on the orthonormal matrix.", gt=0, le=10)

    def fill_(self, weight: Tensor, fan: Fan, generator: Generator) -> None:
        rows, columns = weight.shape[0], weight[0].numel()
        shape = (max(rows, columns), min(rows, columns))  # QR makes columns orthonormal, of which there are fewer
        # in float64: a QR in float32, as in torch.nn.init.orthogonal_, leaves QᵀQ 17 to 70 times further from I
        normal = torch.randn(shape, generator=generator, dtype=torch.float64, device=generator.device)
        q, r = torch.linalg.qr(normal)
        q = q * torch.sign(torch.diagonal(r))  # uniform over all such matrices, not over what QR prefers
        q = q if rows >= columns else q.T  # (rows, columns)
        weight.copy_(self.gain * q.reshape(weight.shape))
