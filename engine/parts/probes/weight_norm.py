from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import Moment, Need, Probe, Subject, require


class WeightNorm(Probe):
    r"""Weight norm: ‖w‖₂ of each layer's weights before the step.

    Layers with several kinds of weights have a row for all of them and one for each kind: recurrent layers W, of the
    input, and U, of the state before; attention those of queries, keys, values and output. Biases are left out.

    Formula: \lVert w \rVert_2

    Use: Beside L2, L1 and max-norm, to see what they do.

    Trouble: Wide layers have larger norms from the start: compare a layer with itself over time.

    Reading: weights that grow without end ask for L2; weights that shrink to nothing for less of it.

    Shape: (rows of weights,)

    Source: Krogh and Hertz, A simple weight decay can improve generalization, 1992.
    """

    rank: ClassVar[int] = 7
    needs: ClassVar[frozenset[Need]] = frozenset({"updates"})
    kind: Literal["weight_norm"] = "weight_norm"

    def channel(self, subject: Subject) -> Channel:
        return Channel(self.kind, "Weight norm", "‖w‖₂", "", "lines", "log", subject.weighted)

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        return {self.kind: require(moment.weight_norms)}  # (rows,)
