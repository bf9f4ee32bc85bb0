"""Controls made from fields: one generic form for every part of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from pydantic import BaseModel

from engine.catalogue.part import Part, catalogue
from pages.form.fields import FieldSpec, choose_step, choose_stride, make_linear_stops, make_log_stops, read_specs
from pages.form.part_help import escape_signs, make_tooltip, read_section
from pages.session.i18n import _, format_fixed, format_number, pgettext
from pages.session.literal import escape_markdown

Path = tuple[str | int, ...]


def format_path(path: Path) -> str:
    """A path as the engine's errors write it."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def make_title(family: type[Part]) -> Callable[[str], str]:
    """From a kind to its title."""
    parts = catalogue(family)
    return lambda kind: pgettext("part", parts[kind].title()) if kind in parts else kind


@dataclass(frozen=True)
class Form:
    """Draws controls. `bind` ties one to a place in the draft; `mark` is the sentence to show under a place, or "", and
    so is `doubt` for what is allowed but does nothing, or not what it seems to."""

    bind: Callable[..., dict[str, Any]]
    find_fault: Callable[[str], str]
    find_caution: Callable[[str], str] = lambda where: ""

    def draw_fields(
        self, model: type[BaseModel], values: Mapping[str, Any], path: Path, only: Sequence[str] = ()
    ) -> None:
        """The fields of a part in two columns; wide ones take both."""
        chosen = read_specs(model, only)
        self.draw_grid([(spec, values.get(spec.name, spec.default), (*path, spec.name)) for spec in chosen])

    def draw_grid(self, cells: Sequence[tuple[FieldSpec, Any, Path]]) -> None:
        """Cells in two columns; a part's own fields follow it."""
        waiting: list[tuple[FieldSpec, Any, Path]] = []
        for cell in cells:
            # Sliders that are dragged while it trains: half the width would be too coarse for them.
            wide = cell[0].log and cell[0].sort == "number" and cell[0].name in ("lr", "strength")
            if wide:
                self._draw_row(waiting)
                waiting = []
                self.draw_field(*cell)
            else:
                waiting.append(cell)
            if len(waiting) == 2:
                self._draw_row(waiting)
                waiting = []
        self._draw_row(waiting)

    def _draw_row(self, cells: Sequence[tuple[FieldSpec, Any, Path]]) -> None:
        if not cells:
            return
        for column, cell in zip(st.columns(2, gap="small"), cells, strict=False):
            with column:
                self.draw_field(*cell)
        for spec, value, path in cells:
            if spec.sort == "part" and spec.family and value:
                if words := read_section(catalogue(spec.family)[value["kind"]], "Difference"):
                    st.caption(escape_signs(words))
                self.draw_fields(catalogue(spec.family)[value["kind"]], value, path)

    def draw_field(self, spec: FieldSpec, value: Any, path: Path) -> None:
        """One control, and under it what is wrong with its value."""
        CONTROLS[spec.sort](spec, value, lambda shown, wrap=None: self.bind(path, shown, wrap))
        self.draw_remarks(path)

    def draw_remarks(self, path: Path) -> None:
        """The sentence under a field whose value cannot be, or does nothing."""
        if sentence := self.find_fault(format_path(path)):
            draw_complaint(sentence)
        if sentence := self.find_caution(format_path(path)):
            draw_warning(sentence)

    def draw_switches(
        self, family: type[Part], values: Sequence[Mapping[str, Any]], path: Path, only: Collection[str] = ()
    ) -> None:
        """Any of the parts of a family, each at most once: a switch for each, and the fields of those that are on."""
        parts, on = catalogue(family), [value["kind"] for value in values]
        columns = st.columns(2, gap="small")
        for index, part_kind in enumerate(only or parts):
            wrap = make_switch(list(values), part_kind, leads=parts[part_kind].leads)
            with columns[index % 2]:
                tie = self.bind((*path, f"has_{part_kind}"), part_kind in on, None)
                # The switch shows whether one part is on; what changes is the whole list.
                tie["args"] = (tie["args"][0], path, wrap)
                st.toggle(make_title(family)(part_kind), wrap=True, help=make_tooltip(parts[part_kind]), **tie)
        for index, value in enumerate(values):
            self.draw_part_fields(family, parts[value["kind"]], value, (*path, index))
            self.draw_remarks((*path, index))
        self.draw_remarks(path)

    def draw_part_fields(self, family: type[Part], model: type[Part], value: Mapping[str, Any], path: Path) -> None:
        """The fields of one of several parts; a lone one is named after the part."""
        chosen = read_specs(model)
        for spec in chosen:
            title = make_title(family)(value["kind"])
            label = title if len(chosen) == 1 else f"{title}: {pgettext('field', spec.label).lower()}"
            draw = CONTROLS[spec.sort]
            own = (*path, spec.name)
            draw(spec, value.get(spec.name, spec.default), lambda v, wrap=None, p=own: self.bind(p, v, wrap), label)
            self.draw_remarks(own)


