"""Docstrings of parts, parsed into sections: the page Reference and the help beside controls are made from them.

The grammar: a first line `Title: what it is, formula`; then text; then sections, each a line that begins with its
name and a colon, with the lines that follow it. `Formula:` is LaTeX.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

SECTIONS = ("Formula", "Difference", "Use", "Trouble", "Shape", "Unit", "Reading", "Cost", "Raises", "Source")


@dataclass(frozen=True)
class ParsedDocstring:
    """A docstring's first line, its text and its sections; a section that is missing reads as empty."""

    summary: str
    text: str
    sections: Mapping[str, str]

    def __getitem__(self, section: str) -> str:
        return self.sections.get(section, "")


@cache
def parse_docstring(part: type) -> ParsedDocstring:
    first, *lines = (inspect.getdoc(part) or part.__name__).splitlines()
    lines_of: dict[str, list[str]] = {"": []}
    name = ""
    for line in lines:
        head, colon, rest = line.partition(":")
        if colon and head in SECTIONS:
            name, line = head, rest
        # A section goes on until the next begins; blank lines only part paragraphs in the source.
        lines_of.setdefault(name, []).append(line.strip())
    sections = {name: " ".join(filter(None, section)) for name, section in lines_of.items()}
    return ParsedDocstring(first, sections.pop(""), sections)
