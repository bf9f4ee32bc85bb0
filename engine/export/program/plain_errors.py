"""Errors as an exported program has them: English sentences, without the pages that would translate them."""

from __future__ import annotations


class Message:
    """A sentence with the values that fill its {placeholders}."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.text, self.values = text, values

    def __str__(self) -> str:
        return self.text.format(**self.values)


class PlaygroundError(Exception):
    """Something asked for cannot be done."""


class InvalidExperiment(PlaygroundError):
    """A value that no experiment can have: where it stands, what was expected there and what was given."""

    def __init__(self, where: str, expected: object, received: object, hint: object = "") -> None:
        super().__init__(f"{where}: expected {expected}, received {received}; {hint}".removesuffix("; "))


def abbreviate(value: object) -> str:
    """`value` on one line."""
    return " ".join(repr(value).split())
