"""Every text a person reads, in their language: gettext catalogues, compiled in memory when first needed.

Message ids are the English texts. Contexts keep apart what English says with one word: `part` for titles of
catalogue entries, `field` for names of their fields, `choice` for options.
"""

from __future__ import annotations

import gettext
import re
import sys
from contextvars import ContextVar
from functools import cache
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from pages.settings import ASSETS

LANGUAGES = ("en", "es")
BROWSER_CONTEXTS = (None, "one", "part")
"""Contexts of what the engine's messages say."""
LARGEST = sys.float_info.max
_spoken: ContextVar[str] = ContextVar("spoken", default="en")


def speak(language: str) -> None:
    """From here on this thread's texts are in `language`."""
    _spoken.set(language if language in LANGUAGES else "en")


def current_language() -> str:
    """The language of this thread's texts."""
    return _spoken.get()


@cache
def load_catalog(language: str) -> gettext.NullTranslations:
    """The translations of a language; the English one holds nicer names for some fields."""
    path = ASSETS / "locale" / language / "LC_MESSAGES" / "playground.po"
    if not path.exists():
        return gettext.NullTranslations()
    # Compiled here, so that a translation is one text file and no build step is needed.
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def read_browser_texts(language: str) -> dict[str, str]:
    """What the browser translates the engine's messages with; a context stands before its text as in gettext."""
    source = ASSETS / "locale" / language / "LC_MESSAGES" / "playground.po"
    if not source.exists():
        return {}
    with source.open("rb") as file:
        entries = [entry for entry in read_po(file, locale=language) if entry.id]
    return {
        f"{entry.context}\x04{entry.id}" if entry.context else str(entry.id): str(entry.string)
        for entry in entries
        if entry.context in BROWSER_CONTEXTS
    }


def _(message: str, **values: object) -> str:
    """The message in the language spoken, its {placeholders} filled."""
    text = load_catalog(current_language()).gettext(message) if message else ""
    return text.format(**values) if values else text


def pgettext(context: str, message: str) -> str:
    """The message as it is meant in a context."""
    return load_catalog(current_language()).pgettext(context, message) if message else ""


# Not gettext's plural forms: those need both sentences where one is said, and the engine knows English alone.
def find_singular(message: str) -> str:
    """How the language says a message whose number is one, where that is another text; else nothing."""
    found = load_catalog(current_language()).pgettext("one", message)
    return "" if found == message else found


def lower_title(title: str) -> str:
    """A title inside a line, such as "1 dense": small letters, but GRU and LSTM stay as they are."""
    return " ".join(word if word.isupper() else word.lower() for word in title.split(" "))


@cache
def read_live_texts() -> dict[str, str]:
    """The English texts of the live component by key, from its `texts.js`."""
    source = (ASSETS / "live" / "text" / "texts.js").read_text(encoding="utf-8")
    body = source.split("TEXTS = {", 1)[1].split("\n};", 1)[0]
    found = re.findall(r'^\s*(\w+):\s*"((?:[^"\\]|\\.)*)",?$', body, re.M)
    return {key: re.sub(r"\\(.)", r"\1", text) for key, text in found}


def format_number(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, as the language writes it; a dash where there is none."""
    if value is None or not abs(value) <= LARGEST:  # a whole number can be larger than any other
        return "–"
    counted = (
        digits > 3 and float(value).is_integer() and current_language() == "en"
    )  # Spanish leaves four digits together
    text = f"{value:,.0f}" if abs(value) >= (1e3 if counted else 1e4) else f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return localize(text)


def format_fixed(value: float, digits: int) -> str:
    """A number with so many decimals."""
    return localize(f"{value:.{digits}f}")


def localize(text: str) -> str:
    """A number's text with the separators of the language."""
    return text.translate(str.maketrans(",.", "\u202f,")) if current_language() == "es" else text