def draw_complaint(sentence: str) -> None:
    """What is wrong, in red."""
    st.markdown(f":small[:red[:material/error: {escape_markdown(sentence)}]]")


def draw_warning(sentence: str) -> None:
    """What to be careful about, in orange."""
    st.markdown(f":small[:orange[:material/warning: {escape_markdown(sentence)}]]")


def make_switch(
    values: list[Mapping[str, Any]], part_kind: str, *, leads: bool = False
) -> Callable[[bool], list[Mapping[str, Any]]]:
    """From on or off to the list with or without a part; one that leads stands first."""
    rest = [value for value in values if value["kind"] != part_kind]
    own = {"kind": part_kind}
    return lambda on: ([own, *rest] if leads else [*rest, own]) if on else rest


def describe_field(spec: FieldSpec) -> str | None:
    """The field's help with its bounds and unit."""
    bounds = ""
    if spec.low is not None and spec.high is not None and spec.sort in ("integer", "number"):
        bounds = f"{format_number(spec.low, 6)} … {format_number(spec.high, 6)} {pgettext('unit', spec.unit)}".strip()
    text = " ".join(filter(None, [_(spec.help), bounds]))
    return text or None


def draw_choice(spec: FieldSpec, value: Any, tie: Callable[..., dict[str, Any]], label: str = "") -> None:
    st.selectbox(
        label or pgettext("field", spec.label),
        spec.choices,
        format_func=lambda option: pgettext("choice", option),
        help=describe_field(spec),
        filter_mode=None,
        **tie(value),
    )


def draw_flag(spec: FieldSpec, value: Any, tie: Callable[..., dict[str, Any]], label: str = "") -> None:
    st.toggle(label or pgettext("field", spec.label), wrap=True, help=describe_field(spec), **tie(value))


def draw_kind(spec: FieldSpec, value: Any, tie: Callable[..., dict[str, Any]], label: str = "") -> None:
    assert spec.family
    title, parts = make_title(spec.family), catalogue(spec.family)
    chosen_one = make_tooltip(parts[value["kind"]]) if value and value["kind"] in parts else ""
    st.selectbox(
        label or pgettext("field", spec.label),
        [*([""] if spec.optional else []), *parts],
        format_func=lambda chosen: title(chosen) if chosen else _(spec.none),
        help="\n\n".join(filter(None, [describe_field(spec), chosen_one])) or None,
        filter_mode=None,
        **tie(value["kind"] if value else "", lambda chosen: {"kind": chosen} if chosen else None),
    )


def draw_integer(spec: FieldSpec, value: Any, tie: Callable[..., dict[str, Any]], label: str = "") -> None:
    st.number_input(
        label or pgettext("field", spec.label),
        # The session's value wins; this one alone decides whether the field may be empty.
        value=None if spec.optional else "min",
        step=choose_stride(spec),
        placeholder=_("no limit") if spec.optional else None,
        help=describe_field(spec),
        **tie(value),
    )


def draw_number(spec: FieldSpec, value: Any, tie: Callable[..., dict[str, Any]], label: str = "") -> None:
    shown, name = float(value), label or pgettext("field", spec.label)
    if spec.log:
        st.select_slider(
            name, make_log_stops(spec, shown), format_func=format_number, help=describe_field(spec), **tie(shown)
        )
        return
    step = choose_step(spec)
    stops, decimals = make_linear_stops(spec, shown), count_decimals(step)
    if stops:
        st.select_slider(
            name, stops, format_func=partial(format_fixed, digits=decimals), help=describe_field(spec), **tie(shown)
        )
    else:
        st.number_input(name, step=step, format=f"%.{decimals}f", help=describe_field(spec), **tie(shown))


def count_decimals(step: float) -> int:
    """Decimals that a step needs."""
    return max(0, len(f"{step:.10f}".rstrip("0").split(".")[1]))


def draw_text(spec: FieldSpec, value: Any, tie: Callable[..., dict[str, Any]], label: str = "") -> None:
    st.text_input(label or pgettext("field", spec.label), max_chars=48, help=describe_field(spec), **tie(value))


CONTROLS: dict[str, Callable[..., None]] = {
    "choice": draw_choice,
    "flag": draw_flag,
    "part": draw_kind,
    "integer": draw_integer,
    "number": draw_number,
    "text": draw_text,
}
