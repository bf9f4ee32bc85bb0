"""Ten thousand documents that nobody should write: one sentence with a path, never anything else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.errors import InvalidExperiment
from engine.experiment.experiment import MAX_CHARACTERS, Experiment
from tests.engine.documents import BUSY

WHOLE = Experiment.from_dict(BUSY).to_dict()
NASTY: st.SearchStrategy[Any] = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        10**400,
        -(10**25),
        2**63,
        1e308,
        -0.0,
        0,
        -1,
        1.5,
        "",
        "\n",
        "a\nb\u2028c",
        "\ud800",
        "1",
        "dense",
        True,
        None,
        [],
        {},
        {"kind": None},
        {"kind": ["dense"]},
        {"kind": {"kind": "dense"}},
        {"kind": "dense", "kind\n": 1},
        {"kind": "nope" * 50},
    ]
)
LEAVES = NASTY | st.integers() | st.floats() | st.text(max_size=20) | st.booleans()
KEYS = st.sampled_from(["kind", "width", "lr", "activation", "version", "__class__", "", "\r\n", "$", "é"]) | st.text(
    max_size=8
)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


PLACES = [path for path in places(WHOLE) if path]


@st.composite
def mutations(draw: st.DrawFn) -> Any:
    """A valid document with one to three things replaced, removed, added or doubled."""
    document = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(PLACES))
        parent: Any = document
        try:
            for key in path[:-1]:
                parent = parent[key]
            parent[path[-1]]
        except (LookupError, TypeError):
            continue  # an earlier mutation took it away
        match draw(st.integers(0, 3)):
            case 0:
                parent[path[-1]] = draw(ANYTHING)
            case 1:
                del parent[path[-1]]
            case 2 if isinstance(parent, dict):
                parent[draw(KEYS)] = draw(LEAVES)
            case _ if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[path[-1]]))
    return document


@st.composite
def texts(draw: st.DrawFn) -> str | bytes:
    """Documents as they arrive: whole, cut, with a character changed, in a wrong encoding, or no JSON at all."""
    way = draw(st.integers(0, 9))
    if way == 0:
        return draw(st.text(max_size=60) | st.binary(max_size=60))
    text = json.dumps(draw(mutations() if way < 8 else ANYTHING))
    if way == 1:
        return text[: draw(st.integers(0, len(text)))]
    if way == 2:
        at = draw(st.integers(0, len(text)))
        return text[:at] + draw(st.text(max_size=3)) + text[at + 1 :]
    if way == 3:
        return text.encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "utf-32", "cp500"])))
    return text


def check(text: str | bytes) -> bool:
    """Whether it was refused; any way of refusing but the right one fails."""
    try:
        found = Experiment.from_json(text)
    except InvalidExperiment as error:
        refusal = error
    else:
        assert Experiment.from_json(found.to_json()) == found
        return False
    message = str(refusal)
    assert message.isprintable(), ascii(message)
    assert len(message) < 1000, message
    assert refusal.where.startswith("$")
    assert refusal.expected
    assert str(refusal.received)  # it may be the number 0
    assert message.startswith(f"{refusal.where}: expected {refusal.expected}, received {refusal.received}")
    return True


COUNT = {"refused": 0, "taken": 0}


@settings(
    max_examples=10_000,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(texts())
def test_ten_thousand_documents(text: str | bytes) -> None:
    COUNT["refused" if check(text) else "taken"] += 1


def test_the_documents_were_of_both_kinds() -> None:
    if not sum(COUNT.values()):
        pytest.skip("needs the test above")
    assert COUNT["refused"] > 5000
    assert COUNT["taken"] > 100


@pytest.mark.parametrize("depth", [60, 180, 250, 500, 990, 5000, 40_000])
@pytest.mark.parametrize("shape", ["[", '{"a":', '{"network":[', '{"data":'])
def test_deep_nesting(depth: int, shape: str) -> None:
    close = {"[": "]", '{"a":': "}", '{"network":[': "]}", '{"data":': "}"}[shape]
    text = shape * depth + "1" + close * depth
    assert check(text)
    assert check(json.dumps(WHOLE)[:-1] + f',"seed":{text}}}')


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[]",
        "{}x",
        "NaN",
        "9" * 5000,
        "\ud800",
        '{"a\\nb": 1}',
        '{"network": [{"kind": "dense", "a\\u2028b": 1}]}',
        '{"' + "k" * 90_000 + '": 1}',
        '{"data": {"kind": "' + "k" * 90_000 + '"}}',
        '{"data": {"kind": "\\ud800"}}',
        '{"seed": 1, "seed": -1}',
        '{"version": 3}',
        '{"epochs": null, "steps": null}',
        '{"probes": [{"kind": "dead"}, {"kind": "dead"}]}',
        '{"batch_size": 1, "network": [{"kind": "batch_norm"}]}',
        '{"network": ' + json.dumps([{"kind": "flatten"}] * 65) + "}",
        b"\xff\xfe\x00",
        b"\x00" * 10,
        " " * (MAX_CHARACTERS + 1),
    ],
)
def test_refused(text: str | bytes) -> None:
    assert check(text)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert Experiment.from_json(json.dumps(WHOLE).encode("utf-8-sig")) == Experiment.from_dict(WHOLE)


@pytest.mark.parametrize(
    ("change", "where", "expected", "received"),
    [
        ({"network": [{"kind": "dense", "width": 0}]}, "$.network[0].width", "greater than or equal to 1", "0"),
        ({"network": [{"kind": "dense", "width": 8.0}]}, "$.network[0].width", "a valid integer", "8.0"),
        ({"optimizer": {"kind": "adam", "lr": float("nan")}}, "$.optimizer.lr", "a finite number", "nan"),
        ({"optimizer": {"kind": "adam", "lr": "0.1"}}, "$.optimizer.lr", "a valid number", "'0.1'"),
        ({"optimizer": {"kind": "adem"}}, "$.optimizer", "one of sgd, adam, ", "'adem'"),
        ({"optimizer": {"lr": 1}}, "$.optimizer", "an object with a kind", "none"),
        ({"batchsize": 3}, "$.batchsize", "no such field", "3"),
        ({"seed": True}, "$.seed", "a valid integer", "True"),
        (
            {"network": [{"kind": "activation", "function": {"kind": "x"}}]},
            "$.network[0].function",
            "one of relu",
            "'x'",
        ),
        ({"steps": None}, "$.steps", "a number of steps or of epochs", "None"),
    ],
)
def test_where_expected_received(change: dict[str, Any], where: str, expected: str, received: str) -> None:
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_dict(change)
    assert caught.value.where == where
    assert str(caught.value.expected).startswith(expected)
    assert str(caught.value.received) == received
    if "adem" in received:
        assert str(caught.value.hint) == "did you mean 'adam'?"


def test_everything_wrong_with_a_document_is_told() -> None:
    network = [{"kind": "dense", "width": 0}, {"kind": "nope"}]
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_dict({"network": network, "batchsize": 3, "seed": -1})
    found = [(each.where, str(each.received)) for each in caught.value.findings]
    assert set(found) == {
        ("$.network[0].width", "0"),
        ("$.network[1]", "'nope'"),
        ("$.batchsize", "3"),
        ("$.seed", "-1"),
    }
    assert len(found) == 4
    again = InvalidExperiment.of(json.loads(json.dumps(caught.value.plain())))
    assert list(map(str, again.findings)) == list(map(str, caught.value.findings))


def test_fields_that_do_not_go_together_are_told_at_once() -> None:
    document = {"epochs": None, "steps": None, "validation": 0.8, "test": 0.4}
    with pytest.raises(InvalidExperiment) as caught:
        Experiment.from_dict(document)
    assert [each.where for each in caught.value.findings] == ["$.steps", "$.test"]
