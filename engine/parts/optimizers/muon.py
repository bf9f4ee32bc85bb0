from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class Muon(Optimizer):
    r"""Muon: m ← μm + (1 − μ)g, then W ← (1 − αλ)W − 0.2 √(larger side) α · UVᵀ, with UΣVᵀ the look-ahead mean.

    Matrices move by a matrix all of whose singular values are about one: rare directions count as much as frequent
    ones. Biases, filters and other tensors that are no matrix are moved by AdamW at the same rate, with β₁ = μ; the
    factor on UVᵀ gives both steps one size. The iteration that finds UVᵀ computes in bfloat16.

    Formula: m \leftarrow \mu m + (1 - \mu)\,g, \quad (1 - \mu)\,g + \mu m = U \Sigma V^{\top}, \qquad W \leftarrow (1
    - \alpha\lambda)\,W - 0.2\,\sqrt{\max(r, c)}\;\alpha\,U V^{\top}

    Difference: Moves whole matrices, all directions alike; the others treat every weight by itself.

    Use: Hidden dense layers of larger networks, with matrices of some size.

    Trouble: Costs several matrix products a step; on tiny matrices there is nothing to gain. Filters and biases are
    left to AdamW.

    Source: Jordan et al., Muon, an optimizer for hidden layers in neural networks, 2024; the factor: Liu et al., Muon
    is scalable for LLM training, 2025.
    """

    rank: ClassVar[int] = 9
    scratch: ClassVar[tuple[float, float]] = (0, 4.7)
    kind: Literal["muon"] = "muon"
    lr: float = hparam(0.003, "Learning rate α.", gt=0, le=100, log=True, live=True)
    momentum: float = hparam(0.95, "Share of the old mean gradient that is kept, μ.", ge=0, lt=1, live=True)
    beta2: float = hparam(0.999, "Share of the old mean square that is kept, β₂.", ge=0, lt=1, live=True)
    weight_decay: float = hparam(0.01, "Decoupled weight decay λ.", ge=0, le=1, log=True, live=True)

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return MuonAndAdamW(list(parameters), self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 1 if dims == 2 else 2  # Muon: the mean gradient; AdamW: the mean square too

    @property
    def settings(self) -> dict[str, Any]:
        betas = (self.momentum, self.beta2)
        return {"lr": self.lr, "momentum": self.momentum, "betas": betas, "weight_decay": self.weight_decay}


class MuonAndAdamW(torch.optim.Optimizer):
    """torch's Muon for matrices and its AdamW for the rest, as one optimizer with one state.

    torch's Muon refuses parameters that are not matrices, and the executor wants one optimizer.
    """

    def __init__(self, parameters: list[nn.Parameter], settings: dict[str, Any]) -> None:
        matrices = [p for p in parameters if p.dim() == 2]  # each (rows, columns)
        others = [p for p in parameters if p.dim() != 2]
        self.halves: list[torch.optim.Optimizer] = []
        if matrices:
            # match_rms_adamw: 0.2 √(larger side), so that one learning rate suits both halves
            self.halves.append(torch.optim.Muon(matrices, adjust_lr_fn="match_rms_adamw"))
        if others:
            self.halves.append(torch.optim.AdamW(others, fused=True))
        super().__init__([{**half.param_groups[0], **settings} for half in self.halves], {})
        self._join()

    def _join(self) -> None:
        """Make the halves work on this optimizer's groups and state, the only ones that are edited and stored."""
        for half, group in zip(self.halves, self.param_groups, strict=True):
            half.param_groups, half.state = [group], self.state

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for half in self.halves:
            half.step()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._join()  # torch has replaced groups and state by new objects
