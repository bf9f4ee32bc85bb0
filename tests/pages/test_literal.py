"""No page gives a person's text, or a sentence of the engine that quotes one, to Streamlit's Markdown as it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.message import Message
from pages.figures.charts import style_axes
from pages.session.literal import escape_html, escape_markdown
from tests.browser.nasty import TEXTS
from tests.pages.messages import PAGES, engine_texts

MARKDOWN = {
    *("markdown", "caption", "write", "title", "header", "subheader", "error", "warning", "info", "success", "toast"),
    *("spinner", "image", "metric", "badge", "dialog", "expander", "popover", "page_link", "link_button", "button"),
    *("download_button", "radio", "pills", "segmented_control", "toggle", "checkbox", "tabs", "status", "table"),
}
QUOTING = {
    *("translate", "translate_error", "translate_findings", "translate_plain", "read_refusal", "name_layer"),
    *("explain_missing_file", "explain_faults", "explain_cautions", "find_complaint", "describe_shrinkage"),
}
"""Functions of the pages whose text quotes a person's."""
NAMING = {"name", "called", "levels", "classes", "message", "label", "head", "tail", "reason"}
OWN = {"about", "schema", "file", "column", "row", "loaded", "kept", "image", "note", "block"}


def drawn(tree: ast.AST) -> Iterator[ast.AST]:
    """Every expression that is given to something that reads Markdown, as far as it is not taken literally."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MARKDOWN:
            waiting: list[ast.AST] = [*node.args, *(word.value for word in node.keywords if word.arg not in KEYS)]
            while waiting:
                found = waiting.pop()
                if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id in SAFE:
                    continue
                yield found
                waiting += ast.iter_child_nodes(found)


SAFE = {"escape_markdown", "len", "format_number", "encode_inline"}
KEYS = {"key", "args", "on_click", "icon", "disabled", "type", "width", "query_params"}


def unsafe(tree: ast.AST) -> list[str]:
    """What a person may have written there, by line."""
    found = []
    for node in drawn(tree):
        name = ""
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
            )
            name = name if name in QUOTING else ""
        elif isinstance(node, ast.Attribute) and node.attr in NAMING:
            owner = node.value
            last = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
            name = f"{last}.{node.attr}" if last in OWN or isinstance(owner, ast.Subscript) else ""
        if name:
            found.append(f"line {node.lineno}: {name}")  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.py")), ids=lambda path: path.name)
def test_no_page_draws_a_persons_text_as_markdown(path: Path) -> None:
    assert unsafe(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_the_functions_named_here_are_there() -> None:
    """A function that is renamed would otherwise be looked for no more."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in PAGES.rglob("*.py"))
    defined = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {*QUOTING, *SAFE} - defined == {"len"}


@pytest.mark.parametrize(
    "line",
    [
        "st.error(translate_error(error))",
        "st.markdown(f'### {schema.name}')",
        "st.caption(_('{name} · {n}', name=file.schema.name))",
        "st.button(file.schema.name, key='x')",
        "wait.error(read_refusal(answer))",
        "st.image(images, caption=[schema.classes[label] for label in labels])",
        "st.segmented_control('x', y, format_func=lambda place: schema.columns[place].name)",
    ],
)
def test_the_rule_above_finds_what_it_is_for(line: str) -> None:
    assert unsafe(ast.parse(line))
    assert not unsafe(ast.parse("st.error(escape_markdown(translate_error(error)))"))


def test_usual_names_stay_readable() -> None:
    for name in ("iris.csv", "Run 3 (copy).csv", "width, cm: outside", "año-2024", "a+b=c", "5 % of x/y!"):
        assert escape_markdown(name) == name
    assert escape_markdown("my_file\n\tname ") == r"my\_file name"
    assert escape_html("<b>a & b</b>") == "&lt;b&gt;a &amp; b&lt;/b&gt;"


def test_charts_name_their_lines_letter_by_letter() -> None:
    import plotly.graph_objects as go

    made = go.Figure()
    for text in TEXTS:
        made.add_scatter(x=[0], y=[0], name=text)
    colors: Any = {name: ["#000"] for name in ("runs",)} | dict.fromkeys(("grid", "text", "ground"), "#000")
    shown = style_axes(made, colors, "<i>x</i>", "y", log=False)
    assert [trace.name for trace in shown.data] == [escape_html(text) for text in TEXTS]
    assert shown.layout.xaxis.title.text == "&lt;i&gt;x&lt;/i&gt;"


def test_sentences_of_the_engine_are_plain_text() -> None:
    """They are escaped as a whole, so none may count on being Markdown."""
    assert str(Message("{names} and {n} more", names="*a*", n=2)) == "*a* and 2 more"
    for text in engine_texts():
        assert "**" not in text
        assert ":material" not in text
        assert "](" not in text


def test_the_live_component_writes_text_and_never_html() -> None:
    for path in (PAGES.parent / "assets" / "live").rglob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert not [
            word for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write") if word in source
        ]
