"""What is said of a part: short, beside the control that chooses it, and in pieces for the page Reference."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

from engine.catalogue.docstring import parse_docstring
from engine.catalogue.part import Part, catalogue, families, family
from pages.session.i18n import _, current_language, pgettext

# a word that no bracket, digit or apostrophe follows, or the article "a" before a word ("a disc", not "a is …")
BEGINNING = re.compile(r"[a-záéíóúñü]{2,}(?=[ ,.;:])|a(?= [a-z]{3})")
SIGNS = frozenset({"cos", "exp", "ln", "log", "max", "min", "tanh"})


@cache
def list_parts() -> Mapping[str, tuple[type[Part], ...]]:
    """All parts by the name of their family, in the order in which they want to be shown."""
    return {name: tuple(catalogue(family(name)).values()) for name in families()}


def read_kind(part: type[Part]) -> str:
    return str(part.model_fields["kind"].default)


@cache
def index_parts() -> Mapping[str, type[Part]]:
    """Every part under `family.kind`."""
    return {f"{name}.{read_kind(part)}": part for name, parts in list_parts().items() for part in parts}


def name_part(part: type[Part]) -> str:
    """The part's name in an address: its kind alone where no other family has one like it."""
    # Short addresses are the rule: of the hundred kinds few have a namesake in another family.
    kinds = Counter(name.split(".")[1] for name in index_parts())
    kind = read_kind(part)
    return kind if kinds[kind] == 1 else f"{part.family}.{kind}"


def find_part(name: str) -> type[Part] | None:
    """The part of a name, `adam` or `optimizers.adam`; of several that are called alike, the first family's."""
    known = index_parts()
    return known.get(name) or next((part for full, part in known.items() if full.split(".")[1] == name), None)


def name_family(name: str) -> str:
    """What a family is called."""
    titles = {
        "datasets": _("Data sets"),
        "transforms": _("Preprocessing"),
        "augmentations": _("Augmentation"),
        "blocks": _("Blocks"),
        "activations": _("Activation functions"),
        "initializers": _("Initializers"),
        "losses": _("Losses"),
        "optimizers": _("Optimizers"),
        "schedules": _("Learning-rate schedules"),
        "regularizers": _("Regularization"),
        "ensembles": _("Ensembles"),
        "aspects": _("Targets of heads"),
        "attacks": _("Attacks"),
        "probes": _("Instruments"),
        "checks": _("Sanity checks"),
        "exporters": _("Export formats"),
    }
    return titles.get(name) or name.replace("_", " ").capitalize()


def translate_part_title(part: type[Part]) -> str:
    """Translated title of a part."""
    return pgettext("part", part.title())


def read_section(part: type[Part], name: str) -> str:
    """What a section says, in the language spoken."""
    return pgettext("reference", parse_docstring(part)[name])


def read_text(part: type[Part]) -> str:
    """The text of the docstring, in the language spoken."""
    return pgettext("reference", parse_docstring(part).text)


def read_summary(part: type[Part]) -> str:
    """The first line without the title that it begins with."""
    line = pgettext("reference", parse_docstring(part).summary)
    return line.removeprefix(translate_part_title(part)).lstrip(" :,") or line


def capitalize(line: str) -> str:
    """A text that stands under a heading: with a capital, where it begins with a plain word and not with a symbol."""
    first = BEGINNING.match(line)
    return line if not first or first[0] in SIGNS else line[0].upper() + line[1:]


def make_address(part: type[Part]) -> str:
    """The part's entry, relative to the page."""
    return "reference?" + urlencode({"part": name_part(part), "lang": current_language()})


def make_tooltip(part: type[Part]) -> str:
    """Markdown for a tooltip: what it is, its formula, and the way to more."""
    formula = parse_docstring(part)["Formula"]
    pieces = [
        f"**{translate_part_title(part)}** · {escape_signs(read_summary(part))}",
        f"$$\n{formula}\n$$" if formula else "",
    ]
    return "\n\n".join([*filter(None, pieces), f"[{_('More in the reference')}]({make_address(part)})"])


def escape_signs(line: str) -> str:
    """A text whose signs Markdown would read as its own, as they are meant."""
    return "".join(f"\\{sign}" if sign in "*_~[]$`<>|" else sign for sign in line)


def fold(words: str) -> str:
    """Small letters without accents, for searching."""
    kept = unicodedata.normalize("NFKD", words.casefold())
    return "".join(sign for sign in kept if not unicodedata.combining(sign))


def matches(part: type[Part], wanted: str) -> bool:
    """Whether every word looked for is in the part's title (English or spoken), kind, or first line."""
    words = fold(
        f"{part.title()} {translate_part_title(part)} {read_kind(part)} {read_summary(part)} {name_family(part.family)}"
    )
    return all(word in words for word in fold(wanted).split())
