"""What else has to change when the data set does, so that the new one can be learned at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import ValidationError

from engine.catalogue.part import catalogue
from engine.data.prepare import load_examples
from engine.errors import PlaygroundError
from engine.examples import Examples
from engine.parts.augmentations import Augmentation
from engine.parts.blocks import Block
from engine.parts.datasets import Dataset
from engine.parts.losses import Loss, get_default_loss
from engine.parts.regularizers import Regularizer
from engine.parts.transforms import Transform

Draft = dict[str, Any]
USUAL = (0.1, 3.0)  # deviations that networks start well from; others are standardized
FAR = 3.0  # deviations from 0 to the mean of a target: from there on a network first has to learn the mean


def adapt_to_data(draft: Draft, kind: str, given: Draft | None = None) -> Draft:
    """The draft with another data set, and the layout, loss and preprocessing that go with it. `given` are fields of
    the data set that are chosen already."""
    data: Draft = {**(given or {}), "kind": kind}
    part = catalogue(Dataset)[kind]
    if "layout" in part.model_fields:
        data["layout"] = "image" if begins_on(draft["network"], "image") else "vector"
    try:
        loaded = load_examples(part.model_validate(data), draft["seed"])
    except (ValidationError, PlaygroundError):  # the second: it has to be fetched and cannot; the form will say so
        return {**draft, "data": data}
    changed: Draft = {
        "data": data,
        "loss": choose_loss(draft["loss"], loaded),
        "preprocessing": choose_preprocessing(loaded, own=kind == "upload"),
        "augmentations": select_augmentations(draft["augmentations"], loaded),
        "network": match_network(draft["network"], loaded),
    }
    if loaded.task == "regression":
        rules, only = draft["regularizers"], catalogue(Regularizer)
        changed["regularizers"] = [rule for rule in rules if "regression" in only[rule["kind"]].tasks]
        changed["balance"] = "none"
    if loaded.vocabulary_size and draft.get("attack"):
        changed["attack"] = None
    return {**draft, **changed}


def select_augmentations(chosen: list[Draft], loaded: Examples) -> list[Draft]:
    """Those that such inputs can have."""
    return [augmentation for augmentation in chosen if accepts_inputs(augmentation, loaded)]


def accepts_inputs(augmentation: Draft, loaded: Examples) -> bool:
    """Whether such inputs can have the augmentation; word numbers can have none."""
    try:
        catalogue(Augmentation)[augmentation["kind"]]().expect(loaded.x.shape[1:])
    except PlaygroundError:
        return False
    return not loaded.vocabulary_size


def match_network(network: list[Draft], loaded: Examples) -> list[Draft]:
    """The network behind a flatten block where dense layers stand before sequences, without it before vectors."""
    # A head for what these data do not have would make the draft invalid at the first click.
    network = [block for block in network if is_learnable(block, loaded)]
    blocks = catalogue(Block)
    if loaded.x.ndim == 2:
        # Vectors are flat already, and the block would stand there without an effect.
        return network[1:] if network and blocks[network[0]["kind"]].flattens else network
    if loaded.x.ndim == 3 and (not network or begins_on(network, "vector")):
        return [{"kind": next(kind for kind, block in blocks.items() if block.flattens)}, *network]
    return network


def begins_on(network: list[Draft], layout: str) -> bool:
    """Whether the first block is one with which networks for this layout begin."""
    return bool(network) and catalogue(Block)[network[0]["kind"]].begins_on == layout


def is_learnable(block: Draft, loaded: Examples) -> bool:
    """Whether the block is no head, or one whose target these examples have."""
    made = catalogue(Block)[block["kind"]].model_validate(block, strict=False)
    if made.aspect is None:
        return True
    goal = made.aspect.goal(loaded)
    return goal is not None and (made.loss_override is None or goal.task in made.loss_override.tasks)


def choose_loss(loss: Draft, loaded: Examples) -> Draft:
    """The loss itself if it suits the task, else the task's first."""
    losses = catalogue(Loss)
    only_classes = losses[loss["kind"]].tasks == ("classification",)
    return loss if only_classes == (loaded.task == "classification") else {"kind": get_default_loss(loaded.task).name()}


def choose_preprocessing(loaded: Examples, own: bool = False) -> list[Draft]:
    """Standardization of inputs and targets whose spread is not near one; of a person's own whenever they are not all
    from 0 to 1 and fill that range, since their columns may differ much."""
    chosen: list[Draft] = []
    if own:
        chosen += [] if fills_unit_range(loaded.x) else [choose_scaling("inputs")]
    elif (
        loaded.extent is None
        and not loaded.vocabulary_size
        and not USUAL[0] <= float(loaded.x.std(0).mean()) <= USUAL[1]
    ):
        chosen.append(choose_scaling("inputs"))
    if loaded.task == "regression":
        mean, deviation = abs(float(loaded.y.mean())), float(loaded.y.std())
        if not USUAL[0] <= deviation <= USUAL[1] or mean > FAR * deviation:
            # Errors of a target in thousands make gradients in thousands, and the first steps diverge.
            chosen.append(choose_scaling("target"))
    return chosen


def choose_scaling(side: str) -> Draft:
    """The preprocessing of inputs or of the target that is taken where none was chosen."""
    steps = catalogue(Transform)
    return {"kind": next(kind for kind, step in steps.items() if step.is_usual and step.acts_on == side)}


def fills_unit_range(x: np.ndarray) -> bool:
    """Whether all inputs are from 0 to 1, and none that varies keeps to a small part of that; gaps are NaN."""
    if not (np.nanmin(x) >= 0 and np.nanmax(x) <= 1):
        return False
    span = np.fmax.reduce(x, 0) - np.fmin.reduce(x, 0)
    return x.ndim > 2 or not bool(((span > 0) & (span < USUAL[0])).any())
