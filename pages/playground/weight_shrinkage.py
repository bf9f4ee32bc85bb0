"""What a penalty or a decay does to a weight in one step, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.parts.regularizers import get_coefficient
from pages.session.i18n import _, format_fixed


def describe_shrinkage(draft: Mapping[str, Any]) -> str:
    """The factor 1 − αλ of plain SGD with L2, or of AdamW's decay; why there is none elsewhere; "" without either.

    Source: W ← (1 − αλ)W − α∇L, deck V.
    """
    try:
        experiment = Experiment.from_dict(draft)
        rule = next((rule for rule in experiment.regularizers if rule.shrinks_evenly), None)
        shares = rule.multipliers if rule else {}
    except PlaygroundError:
        return ""
    optimizer = experiment.optimizer
    # AdamW's decay is not scaled by the gradient's history, so that its factor is exact.
    if optimizer.decay_per_step:
        return describe_share(optimizer.decay_per_step)
    if rule is None or rule.is_idle:
        return ""
    if optimizer.is_gradient_descent:
        taken = optimizer.settings["lr"] * get_coefficient(rule)
        return describe_by_layer(shares, taken) if shares else describe_share(taken)
    return _("L2 goes through the optimizer's own scaling here; only plain SGD keeps exactly 1 − αλ of every weight.")


def describe_share(taken: float) -> str:
    """The sentence for a share that is taken from every weight in a step."""
    factor = format_factor(taken)
    if not 0 < taken < 1:
        return _("One step keeps 1 − αλ = {factor} of every weight: too little, it would swing or grow.", factor=factor)
    # (1 − αλ)ⁿ = ½
    steps = format_fixed(round(log(2) / -log(1 - taken)), 0)
    return _(
        "One step keeps 1 − αλ = {factor} of every weight; left alone, half is gone after {steps} steps.",
        factor=factor,
        steps=steps,
    )


def describe_by_layer(shares: Mapping[str, float], taken: float) -> str:
    """The same for the layers that are named, each with its multiple of λ."""
    factors = ", ".join(f"{name}: {format_factor(share * taken)}" for name, share in shares.items())
    return _("One step keeps 1 − αλ of every weight of these layers: {factors}.", factors=factors)


def format_factor(taken: float) -> str:
    """The factor that leaves so much of a weight, in digits."""
    return format_fixed(1 - taken, 7).rstrip("0").rstrip(".,")
