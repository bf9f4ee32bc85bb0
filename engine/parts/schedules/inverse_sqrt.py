from __future__ import annotations

from typing import ClassVar, Literal

from engine.parts.schedules import Schedule, ScheduleProgress


class InverseSqrt(Schedule):
    r"""Inverse square root: α₀ / √e in epoch e, counted from 1.

    Nothing to choose: a half in epoch 4, a tenth in epoch 100.

    Formula: \alpha_e = \frac{\alpha_0}{\sqrt{e}}

    Difference: The gentlest in the long run of the four decays; nothing to choose.

    Use: When the length of the run is not known and nothing shall be tuned.

    Trouble: Falls a lot in the first epochs and hardly at all later: the noise goes away slowly.

    Source: Zinkevich, Online convex programming and generalized infinitesimal gradient ascent, 2003; Vera, Redes
    neuronales, lecture.
    """

    rank: ClassVar[int] = 2
    kind: Literal["inverse_sqrt"] = "inverse_sqrt"

    def compute_factor(self, progress: ScheduleProgress) -> float:
        return float((progress.epoch + 1) ** -0.5)  # epochs count from 1 in the formula
