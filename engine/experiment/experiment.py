"""The experiment: one frozen value that holds everything a user chose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from engine.catalogue.part import Value, catalogue, hparam
from engine.errors import InvalidExperiment, abbreviate
from engine.experiment.migrations import migrate
from engine.experiment.validation import IncompatibleFields, explain
from engine.message import Message
from engine.parts.activations.tanh import Tanh
from engine.parts.attacks import Attack
from engine.parts.augmentations import Augmentation
from engine.parts.blocks import Block
from engine.parts.blocks.dense import Dense
from engine.parts.datasets import Dataset
from engine.parts.datasets.spiral import Spiral
from engine.parts.ensembles import Ensemble
from engine.parts.initializers import Initializer
from engine.parts.initializers.glorot_uniform import GlorotUniform
from engine.parts.losses import Loss
from engine.parts.losses.cross_entropy import CrossEntropy
from engine.parts.optimizers import Optimizer
from engine.parts.optimizers.adam import Adam
from engine.parts.probes import Probe
from engine.parts.regularizers import Regularizer
from engine.parts.schedules import Schedule
from engine.parts.schedules.constant import ConstantSchedule
from engine.parts.transforms import Transform

MAX_CHARACTERS = 100_000  # of a document; the largest sensible one has a tenth of it


class Stopping(Value):
    """When a run ends before its length."""

    divergence: bool = hparam(
        True,
        "End the run when an epoch's mean loss is over three times epoch 1's, or over three times both step 1's and "
        "the untrained network's; one that is not finite always ends it.",
    )


def make_default_probes() -> tuple[Probe, ...]:
    """One of each probe, but for those that come with a part."""
    return tuple(probe() for probe in catalogue(Probe).values() if not probe.is_automatic)


class Experiment(Value):
    """What is trained, on what, how, for how long and under which instruments.

    The last layer is not in `network`: a dense layer with one output a class or target is always added.
    """

    version: Literal[2] = 2
    data: Dataset = Spiral()
    validation: float = hparam(0.5, "Share of the examples kept for validation.", ge=0.05, le=0.9)
    test: float = hparam(0.0, "Share kept apart and looked at once, when the run ends.", ge=0, le=0.5)
    stratified: bool = hparam(True, "Classes have the same shares in every split.")
    random_labels: float = hparam(0.0, "Share of the training labels replaced by random ones.", ge=0, le=1)
    balance: Literal["none", "weights", "resampling"] = hparam(
        "none",
        "For rare classes, in training: weigh their loss more, or show their examples more often. The validation loss "
        "stays the plain mean.",
    )
    preprocessing: Annotated[tuple[Transform, ...], Field(max_length=8)] = ()
    augmentations: Annotated[tuple[Augmentation, ...], Field(max_length=8)] = ()
    network: Annotated[tuple[Block, ...], Field(max_length=64)] = (
        Dense(width=16, activation=Tanh()),
        Dense(width=16, activation=Tanh()),
    )
    initializer: Initializer = GlorotUniform()
    bias: float = hparam(
        0.0, "Where biases start; a little above 0 keeps ReLU units alive.", ge=0, le=1, log=True, omit_default=True
    )
    loss: Loss = CrossEntropy()
    output_weight: float = hparam(
        1.0,
        "How much the output's own loss counts, beside those of heads and reconstructions.",
        ge=0,
        le=100,
        log=True,
        live=True,
        omit_default=True,
    )
    optimizer: Optimizer = Adam(lr=0.003)
    schedule: Schedule = ConstantSchedule()
    regularizers: Annotated[tuple[Regularizer, ...], Field(max_length=8)] = ()
    ensemble: Ensemble | None = hparam(
        None,
        "Trains several networks that answer together.",
        none="one network",
        omit_default=True,
    )
    attack: Attack | None = hparam(
        None,
        "Moves inputs so that the network goes wrong, shows it, and trains on them too.",
        none="no attack",
        omit_default=True,
    )
    batch_size: int = hparam(10, "Examples in one step.", ge=1, le=8192, unit="examples", log=True, live=True)
    epochs: int | None = hparam(None, "How often the training split is gone through.", ge=1, le=100_000, log=True)
    steps: int | None = hparam(50_000, "Optimizer steps at most.", ge=1, le=10_000_000, log=True)
    stopping: Stopping = Stopping()
    probes: Annotated[tuple[Probe, ...], Field(max_length=64)] = Field(default_factory=make_default_probes)
    seed: int = hparam(0, "Decides data, split, first weights, order and dropout.", ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda"] = hparam("auto", "Where it is computed; auto takes a GPU if there is one.")

    @model_validator(mode="after")
    def _check_combinations(self) -> Experiment:
        """Refuse values that exclude each other, all of them in one error."""
        wanted: dict[str, Message] = {}
        # A run without an end would never be evaluated on its test split.
        if self.epochs is None and self.steps is None:
            wanted["steps"] = Message("a number of steps or of epochs")
        for name in ("regularizers", "probes", "preprocessing", "augmentations"):
            kinds = [part.name() for part in getattr(self, name)]
            if len(set(kinds)) < len(kinds):
                wanted[name] = Message("each kind at most once")
        if self.validation + self.test > 0.95:
            wanted["test"] = Message("a share that leaves at least 5 % for training")
        needed = max((block.smallest_batch for block in self.network), default=1)
        if self.batch_size < needed:
            expected = Message("at least {n} with batch normalization, which needs a variance", n=needed)
            wanted["batch_size"] = expected
        if wanted:
            raise IncompatibleFields(wanted)
        return self

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """The experiment in a JSON document, which may be of an earlier version.

        Raises: InvalidExperiment for everything wrong with it.
        """
        if len(text) > MAX_CHARACTERS:
            raise InvalidExperiment("$", Message("at most {n} characters", n=MAX_CHARACTERS), len(text))
        try:
            text = text if isinstance(text, str) else text.decode("utf-8-sig")  # editors may begin a file with a BOM
            read = json.loads(text)
            data = migrate(read)
            text = text if data is read else json.dumps(data)
        except (ValueError, RecursionError) as error:
            raise InvalidExperiment("$", Message("JSON"), abbreviate(text)) from error
        try:
            # from text, since strict validation takes a list for a tuple in JSON, and not in Python
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise explain(error, data) from error

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Experiment:
        """The experiment in a dictionary of plain values. Raises: InvalidExperiment."""
        return cls.from_json(json.dumps(data))

    def to_json(self) -> str:
        """The document in one line, defaults too, but for those that `omit_default` leaves out."""
        return self.model_dump_json()

    def to_dict(self) -> dict[str, Any]:
        """The document as plain values."""
        data: dict[str, Any] = json.loads(self.to_json())
        return data

    @property
    def digest(self) -> str:
        """Digest of the document, 16 hexadecimal digits of SHA-256: same digest, same first frame.

        It is of what was chosen, not of the version in which that is written: an experiment keeps its digest from one
        version to the next as long as its other fields are the same.
        """
        written = self.to_json().replace(f'"version":{self.version}', '"version":1', 1)
        return hashlib.sha256(written.encode()).hexdigest()[:16]
