"""The sentence about what L2 or weight decay takes from a weight in a step."""

from __future__ import annotations

from typing import Any

import pytest

from pages.playground.weight_shrinkage import describe_shrinkage
from pages.session.i18n import speak


@pytest.fixture(autouse=True)
def english() -> None:
    speak("en")


def said(optimizer: dict[str, Any], *rules: dict[str, Any]) -> str:
    return describe_shrinkage({"optimizer": optimizer, "regularizers": list(rules)})


def test_the_factor_of_plain_sgd() -> None:
    found = said({"kind": "sgd", "lr": 0.1}, {"kind": "l2", "strength": 0.01})
    assert "0.999 of every weight" in found
    assert "after 693 steps" in found  # 0.999 ** 693 = 0.4999


def test_decoupled_decay_has_it_too() -> None:
    found = said({"kind": "adamw", "lr": 0.01, "weight_decay": 0.3})
    assert "0.997 of every weight" in found
    assert "after 231 steps" in found


def test_no_factor_where_there_is_none() -> None:
    assert said({"kind": "sgd", "lr": 0.1}) == ""
    assert said({"kind": "adam", "lr": 0.1}, {"kind": "l1", "strength": 0.1}) == ""
    assert "scaling" in said({"kind": "adam", "lr": 0.1}, {"kind": "l2", "strength": 0.1})
    assert "scaling" in said({"kind": "sgd", "lr": 0.1, "momentum": 0.9}, {"kind": "l2", "strength": 0.1})


def test_a_factor_that_grows_is_called_so() -> None:
    assert "-1" in said({"kind": "sgd", "lr": 1.0}, {"kind": "l2", "strength": 2.0})
    assert describe_shrinkage({"optimizer": {"kind": "nothing"}}) == ""


def test_layers_with_their_own_multiple() -> None:
    found = said({"kind": "sgd", "lr": 0.1}, {"kind": "l2", "strength": 0.01, "layers": "1:10, 3"})
    assert "1: 0.99, 3: 0.999." in found
    assert said({"kind": "sgd", "lr": 0.1}, {"kind": "l2", "layers": "1:x"}) == ""
