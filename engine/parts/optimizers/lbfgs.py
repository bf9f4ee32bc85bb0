from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

import torch
from torch import nn

from engine.catalogue.part import hparam
from engine.parts.optimizers import Optimizer


class LBFGS(Optimizer):
    r"""L-BFGS: w ← w − αHg, H an estimate of the inverse Hessian from the last changes of w and g.

    It bends the step to the curvature, and with a line search finds its length itself. It believes the gradient: take
    the whole training split as one batch. On small batches the differences of gradients are noise.

    Formula: w \leftarrow w - \alpha\,H g, \qquad H \approx \left( \nabla^2 L \right)^{-1}

    Difference: Uses the curvature, from many gradients a step; all others use one gradient.

    Use: Small, smooth problems with the whole training split as one batch, such as a curve or a plane.

    Trouble: Small batches, dropout and noise make its differences of gradients meaningless; it then jumps or stands
    still.

    Reading: one step here may ask for several gradients of its batch; loss, gradient and accuracy are those at its
    start, the weight change that of all of it. Penalties count in the line search; clipping, which
    changes the gradient but not the loss, misleads it.

    Cost: up to 1.25 × iterations gradients a step, and 2 × history numbers for each parameter.

    Source: Liu and Nocedal, On the limited memory BFGS method for large scale optimization, 1989.
    """

    rank: ClassVar[int] = 15
    needs_closure: ClassVar[bool] = True
    scratch: ClassVar[tuple[float, float]] = (12, 0)
    kind: Literal["lbfgs"] = "lbfgs"
    lr: float = hparam(1.0, "Learning rate α; a line search begins there.", gt=0, le=100, log=True, live=True)
    iterations: int = hparam(4, "Moves in one step at most.", ge=1, le=100)
    history: int = hparam(10, "How many changes H is made from.", ge=1, le=100)
    line_search: bool = hparam(True, "Look for a length at which loss and slope have fallen enough (strong Wolfe).")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.LBFGS(parameters, **self.settings)

    def count_state(self, dims: int = 2) -> int:
        return 2 * self.history + 2  # the changes of w and of g, the direction, and the gradient before

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "lr": self.lr,
            "max_iter": self.iterations,
            # torch's default; at least 2, since a line search only has what the first evaluation leaves of it
            "max_eval": max(2, self.iterations * 5 // 4),
            "history_size": self.history,
            "line_search_fn": "strong_wolfe" if self.line_search else None,
        }
