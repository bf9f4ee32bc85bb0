from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, require


class GradientNorm(Probe):
    r"""Gradient norm: ‖∂L/∂w‖₂ of each layer's weights, penalties included, before clipping.

    Layers with several kinds of weights have a row for all of them and one for each kind: recurrent layers W, of the
    input, and U, of the state before; attention those of queries, keys, values and output.

    Formula: \left\lVert \frac{\partial L}{\partial w} \right\rVert_2

    Use: To find vanishing and exploding gradients, and a threshold for clipping.

    Trouble: Adam divides by the gradient's size: there a small norm does not mean small steps; look at the update
    ratio.

    Reading: curves that fan out with depth, first layer lowest, are a vanishing gradient; first layer highest, an
    exploding one. Of a recurrent layer U tells of the way back through time.

    Shape: (rows of weights,)

    Source: Bengio, Simard and Frasconi, Learning long-term dependencies with gradient descent is difficult, 1994.
    """

    rank: ClassVar[int] = 6
    needs: ClassVar[frozenset[Need]] = frozenset({"gradients"})
    kind: Literal["gradient_norm"] = "gradient_norm"

    def channel(self, subject: Subject) -> Channel:
        return Channel(self.kind, "Gradient norm", "‖∂L/∂w‖₂", "", "lines", "log", subject.weighted)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: require(moment.gradient_norms)}  # (rows,)
