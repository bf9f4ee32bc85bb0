from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor

from engine.frame import Channel
from engine.parts.probes import HoldoutOutputs, Moment, Need, Probe, Subject, got

ARROWS, PICTURES = 80, 5


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
    comes_along: ClassVar[bool] = True
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
        trial = got(moment.holdout)
        if len(subject.in_shape) == 3:
            return self._pictures(trial)
        if trial.before is None or trial.after is None:  # no way back through the preprocessing
            return {self.kind: torch.zeros(0, 5, device=trial.x.device)}
        if subject.task == "classification":
            changed = trial.outputs.argmax(1) != got(trial.attacked_outputs).argmax(1)
        else:
            changed = torch.zeros(len(trial.x), dtype=torch.bool, device=trial.x.device)
        rows = torch.cat([trial.before, trial.after, changed[:, None].to(trial.before.dtype)], 1)
        return {self.kind: rows[:ARROWS]}

    def _pictures(self, trial: HoldoutOutputs) -> Mapping[str, Tensor]:
        x = trial.x[:PICTURES]
        pair = torch.stack([x, got(trial.attacked_x)[:PICTURES] - x], 1).mean(2)  # (examples, 2, height, width)
        scale = pair.abs().amax((2, 3)).clamp_min(1e-12)  # (examples, 2)
        classes = [trial.targets, trial.outputs.argmax(1), got(trial.attacked_outputs).argmax(1)]
        about = torch.cat([scale, torch.stack([c[:PICTURES].to(scale.dtype) for c in classes], 1)], 1)
        images = (pair / scale[:, :, None, None] * 127).round().nan_to_num(0.0).to(torch.int8)
        return {self.kind: images, f"{self.kind}_scale": about}
