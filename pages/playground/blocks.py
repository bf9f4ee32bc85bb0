"""The network as a list of blocks: add, move, remove, edit in place."""

from __future__ import annotations

import copy
import re
from typing import Any

import streamlit as st

from engine.catalogue.part import catalogue
from engine.errors import InvalidExperiment
from engine.experiment.experiment import Experiment
from engine.parts.blocks import Block, format_shape
from engine.preview.preview import Preview
from pages.form.fields import read_specs
from pages.form.part_form import Form, make_title
from pages.form.part_help import make_tooltip
from pages.session import state
from pages.session.i18n import _, format_number
from pages.session.literal import escape_markdown
from pages.session.messages import translate


def draw_network(form: Form, draft: dict[str, Any]) -> None:
    """The list, the output layer, the totals and the initializer."""
    blocks, preview = draft["network"], preview_buildable(draft)
    for index, block in enumerate(blocks):
        draw_block(form, index, block, preview, last=index == len(blocks) - 1)
    draw_output(form, preview, len(blocks))
    st.menu_button(
        _("Add a block"),
        list(catalogue(Block)),
        format_func=make_title(Block),
        icon=":material/add:",
        width="stretch",
        key="add_block",
        on_click=add_block,
    )
    draw_totals(preview, len(blocks))
    if any(catalogue(Block)[block["kind"]].is_head for block in blocks):
        form.draw_fields(Experiment, draft, (), only=("output_weight",))
    form.draw_fields(Experiment, draft, (), only=("initializer", "bias"))


def draw_block(form: Form, index: int, block: dict[str, Any], preview: Preview | None, *, last: bool) -> None:
    """One block: its name opens its fields; beside it the buttons that move and remove it."""
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key=f"block_{index}"):
        with st.popover(summarize_block(block), width="stretch", key=f"open_{index}"):
            model = catalogue(Block)[block["kind"]]
            st.markdown(f"**{make_title(Block)(block['kind'])}**", help=make_tooltip(model))
            form.draw_fields(model, block, ("network", index))
            if not read_specs(model):
                st.caption(_("This block has nothing to set."))
        for icon, words, by, off in (
            ("arrow_upward", _("Move up"), -1, index == 0),
            ("arrow_downward", _("Move down"), 1, last),
        ):
            draw_button(f"{icon}_{index}", icon, words, off, move_block, (index, by))
        draw_button(f"remove_{index}", "close", _("Remove"), False, remove_block, (index,))
    draw_caption(preview if preview and index < len(preview.layers) - 1 else None, index)
    fault = state.get_fault()
    if fault and fault.where.startswith(f"$.network[{index}] "):
        form.draw_remarks(("network", index))


def draw_button(key: str, icon: str, words: str, off: bool, act: Any, args: tuple[int, ...]) -> None:
    """A small button that is only a picture; its words are its tooltip."""
    st.button(f":material/{icon}:", key=key, help=words, type="tertiary", disabled=off, on_click=act, args=args)


def summarize_block(block: dict[str, Any]) -> str:
    """A block in a few words: Dense 16 · Tanh."""
    model, words = catalogue(Block)[block["kind"]], []
    for spec in read_specs(model):
        value = block.get(spec.name, spec.default)
        if spec.sort == "part" and spec.family:
            words += [make_title(spec.family)(value["kind"])] if value else []
        elif spec.sort == "text":
            words += [f"“{escape_markdown(value)}”"] if value else []
        # The first field is the size; of the others only what is unusual, or the line would not fit.
        elif not words or (spec.sort in ("integer", "number") and value != spec.default):
            words.append(format_number(value, 4))
    return " · ".join([make_title(Block)(block["kind"]), *words])


def draw_caption(preview: Preview | None, index: int) -> None:
    """What comes out of a layer, and how many parameters it has."""
    if preview and index < len(preview.layers):
        layer = preview.layers[index]
        shape = f"{format_shape(layer.input_shape)} → {format_shape(layer.output_shape)}"
        note = catalogue(Block)[layer.kind].parameters_note
        text = f"{shape} · {_('{n} parameters', n=format_number(layer.parameters, 4))}" if layer.parameters else shape
        st.caption(text, help=escape_markdown(translate(note)) if note else None)
    else:
        st.caption("–")


def draw_output(form: Form, preview: Preview | None, index: int) -> None:
    """The last layer, which is always there."""
    whole = preview is not None and index < len(preview.layers)
    outputs = format_number(preview.outputs, 4) if preview and whole else "–"
    with st.container(horizontal=True, vertical_alignment="center", key="block_output"):
        st.markdown(f":material/lock: {_('Output')} · {outputs}", help=_("Always there: one output a class or target."))
    draw_caption(preview if whole else None, index)
    fault = state.get_fault()
    if fault and fault.where.startswith("$.network (output"):
        form.draw_remarks(("network",))


def draw_totals(preview: Preview | None, index: int) -> None:
    """Parameters, work and memory of the whole."""
    if not preview or index >= len(preview.layers):
        return
    parts = (
        _("{n} parameters", n=format_number(preview.parameters, 4)),
        _("{n} FLOPs an example", n=format_amount(preview.flops_per_example)),
        _("{n}B in training", n=format_amount(preview.memory_bytes)),
    )
    st.caption(" · ".join(parts))


def format_amount(value: float) -> str:
    """A count with k, M or G."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{format_number(value / size)} {letter}"
    return f"{format_number(value)} "


def preview_buildable(draft: dict[str, Any]) -> Preview | None:
    """The preview of as much of the network as can be built."""
    wanted = copy.deepcopy(draft)
    # Each attempt cuts at the block that fails; a fault before it comes to light only then.
    for _attempt in range(3):
        try:
            return state.preview_experiment(Experiment.from_dict(wanted))
        except InvalidExperiment as error:
            broken = re.match(r"\$\.network\[(\d+)\]", error.where)
            if "output layer" in error.where:
                broken = re.match(r"(\d+)", str(len(wanted["network"]) - 1))
            if broken is None:
                return None
            wanted["network"] = wanted["network"][: int(broken[1])]
    return None


def add_block() -> None:
    """The menu was used: a block like the last of its kind, before the output."""
    kind = state.read_control("add_block")
    blocks = state.get_draft()["network"]
    # Whoever stacks layers mostly wants the last one again.
    alike = [block for block in blocks if block["kind"] == kind]
    fresh = copy.deepcopy(alike[-1]) if alike else catalogue(Block)[kind]().model_dump(mode="json")
    state.change(("network",), [*blocks, fresh])


def move_block(index: int, by: int) -> None:
    """Swap a block with its neighbor."""
    blocks = list(state.get_draft()["network"])
    blocks[index], blocks[index + by] = blocks[index + by], blocks[index]
    state.change(("network",), blocks)


def remove_block(index: int) -> None:
    """Take a block out."""
    blocks = list(state.get_draft()["network"])
    state.change(("network",), blocks[:index] + blocks[index + 1 :])
