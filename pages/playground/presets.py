"""The ready-made experiments: a window with a search and a section for each topic of the lectures."""

from __future__ import annotations

import unicodedata
from itertools import groupby

import streamlit as st

from engine.experiment.presets import Expectation, PresetEntry, load, read_catalog
from pages.session import state
from pages.session.i18n import _, format_fixed, format_number, pgettext

# What is expected, by measure and by whether it is a lower or an upper bound.
SENTENCES = {
    ("validation_accuracy", True): "Validation accuracy of {value} or more by step {step}.",
    ("training_accuracy", True): "Training accuracy of {value} or more by step {step}.",
    ("training_accuracy", False): "Training accuracy still at {value} or less in step {step}.",
    ("validation_r2", True): "R² of {value} or more on validation by step {step}.",
    ("accuracy_gap", True): "At step {step} training accuracy is {value} or more above validation accuracy.",
    ("accuracy_gap", False): "At step {step} training accuracy is at most {value} above validation accuracy.",
    ("worst_recall", True): "By step {step}, {value} or more of every class is recognized.",
    ("gradient_share", False): "In step {step} the first layer's gradient norm is {value} of the last's or less.",
    ("gradient_share", True): "In step {step} the first layer's gradient norm is {value} of the last's or more.",
    ("near_zero", True): "At step {step}, {value} or more of the weights are below 0.001.",
    ("diverges", True): "The loss is no longer finite, and the run ends, by step {step}.",
    ("stops_early", True): "Training stops by itself by step {step}.",
    ("ends_accuracy", True): "Validation accuracy of every end is {value} or more at step {step}.",
    ("reconstruction_r2", True): "R² of the reconstruction is {value} or more on validation at step {step}.",
    ("loss_of_one", False): "At step {step} validation loss is {value} of that of a single network or less.",
    ("attacked_accuracy", True): "At step {step}, {value} or more of the attacked examples are answered correctly.",
    ("attacked_unprepared", False): "Trained without attacks, the same network gets {value} of them right or less.",
}


def draw_presets() -> None:
    """The button that opens the window, and under it what to look at in the one that was chosen."""
    if st.button(_("Presets"), icon=":material/auto_awesome_motion:", width="stretch", key="presets"):
        st.dialog(_("Presets"), width="large")(draw_window)()
    entry = find_shown_preset()
    if entry and entry.look:
        st.caption(f"**{pgettext('preset', entry.title)}** · {_(entry.look)}  \n{describe_expectations(entry)}")


def find_shown_preset() -> PresetEntry | None:
    """The preset that was chosen last, as long as the draft is still that."""
    name, document = state.recall("preset", ("", None))
    # Once something is changed, what the preset promises may not come true.
    return next((one for one in read_catalog() if one.name == name), None) if document == state.get_draft() else None


def draw_window() -> None:
    """Search, topics, and two columns of presets in each."""
    state.apply_language()
    wish = st.text_input(
        _("Search"),
        key="preset_search",
        placeholder=_("Search: dropout, images, sequences …"),
        icon=":material/search:",
        label_visibility="collapsed",
        max_chars=40,
    )
    found = [entry for entry in read_catalog() if matches(entry, wish or "")]
    if not found:
        st.caption(_("No preset has these words."))
    with st.container(height=480, border=False, key="preset_list"):
        for topic, members in groupby(found, key=lambda entry: entry.topic):
            st.markdown(f"**{_(topic)}**")
            kept = list(members)
            for pair in (kept[index : index + 2] for index in range(0, len(kept), 2)):  # a phone stacks row by row
                for column, entry in zip(st.columns(2, gap="small"), pair, strict=False):
                    with column:
                        draw_card(entry)


def draw_card(entry: PresetEntry) -> None:
    """One preset: a button with its title, what to look at, what to expect."""
    with st.container(border=True, gap="xxsmall", key=f"preset_card_{entry.name}"):
        if st.button(pgettext("preset", entry.title), key=f"preset_{entry.name}", width="stretch"):
            choose_preset(entry.name)
            st.rerun()
        if entry.look:
            st.caption(_(entry.look))
            st.caption(f":material/flag: {describe_expectations(entry)}")


def choose_preset(name: str) -> None:
    """Start a preset."""
    wanted = load(name)
    state.load_document(wanted.to_json())
    state.remember(preset=(name, wanted.to_dict()))


def describe_expectations(entry: PresetEntry) -> str:
    """Everything that is expected, in sentences."""
    return " ".join(describe_expectation(one) for one in entry.expect)


def describe_expectation(one: Expectation) -> str:
    """One expectation as a sentence."""
    template = SENTENCES[one.measure, one.at_most is None]
    return _(template, value=format_bound(one), step=format_number(one.step, 12))


def format_bound(one: Expectation) -> str:
    """The bound: shares as per cent, R² and tiny shares as plain numbers."""
    if one.measure in ("validation_r2", "reconstruction_r2"):
        return format_fixed(one.value, 2)
    if one.measure in ("gradient_share", "loss_of_one"):
        return f"1/{round(1 / one.value)}"
    digits = 0 if abs(one.value * 100 - round(one.value * 100)) < 1e-9 else 1
    return f"{format_fixed(one.value * 100, digits)}\u202f%"


def matches(entry: PresetEntry, wish: str) -> bool:
    """Whether every word that is searched for stands in the preset's texts, in either language."""
    texts = (entry.name, entry.title, entry.topic, entry.look)
    own = (pgettext("preset", entry.title), _(entry.topic), _(entry.look))
    whole = fold(" ".join((*texts, *own)))
    return all(word in whole for word in fold(wish).split())


def fold(text: str) -> str:
    """Small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
