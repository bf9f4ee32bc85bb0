"""Errors that a person sees are made of messages: a plain text would reach a Spanish page in English."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import InvalidExperiment, PlaygroundError
from engine.message import Message, Term
from pages.session.i18n import speak
from pages.session.messages import translate_error, translate_findings

ROOT = Path(__file__).parents[2]
SOURCES = sorted((*(ROOT / "engine").rglob("*.py"), *(ROOT / "pages").rglob("*.py")))
SAYING = {"PlaygroundError": 0, "NotExportable": 0, "Taken": 0, "refusal": 0, "InvalidExperiment": 1}
"""What makes an error, and which of its arguments is the first that a person reads."""
TOLD = ("message", "sentence", "error")
"""Keys of what is stored of a run and sent to a page."""


def plain_texts(tree: ast.AST) -> Iterator[int]:
    """The lines on which an error is made of a text instead of a message. A number or a repr may be received."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            for place, given in enumerate(node.args[SAYING[node.func.id] :]):
                literal = isinstance(given, ast.Constant) and isinstance(given.value, str) and " " in given.value
                received = place == 1 and not literal
                if (literal or isinstance(given, ast.JoinedStr | ast.Constant)) and not received:
                    yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_error_is_made_of_a_plain_text(path: Path) -> None:
    assert list(plain_texts(ast.parse(path.read_text(encoding="utf-8")))) == []


def plain_news(tree: ast.AST) -> Iterator[int]:
    """The lines on which what a run or its log says is a text instead of a message."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                told = isinstance(key, ast.Constant) and key.value in TOLD
                text = isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value != ""
                made = isinstance(value, ast.JoinedStr) or (
                    isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "str"
                )
                if told and (text or made):
                    yield value.lineno


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.parent.name != "cli"],  # the command line speaks English
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_run_and_no_log_says_a_plain_text(path: Path) -> None:
    assert list(plain_news(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("value", ['"It ended."', 'f"It ended at {step}."', "str(error)"])
def test_the_rule_for_news_finds_what_it_is_for(value: str) -> None:
    assert list(plain_news(ast.parse(f'LogRow(1, "failed", {{"sentence": {value}}})'))) == [1]
    assert list(plain_news(ast.parse(f'Entry(run, changes={{"state": state, "message": {value}}})'))) == [1]
    assert not list(plain_news(ast.parse('{"sentence": message.plain(), "message": message.dump(), "x": "It ended."}')))


@pytest.mark.parametrize(
    "line",
    [
        'PlaygroundError("There is no run x.")',
        'PlaygroundError(f"There is no run {run}.")',
        'InvalidExperiment(where, "a vector", shape)',
        'InvalidExperiment(where, Message("a vector"), "word numbers")',
        'refusal(Message("a table"), "an empty file", hint)',
        'refusal(Message("a table"), size, f"{hint}")',
    ],
)
def test_the_rule_above_finds_what_it_is_for(line: str) -> None:
    assert list(plain_texts(ast.parse(line))) == [1]
    assert not list(plain_texts(ast.parse('InvalidExperiment("$.device", Message("a device"), "\'cuda\'", HINT)')))


def test_an_error_is_said_in_spanish_with_its_clauses_and_numbers() -> None:
    error = InvalidExperiment("$.x", Message("at most {n} characters", n=12345), 0.123456)
    error.also = (InvalidExperiment("$.y", Message("a vector"), "8 × 8", Message("put a flatten block before it")),)
    title = PlaygroundError(Message("{title} cannot be exported as a program.", title=Term("part", "Dense")))
    assert str(error) == "$.x: expected at most 12345 characters, received 0.123456"
    speak("es")
    try:
        assert translate_error(error) == "Se esperaba como máximo 12\u202f345 caracteres; se recibió 0,123456."
        assert translate_findings(error).startswith("$.x: Se esperaba como máximo")
        assert "$.y: Se esperaba un vector; se recibió 8 × 8" in translate_findings(error)
        assert "Densa" in translate_error(title)
    finally:
        speak("en")
