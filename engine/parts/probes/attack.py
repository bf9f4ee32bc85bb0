from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import HoldoutOutputs, Moment, Need, Probe, Subject, quantize, require

MAX_ARROWS, MAX_IMAGES = 80, 5


class AttackedExamples(Probe):
    """Attacked examples: where the attack moves validation examples, on the plane or as images.

    Use: To see how little has to change for another answer.

    Trouble: With a large ε a person could not tell the class either, and the mistakes mean nothing.

    Reading: on the plane every example goes the way in which the loss rises, at most ε in each coordinate; those that
    change sides lay too near the boundary. An image is shown as it is, its change made visible, and attacked.

    Shape: 2-D inputs: (examples, 5) from x, y, to x, y, whether the answer changed. Images: (examples, 2, height,
    width) int8, image and change, each in units of the scale in `attack_scale`, whose rows hold the image's scale,
    that of the change, the right class, the answers before and after. Color channels are averaged; values are those
    that the network sees, after preprocessing.

    Source: Szegedy and others, Intriguing properties of neural networks, 2014.
    """

    rank: ClassVar[int] = 12
    is_automatic: ClassVar[bool] = True
    needs: ClassVar[frozenset[Need]] = frozenset({"attack"})
    kind: Literal["attack"] = "attack"

    def channel(self, subject: Subject) -> Channel | None:
        if not subject.attacked:
            return None
        if subject.in_shape == (2,) and subject.extent:
            return Channel(self.kind, "Attacked examples", "x → x′", "", "arrows", extent=subject.extent)
        if len(subject.in_shape) == 3 and subject.task == "classification":
            return Channel(self.kind, "Attacked examples", "x, x′ − x, x′", "", "pictures")
        return None

    def measure(self, moment: Moment, subject: Subject) -> Mapping[str, Tensor]:
        holdout = require(moment.holdout)
        if len(subject.in_shape) == 3:
            return self._measure_images(holdout)
        if holdout.before is None or holdout.after is None:  # no way back through the preprocessing
            return {self.kind: torch.zeros(0, 5, device=holdout.x.device)}
        if subject.task == "classification":
            changed = holdout.outputs.argmax(1) != require(holdout.attacked_outputs).argmax(1)  # (examples,)
        else:
            changed = torch.zeros(len(holdout.x), dtype=torch.bool, device=holdout.x.device)
        # in the type of the coordinates: float64 for uploaded tables, whose values may lie far from 0
        rows = torch.cat([holdout.before, holdout.after, changed[:, None].to(holdout.before.dtype)], 1)  # (examples, 5)
        return {self.kind: rows[:MAX_ARROWS]}

    def _measure_images(self, holdout: HoldoutOutputs) -> Mapping[str, Tensor]:
        x = holdout.x[:MAX_IMAGES]  # (examples, channels, height, width)
        pair = torch.stack([x, require(holdout.attacked_x)[:MAX_IMAGES] - x], 1).mean(2)  # (examples, 2, height, width)
        # a scale each: the change is far smaller than the image, and would be all zeros in its units
        scale = pair.abs().amax((2, 3)).clamp_min(1e-12)  # (examples, 2), never 0
        classes = [holdout.targets, holdout.outputs.argmax(1), require(holdout.attacked_outputs).argmax(1)]
        rows = torch.cat([scale, torch.stack([c[:MAX_IMAGES].to(scale.dtype) for c in classes], 1)], 1)  # (examples, 5)
        return {self.kind: quantize(pair / scale[:, :, None, None]), f"{self.kind}_scale": rows}
