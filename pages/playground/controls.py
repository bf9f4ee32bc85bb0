"""The three tabs of the sidebar."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.catalogue.part import Part, catalogue
from engine.errors import InvalidExperiment, PlaygroundError
from engine.experiment.experiment import Experiment, Stopping
from engine.parts.augmentations import Augmentation
from engine.parts.datasets import Dataset
from engine.parts.probes import Probe
from engine.parts.regularizers import Regularizer
from engine.parts.transforms import Transform
from engine.preview.cautions import Caution
from pages.form import uploads
from pages.form.before_after import PICTURES, warn_of_classes
from pages.form.component import locate_source, register_component
from pages.form.download_progress import describe_download, fetch_files
from pages.form.part_form import Form, draw_complaint, draw_warning, make_title
from pages.form.part_help import make_tooltip
from pages.playground.blocks import draw_network, preview_buildable
from pages.playground.presets import draw_presets
from pages.playground.toolbar import draw_toolbar
from pages.playground.weight_shrinkage import describe_shrinkage
from pages.session import adapt_to_dataset, state
from pages.session.i18n import _, format_number, pgettext
from pages.session.literal import escape_markdown
from pages.session.messages import translate_error, translate_findings, translate_plain
from pages.session.thumbnails import list_thumbnails

DATA = ("data", "validation", "test", "stratified", "random_labels", "balance", "preprocessing", "augmentations")
TABS = (tuple(f"$.{name}" for name in DATA), ("$.network", "$.initializer", "$.bias", "$.output_weight"), ())

CHOSEN = tuple(kind for kind, probe in catalogue(Probe).items() if not probe.is_automatic)


def draw_sidebar() -> None:
    """Presets, what is wrong with the draft, and the tabs."""
    draft = state.get_draft()
    form = Form(state.bind, explain_faults, explain_cautions)
    draw_presets()
    draw_toolbar()
    # Above the tabs, since the field at fault may be on one that is closed.
    for complaint in list_complaints():
        draw_complaint(complaint)
    if tabs := ", ".join(dict.fromkeys(find_tab(one.where) for one in list_cautions())):
        draw_warning(_("Worth a look before training: see {tabs}.", tabs=tabs))
    names = [_("Data"), _("Network"), _("Training")]
    # only the open tab is drawn: the browser would spend half a second on the hidden ones before the first picture
    for tab, draw in zip(
        st.tabs(names, key="tab", on_change="rerun"), (draw_data, draw_network, draw_training), strict=True
    ):
        if tab.open:
            with tab:
                draw(form, draft)


def explain_faults(where: str) -> str:
    """The sentence to show under a place of the form."""
    return " ".join(translate_error(one) for one in list_faults() if one.where.split(" ")[0] == where)


def list_faults() -> tuple[InvalidExperiment, ...]:
    """Everything that is wrong with the draft."""
    fault = state.get_fault()
    return fault.findings if fault is not None else ()


def explain_cautions(where: str) -> str:
    """What to be careful about at a place of the form."""
    return " ".join(translate_plain(one.message.plain()) for one in list_cautions() if one.where.split(" ")[0] == where)


def list_cautions() -> tuple[Caution, ...]:
    """What the experiment on the page is to be careful about; nothing while the draft cannot be trained."""
    if state.get_fault() is not None:
        return ()
    try:
        return state.preview_experiment(state.recall("accepted")).cautions
    except PlaygroundError:  # an old run whose data are gone
        return ()


def find_tab(where: str) -> str:
    """The tab on which a place of the form stands."""
    start = where.split("[")[0].split(" ")[0]
    start = ".".join(start.split(".")[:2])
    return _("Network") if start in TABS[1] else _("Data") if start in TABS[0] else _("Training")


def list_complaints() -> list[str]:
    """What is said above the tabs: that the draft cannot be trained and where, and what else went wrong."""
    complaints, wrong, notice = [], list_faults(), state.pop_notice()
    if wrong:
        *others, last = ((find_tab(one.where), translate_error(one)) for one in wrong)
        before = [f"{tab}: {what}" for tab, what in others]
        complaints.append(
            " ".join([*before, _("{tab}: {sentence} The run goes on as it was.", tab=last[0], sentence=last[1])])
        )
    if notice is not None:
        complaints.append(translate_findings(notice))
    return complaints


def draw_data(form: Form, draft: dict[str, Any]) -> None:
    """Which data set, its fields, the split, the preprocessing, the augmentation."""
    kinds = catalogue(Dataset)
    pictures = uploads.list_tiles(list_thumbnails(), draft["data"])
    items = [
        {**item, "title": pgettext("part", kinds[item["kind"]].title()), "note": describe_download(kinds[item["kind"]])}
        for item in pictures
    ]
    shown = {
        "source": locate_source("controls/picker"),
        "label": _("Data set"),
        "selected": draft["data"]["kind"],
        "items": items,
    }
    register_component("controls/picker")(key="picker", data=shown, on_picked_change=choose_data)
    form.draw_remarks(("data",))
    chosen = kinds[draft["data"]["kind"]]
    st.caption(f"**{make_title(Dataset)(draft['data']['kind'])}**", help=make_tooltip(chosen))
    form.draw_fields(chosen, draft["data"], ("data",))
    uploads.draw_own_data(form, draft["data"])
    form.draw_fields(Experiment, draft, (), only=("validation", "seed"))
    with st.expander(_("More of the split")):
        form.draw_fields(Experiment, draft, (), only=("test", "random_labels", "balance", "stratified"))
    draw_folded(form, _("Preprocessing"), Transform, draft["preprocessing"], "preprocessing")
    draw_folded(form, _("Augmentation"), Augmentation, draft["augmentations"], "augmentations")


def draw_folded(form: Form, title: str, family: type[Part], values: list[dict[str, Any]], name: str) -> None:
    """Parts of a family, folded away; the ones that are on stand below."""
    with st.expander(title, key=f"fold_{name}", on_change="rerun") as fold:
        form.draw_switches(family, values, (name,))
        if fold.open and values:
            PICTURES[name](state.get_draft())
    form.draw_remarks((name,))
    if name == "augmentations":
        warn_of_classes(state.get_draft())
    if values:
        st.caption(" · ".join(make_title(family)(value["kind"]) for value in values))


def choose_data() -> None:
    """The picker was used."""
    picked = state.read_control("picker")["picked"]
    if picked and picked["kind"] != state.get_draft()["data"]["kind"]:
        fetch_files(catalogue(Dataset)[picked["kind"]])
        state.submit(
            adapt_to_dataset.adapt_to_data(state.get_draft(), picked["kind"], uploads.recall_own_data(picked["kind"]))
        )


def draw_training(form: Form, draft: dict[str, Any]) -> None:
    """Loss, optimizer, schedule, regularizers, batches and length."""
    form.draw_fields(Experiment, draft, (), only=("optimizer", "loss"))
    form.draw_fields(Experiment, draft, (), only=("schedule", "batch_size"))
    st.markdown(f"**{_('Regularization')}**")
    form.draw_switches(Regularizer, draft["regularizers"], ("regularizers",))
    if sentence_of_decay := describe_shrinkage(draft):
        st.caption(escape_markdown(sentence_of_decay))
    form.draw_fields(Experiment, draft, (), only=("ensemble", "attack"))
    draw_price(draft)
    with st.expander(_("Length and device"), key="fold_length"):
        form.draw_fields(Experiment, draft, (), only=("epochs", "steps"))
        form.draw_fields(Stopping, draft["stopping"], ("stopping",))
        form.draw_fields(Experiment, draft, (), only=("device",))
    with st.expander(_("Instruments"), key="fold_probes"):
        st.caption(_("What is measured while training. A change starts a new run."))
        form.draw_switches(Probe, draft["probes"], ("probes",), CHOSEN)


def draw_price(draft: dict[str, Any]) -> None:
    """What members and attacks cost, next to one network without them."""
    preview = preview_buildable(draft)
    if preview and preview.members * preview.cost > 1:
        times = format_number(preview.members * preview.cost, 4)
        st.caption(
            _(
                "{n} parameters; a step takes about {times} times as long.",
                n=format_number(preview.parameters, 4),
                times=times,
            )
        )
