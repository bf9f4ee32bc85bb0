"""The engine's messages in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment, PlaygroundError
from engine.message import Message, Term, fill
from engine.parts.blocks import Block
from pages.session.i18n import _, find_singular, format_number, lower_title, pgettext, read_live_texts


def translate_error(error: PlaygroundError) -> str:
    """What went wrong, in one sentence, without the path: the form shows it where it belongs."""
    if not isinstance(error, InvalidExperiment):
        return translate(error.message)
    pieces = {"expected": translate(error.expected), "received": format_value(error.received, exact=True)}
    what = _("Expected {expected}, received {received}", **pieces)
    return f"{what}; {translate(error.hint)}" if error.hint else f"{what}."


def translate_findings(error: PlaygroundError) -> str:
    """The same of everything that is wrong with one document, each with its path where there are several."""
    found = error.findings if isinstance(error, InvalidExperiment) else (error,)
    if len(found) == 1:
        return translate_error(error)
    return " ".join(f"{one.where}: {translate_error(one)}" for one in found if isinstance(one, InvalidExperiment))


def translate(message: Message) -> str:
    """A message with its clauses, its numbers and the names that have words in the language spoken."""
    text = find_singular(message.text) if message.values.get("n") == 1 else ""
    return fill(text or _(message.text), {name: format_value(each) for name, each in message.values.items()})


def translate_plain(plain: dict[str, Any] | str) -> str:
    """The same of a message from JSON."""
    return translate(Message.of(plain))


def format_value(found: Any, *, exact: bool = False) -> str:
    """What stands in a placeholder."""
    if isinstance(found, Message):
        return translate(found)
    if isinstance(found, Term):
        return name_layer(found.name) if found.kind == "layer" else pgettext(found.kind, found.name)
    if isinstance(found, str):
        return found
    if isinstance(found, float):
        return format_number(found, 17 if exact else 4)
    return format_number(found, 12) if isinstance(found, int) else ", ".join(format_value(each) for each in found)


def name_layer(text: str) -> str:
    """A layer such as "2 dense" with its block's title in the language spoken, and "2 lstm 1 · recurrent" with which of
    its weights; anything else unchanged."""
    match, kinds = re.fullmatch(r"(\d+) (\w+)( \d+)?(?: · (\w+))?", text), catalogue(Block)
    if match and match[2] in kinds:
        part = f" · {_(read_live_texts().get(f'part_{match[4]}', match[4]))}" if match[4] else ""
        return f"{match[1]} {lower_title(pgettext('part', kinds[match[2]].title()))}{match[3] or ''}{part}"
    return _(text) if text == "output" else text
