"""A person's text as it is: names of files, columns, classes, layers and runs, and what errors quote of them.

Streamlit reads Markdown in nearly everything that it draws, plotly reads HTML tags in names. Nobody's text is to be
interpreted: whatever was not written in `pages/` for that goes through one of these two.
"""

from __future__ import annotations

import html
import re

# What Streamlit's Markdown makes something of after escapes are resolved: :smile:, :material/home:, :red[x], arrows
# and dashes, and addresses. Such a sign is put into a span of its own, so that no pattern finds its other half.
ALONE = re.compile(r":(?=\S)|[-<>~](?=[-=>])|@(?=\w)|(?<=\bwww)\.", re.IGNORECASE)
# Whatever else has a meaning anywhere in a line, and at its start: headings, lists, quotes, rulers.
MEANING = re.compile(r"[\\`*_\[\]<>~$&|{}]|^[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]|(?<=^\d{4})[.)]")


def escape_markdown(text: str) -> str:
    """Text that Streamlit's Markdown shows letter by letter, in one line."""
    line = " ".join(text.split())
    pieces = []
    # Sign by sign: each pattern looks at what stands around it in the text as it was given, not as escaped.
    for index, sign in enumerate(line):
        escaped = f"\\{sign}" if MEANING.match(line, index) else sign
        pieces.append(f":color[\\{sign}]" if ALONE.match(line, index) else escaped)
    return "".join(pieces)


def escape_html(text: str) -> str:
    """Text that plotly shows letter by letter."""
    return html.escape(text, quote=False)
