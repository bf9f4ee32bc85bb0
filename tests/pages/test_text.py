"""Catalogues: Spanish knows every text, and no placeholder is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from engine.catalogue.part import PATTERN_HELP
from engine.errors import InvalidExperiment, PlaygroundError
from engine.experiment.experiment import Experiment
from engine.message import Message, Term
from engine.parts.datasets.spiral import Spiral
from engine.parts.datasets.upload import Upload
from engine.parts.datasets.wine import Wine
from engine.preview.preview import preview
from engine.training import end_messages
from pages.form.part_help import capitalize
from pages.playground.live_view import collect_texts
from pages.session.experiment_title import name_classes
from pages.session.i18n import LANGUAGES, format_fixed, format_number, load_catalog, pgettext, read_live_texts, speak
from pages.session.messages import name_layer, translate, translate_error
from pages.settings import ASSETS
from tests.pages.messages import engine_texts, messages


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    speak("en")
    yield
    speak("en")


def translated(context: str, text: str) -> str:
    spanish = load_catalog("es")
    return spanish.pgettext(context, text) if context else spanish.gettext(text)


def known(language: str) -> dict[tuple[str, str], str]:
    path = Path(ASSETS / "locale" / language / "LC_MESSAGES" / "playground.po")
    with path.open("rb") as source:
        return {(m.context or "", str(m.id)): str(m.string) for m in read_po(source) if m.id}


def test_spanish_knows_every_text() -> None:
    assert messages() - known("es").keys() == set()


def test_spanish_says_one_thing_in_the_singular() -> None:
    """Where a number stands before a word in the plural."""
    spanish = known("es")
    counted = {
        text
        for text in engine_texts()
        if re.search(r"\{n\} (?!después|más)[a-záéíóú]+s\b", spanish.get(("", text), ""))
    }
    assert len(counted) > 30
    assert {text for text in counted if ("one", text) not in spanish} == set()
    speak("es")
    assert [translate(Message("at least {n} rows", n=n)) for n in (1, 2)] == ["al menos 1 fila", "al menos 2 filas"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_hold_nothing_else_and_keep_placeholders(language: str) -> None:
    wanted = messages() | {("one", text) for text in engine_texts() if "{n}" in text}
    for (context, text), translation in known(language).items():
        assert (context, text) in wanted
        assert translation.strip(), text
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", translation)), text


def test_the_live_component_has_texts() -> None:
    assert read_live_texts()["pause"] == "Pause"
    assert len(read_live_texts()) > 60


def test_numbers_follow_the_language() -> None:
    assert (format_number(0.003), format_number(12345), format_fixed(0.5, 2), format_number(None)) == (
        "0.003",
        "12,345",
        "0.50",
        "–",
    )
    assert (format_number(4482, 12), format_number(4482.5, 5), format_number(999, 12)) == ("4,482", "4482.5", "999")
    speak("es")
    assert (format_number(0.003), format_number(12345), format_fixed(0.5, 2)) == ("0,003", "12\u202f345", "0,50")
    assert format_number(4482, 12) == "4482"


def broken(document: dict[str, object]) -> InvalidExperiment:
    with pytest.raises(InvalidExperiment) as caught:
        preview(Experiment.from_dict({**Experiment().to_dict(), **document}))
    return caught.value


def test_errors_are_said_in_one_sentence_of_the_language() -> None:
    width = broken({"network": [{"kind": "dense", "width": 0}]})
    conv = broken({"network": [{"kind": "conv2d"}]})
    loss = broken({"data": {"kind": "curve"}})
    assert translate_error(width) == "Expected at least 1, received 0."
    speak("es")
    assert translate_error(width) == "Se esperaba al menos 1; se recibió 0."
    assert translate_error(conv) == "Se esperaba una imagen (canales, alto, ancho); se recibió 2."
    assert translate_error(loss) == (
        "Se esperaba una pérdida para regresión; se recibió 'cross_entropy', que es para clasificación."
    )
    assert translate(end_messages.lose_finite_loss(12, Term("layer", "2 dense"))) == (
        "La pérdida no es finita en el paso 12; lo primero que falló fueron los números de la capa 2 densa."
    )
    assert name_layer("output") == "salida"
    assert translate_error(PlaygroundError(Message("There is no run {run}.", run="x"))) == "No existe la ejecución x."


def test_layers_are_named_in_small_letters_but_for_their_abbreviations() -> None:
    assert (name_layer("1 lstm"), name_layer("2 gru"), name_layer("3 max_pool")) == ("1 LSTM", "2 GRU", "3 max pooling")
    assert (collect_texts("en")["kind_lstm"], collect_texts("es")["kind_gru"]) == ("LSTM", "GRU")
    speak("es")
    assert (name_layer("1 lstm"), name_layer("2 dense")) == ("1 LSTM", "2 densa")
    assert collect_texts("es")["kind_max_pool"] == "agrupación por máximo"


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("finds inputs that one step misses", "Finds inputs that one step misses"),
        ("a disc of one class", "A disc of one class"),
        ("unchanged.", "Unchanged."),
        ("así, sin más", "Así, sin más"),
        ("última fila", "Última fila"),
        ("sin cambios; (lote, canales)", "Sin cambios; (lote, canales)"),
        *((line, line) for line in ("f(x) = x.", "λ Σ|w|", "ln C at first", "a is the divisor", "k times the cost")),
        *((line, line) for line in ("max(0, x)", "int8, row by row", "x and y", "torch's own", "Already so", "")),
    ],
)
def test_what_stands_under_a_heading_begins_with_a_capital_unless_it_is_a_symbol(line: str, printed: str) -> None:
    assert capitalize(line) == printed


@pytest.mark.parametrize(
    ("document", "received"),
    [
        ({"regularizers": [{"kind": "l2", "layers": "1;2"}]}, "1;2"),
        ({"regularizers": [{"kind": "l1", "layers": "capa ñ"}]}, "capa ñ"),
        ({"network": [{"kind": "dense", "label": "á"}]}, "á"),
        ({"data": {"kind": "upload", "file": "x"}}, "x"),
        ({"data": {"kind": "upload", "called": "<b>"}}, "<b>"),
        ({"data": {"kind": "upload", "uses": "nx"}}, "nx"),
        ({"data": {"kind": "points", "drawn": "1,2"}}, "1,2"),
    ],
)
def test_what_is_written_in_no_allowed_way_is_said_in_words(document: dict[str, object], received: str) -> None:
    wrong = broken(document)
    assert wrong.expected in PATTERN_HELP.values()
    assert translate_error(wrong) == f"Expected {wrong.expected}, received {received!r}."
    speak("es")
    assert str(wrong.expected) not in translate_error(wrong)


def test_classes_are_named_in_the_language_but_for_a_persons_own() -> None:
    names = ("orange", "blue", "7")
    assert (name_classes(Spiral(), names), name_classes(Upload(), names)) == (names, names)
    assert name_classes(Wine(), ("class_0",)) == ("class 0",)
    speak("es")
    assert (name_classes(Spiral(), names), name_classes(Upload(), names)) == (("naranja", "azul", "7"), names)


def test_parts_are_named_in_spanish() -> None:
    speak("es")
    assert pgettext("part", "Dense") == "Densa"
    assert pgettext("field", "Lr") == "Tasa de aprendizaje"
    assert translated("choice", "step") == "escalón"
