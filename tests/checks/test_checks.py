"""Each check passes on a network that is right and fails on one that is broken on purpose."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.catalogue.part import catalogue
from engine.checks import Check, Outcome
from engine.checks.gradient import compute_mismatch
from engine.examples import Examples
from engine.experiment.experiment import Experiment
from engine.jobs.run_checks import run_checks
from engine.network.build import Network
from engine.parts.regularizers.l2 import L2
from engine.training.check_context import CheckContext

PLAIN: dict[str, Any] = {"data": {"kind": "circle", "samples": 120}, "network": [{"kind": "dense", "width": 8}]}


def context(**changed: Any) -> CheckContext:
    return CheckContext(Experiment.from_dict({**PLAIN, **changed}), seconds=600, steps=600)


def examined(kind: str, where: CheckContext) -> Outcome:
    outcome: Outcome = catalogue(Check)[kind]().examine(where)
    return outcome


class Tampered(CheckContext):
    """A context whose networks end in another layer."""

    def __init__(self, experiment: Experiment, last: nn.Module) -> None:
        super().__init__(experiment, seconds=600, steps=100)
        self.last = last

    def network(self) -> Network:
        network = super().network()
        stage = network.stages[0]
        object.__setattr__(stage, "module", nn.Sequential(stage.module, self.last))
        network.modules_in_order[0] = stage.module
        return network


class Crooked(torch.autograd.Function):
    """The identity, with a gradient that is too large by a half."""

    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(context: Any, *gradient: Tensor) -> Tensor:
        return gradient[0] * 1.5


class Wrong(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return Crooked.apply(x)  # type: ignore[no-any-return, no-untyped-call]


class Deaf(nn.Module):
    """Lets nothing of its input through."""

    def forward(self, x: Tensor) -> Tensor:
        return x * 0


@pytest.mark.parametrize(
    "changed",
     [{}, {"data": {"kind": "plane"}, "loss": {"kind": "mse"}, "preprocessing": [{"kind": "standardize"}]},
     {"data": {"kind": "digits", "layout": "image"},
     "network": [{"kind": "conv2d", "filters": 4}, {"kind": "batch_norm"}, {"kind": "flatten"}, {"kind": "dropout"}]}],
    ids=["classes", "values", "images"],
)  # fmt: skip
def test_a_sound_experiment_passes(changed: dict[str, Any]) -> None:
    found = list(run_checks(context(**changed).experiment, context(**changed)))
    assert [one["kind"] for one in found] == list(catalogue(Check))
    assert {one["kind"]: one["verdict"] for one in found} == dict.fromkeys(catalogue(Check), "pass")
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_same_seed_finds_the_same() -> None:
    for kind in catalogue(Check):
        assert examined(kind, context()).plain() == examined(kind, context()).plain()


def test_settings_that_do_nothing_are_said_even_of_what_the_ground_leaves_out() -> None:
    useless = {"preprocessing": [{"kind": "standardize_target"}], "balance": "weights"}
    found = examined("settings", context(**useless, data={"kind": "spiral"}))
    assert (found.verdict, found.numbers["cautions"]) == ("warn", 2)
    assert "$.balance: It does nothing here: every class has 125 examples." in str(found.found)
    bagged = {"data": {"kind": "curve"}, "loss": {"kind": "mse"}, "ensemble": {"kind": "bagging"}}
    assert examined("settings", context(**bagged)).verdict == "pass"
    bagged["ensemble"] = {"kind": "bagging", "vote": "majority"}
    assert examined("settings", context(**bagged)).verdict == "warn"


@pytest.mark.parametrize("part", catalogue(Check).values(), ids=catalogue(Check))
def test_a_check_says_what_it_is_and_where_it_is_from(part: type[Check]) -> None:
    lines = (part.__doc__ or "").strip().splitlines()
    assert 10 < len(lines[0]) <= 120
    assert any(line.strip().startswith("Source: ") for line in lines)


@pytest.mark.parametrize("changed", [{}, {"balance": "weights"}, {"regularizers": [{"kind": "label_smoothing"}]}])
def test_cross_entropy_begins_at_ln_c(changed: dict[str, Any]) -> None:
    found = examined("initial_loss", context(data={"kind": "wine"}, preprocessing=[{"kind": "standardize"}], **changed))
    assert found.verdict == "pass"
    assert found.numbers["theory"] == pytest.approx(np.log(3), rel=1e-12)
    assert found.numbers["small"] == pytest.approx(np.log(3), rel=1e-3)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_other_losses_begin_where_numpy_says(loss: str) -> None:
    where = context(data={"kind": "plane"}, loss={"kind": loss})
    y = where.data.train_y.numpy().astype(np.float64)
    size = np.abs(y)
    theory = {"mse": y**2, "mae": size, "huber": np.where(size <= 1, y**2 / 2, size - 0.5)}[loss].mean()
    found = examined("initial_loss", where)
    assert found.numbers["theory"] == pytest.approx(theory, rel=1e-9)
    assert found.numbers["small"] == pytest.approx(theory, rel=1e-2)


def test_wild_first_weights_fail() -> None:
    found = examined("initial_loss", context(initializer={"kind": "normal", "std": 10.0}))
    assert found.verdict == "fail"
    assert found.remedy


def test_a_loss_that_sums_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    where = context()
    monkeypatch.setattr(where, "loss", lambda: nn.CrossEntropyLoss(reduction="sum"))
    assert examined("initial_loss", where).verdict == "fail"


def test_a_penalty_of_zero_weights_or_with_another_gradient_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {"regularizers": [{"kind": "l2", "strength": 0.1}, {"kind": "l1", "strength": 0.1}]}
    assert examined("regularization", context(**own)).verdict == "pass"
    assert examined("regularization", context(initializer={"kind": "zeros"}, **own)).verdict == "fail"
    monkeypatch.setattr(L2, "add_gradient_", lambda *_: None)
    assert examined("regularization", context(**own)).verdict == "fail"


def test_noise_on_the_parameters_is_no_penalty() -> None:
    noisy = examined("regularization", context(regularizers=[{"kind": "parameter_noise", "strength": 0.1}]))
    assert noisy.verdict == "pass"
    assert noisy.numbers == examined("regularization", context()).numbers


def test_the_penalty_is_that_of_the_weights() -> None:
    where = context(regularizers=[{"kind": "l2", "strength": 0.1}])
    found = examined("regularization", where).numbers
    squares = sum(float((w.detach().double().numpy() ** 2).sum()) for w in where.network().select_weights())
    assert found["once"] - found["plain"] == pytest.approx(0.05 * squares, rel=1e-5)
    assert found["twice"] - found["plain"] == pytest.approx(0.1 * squares, rel=1e-5)


def test_a_deaf_network_can_neither_overfit_nor_beat_zeros() -> None:
    deaf = Tampered(context().experiment, Deaf())
    assert examined("overfit", deaf).verdict == "fail"
    found = examined("blind", deaf)
    assert found.verdict == "fail"
    assert found.numbers["real"] == pytest.approx(found.numbers["zeroed"])


def test_a_learning_rate_that_does_nothing_is_told_from_a_network_that_cannot() -> None:
    slow = context(optimizer={"kind": "sgd", "lr": 1e-6})
    assert examined("overfit", slow).verdict == "warn"
    assert examined("blind", slow).verdict == "fail"


@pytest.mark.parametrize("kind", ["relu", "tanh", "gelu"])
def test_a_wrong_backward_pass_is_found(kind: str) -> None:
    start = context(network=[{"kind": "dense", "width": 8, "activation": {"kind": kind}}]).experiment
    assert examined("gradient", CheckContext(start)).verdict == "pass"
    found = examined("gradient", Tampered(start, Wrong()))
    assert found.verdict == "fail"
    assert found.numbers["error"] == pytest.approx(1 / 3, rel=0.05)


def test_a_bend_is_told_from_a_wrong_gradient() -> None:
    weight = torch.zeros(1, dtype=torch.float64)

    def value() -> Tensor:
        return 2 * weight.relu().sum() + 1

    assert compute_mismatch(value, weight, 0, 0.0, 1.0)[0] is None, "torch's choice on the bend"
    error, _ = compute_mismatch(value, weight, 0, 5.0, 1.0)
    assert error is not None
    assert error > 0.5
    weight += 4e-6  # the bend is within h, and not within a smaller one
    error, tries = compute_mismatch(value, weight, 0, 2.0, 1.0)
    assert tries == 2
    assert error is not None
    assert error < 1e-4


def test_copies_in_two_splits_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    x[50:] = x[:50]
    leaked = Examples(x, np.zeros(100, np.int64), "classification", ("a", "b"))
    where = context(test=0.2, validation=0.3)
    monkeypatch.setattr("engine.data.prepare.load_examples", lambda *_: leaked)
    found = examined("leak", where)
    assert found.verdict == "fail"
    by_hand: dict[bytes, list[int]] = {}
    from engine.data.split import split

    splits = split(where.experiment, leaked)
    for number, own in enumerate(splits):
        for row in own:
            by_hand.setdefault(x[row].tobytes(), []).append(number)
    pairs = [sorted(places) for places in by_hand.values()]
    assert found.numbers["validation"] == pairs.count([0, 1]) > 0
    assert found.numbers["test"] == pairs.count([0, 2]) > 0
    assert found.numbers["test_validation"] == pairs.count([1, 2]) > 0
    assert all(index in splits.validation or index in splits.test for index in found.numbers["indices"])
    assert "test inputs" in found.found.text
    assert "Among them" in str(found.found)
    assert "come with this data set" in found.remedy.text


@pytest.mark.parametrize("copies", [1, 2])
def test_the_copies_in_data_of_ones_own_can_be_removed(copies: int) -> None:
    places = [f"{x / 10},1,{x % 2}" for x in range(20)] + ["5,5,0", "4,5,1"]
    drawn = {"kind": "points", "drawn": ";".join([*places, *["5,5,0", "4,5,1"][:copies]])}
    seeds = (examined("leak", context(data=drawn, seed=seed)) for seed in range(50))
    found = next(one for one in seeds if len(one.numbers["indices"]) == copies)
    assert found.remedy.text.startswith("Remove the copies")
    assert ("It is example" in str(found.found)) == (copies == 1)
    assert ("They are examples" in str(found.found)) == (copies == 2)


def test_preprocessing_that_makes_inputs_equal_is_named() -> None:
    found = examined("leak", context(preprocessing=[{"kind": "standardize_each"}]))
    assert found.verdict == "fail"
    assert "before preprocessing" in found.remedy.text


def test_one_copy_among_many_is_a_warning() -> None:
    found = examined("leak", CheckContext(Experiment()))
    assert found.verdict == "warn", "both arms of the spiral begin at the same point"
    assert found.numbers["validation"] == 1
    assert str(found.found) == "Also in training: 1 of 250 validation inputs. It is example 0."
    assert found.remedy.text.startswith("The copies come with this data set; so few")


def test_many_copies_in_a_data_set_that_comes_along_want_another_seed() -> None:
    tokens = {"data": {"kind": "tokens", "length": 4, "vocabulary": 6}}
    found = examined("leak", context(**tokens))
    assert found.verdict == "fail"
    assert "Another seed" in found.remedy.text
