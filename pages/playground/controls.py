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
from pages.form.before_after import PICTURES, class_warnings
from pages.form.component import component, source
from pages.form.download_progress import away, get
from pages.form.part_form import Form, complaint, make_title, warning
from pages.form.part_help import short
from pages.playground.blocks import network, reach
from pages.playground.presets import presets
from pages.playground.toolbar import tools
from pages.playground.weight_shrinkage import describe_shrinkage
from pages.session import adapt_to_dataset, state
from pages.session.i18n import _, number, pgettext
from pages.session.literal import literal
from pages.session.messages import phrase, sentence, sentences
from pages.session.thumbnails import thumbnails

DATA = ("data", "validation", "test", "stratified", "random_labels", "balance", "preprocessing", "augmentations")
TABS = (tuple(f"$.{name}" for name in DATA), ("$.network", "$.initializer", "$.bias", "$.output_weight"), ())

CHOSEN = tuple(kind for kind, probe in catalogue(Probe).items() if not probe.is_automatic)


def sidebar() -> None:
    """Presets, what is wrong with the draft, and the tabs."""
    draft = state.draft()
    form = Form(state.bind, mark, doubts)
    presets()
    tools()
    for said_so in complaints():
        complaint(said_so)
    if tabs := ", ".join(dict.fromkeys(tab_of(one.where) for one in careful())):
        warning(_("Worth a look before training: see {tabs}.", tabs=tabs))
    names = [_("Data"), _("Network"), _("Training")]
    # only the open tab is drawn: the browser would spend half a second on the hidden ones before the first picture
    for tab, draw in zip(st.tabs(names, key="tab", on_change="rerun"), (data, network, training), strict=True):
        if tab.open:
            with tab:
                draw(form, draft)


def mark(where: str) -> str:
    """The sentence to show under a place of the form."""
    return " ".join(sentence(one) for one in faults() if one.where.split(" ")[0] == where)


def faults() -> tuple[InvalidExperiment, ...]:
    """Everything that is wrong with the draft."""
    fault = state.fault()
    return fault.findings if fault is not None else ()


def doubts(where: str) -> str:
    """What to be careful about at a place of the form."""
    return " ".join(phrase(one.message.plain()) for one in careful() if one.where.split(" ")[0] == where)


def careful() -> tuple[Caution, ...]:
    """What the experiment on the page is to be careful about; nothing while the draft cannot be trained."""
    if state.fault() is not None:
        return ()
    try:
        return state.preview_experiment(state.memory("accepted")).cautions
    except PlaygroundError:  # an old run whose data are gone
        return ()


def tab_of(where: str) -> str:
    """The tab on which a place of the form stands."""
    start = where.split("[")[0].split(" ")[0]
    start = ".".join(start.split(".")[:2])
    return _("Network") if start in TABS[1] else _("Data") if start in TABS[0] else _("Training")


def complaints() -> list[str]:
    """What is said above the tabs: that the draft cannot be trained and where, and what else went wrong."""
    said_so, wrong, notice = [], faults(), state.notice()
    if wrong:
        *others, last = ((tab_of(one.where), sentence(one)) for one in wrong)
        before = [f"{tab}: {what}" for tab, what in others]
        said_so.append(
            " ".join([*before, _("{tab}: {sentence} The run goes on as it was.", tab=last[0], sentence=last[1])])
        )
    if notice is not None:
        said_so.append(sentences(notice))
    return said_so


def data(form: Form, draft: dict[str, Any]) -> None:
    """Which data set, its fields, the split, the preprocessing, the augmentation."""
    kinds = catalogue(Dataset)
    pictures = uploads.tiles(thumbnails(), draft["data"])
    items = [
        {**item, "title": pgettext("part", kinds[item["kind"]].title()), "note": away(kinds[item["kind"]])}
        for item in pictures
    ]
    shown = {
        "source": source("controls/picker"),
        "label": _("Data set"),
        "selected": draft["data"]["kind"],
        "items": items,
    }
    component("controls/picker")(key="picker", data=shown, on_picked_change=choose_data)
    form.complain(("data",))
    chosen = kinds[draft["data"]["kind"]]
    st.caption(f"**{make_title(Dataset)(draft['data']['kind'])}**", help=short(chosen))
    form.fields(chosen, draft["data"], ("data",))
    uploads.beside(form, draft["data"])
    form.fields(Experiment, draft, (), only=("validation", "seed"))
    with st.expander(_("More of the split")):
        form.fields(Experiment, draft, (), only=("test", "random_labels", "balance", "stratified"))
    draw_folded(form, _("Preprocessing"), Transform, draft["preprocessing"], "preprocessing")
    draw_folded(form, _("Augmentation"), Augmentation, draft["augmentations"], "augmentations")


def draw_folded(form: Form, title: str, family: type[Part], values: list[dict[str, Any]], name: str) -> None:
    """Parts of a family, folded away; the ones that are on stand below."""
    with st.expander(title, key=f"fold_{name}", on_change="rerun") as fold:
        form.several(family, values, (name,))
        if fold.open and values:
            PICTURES[name](state.draft())
    form.complain((name,))
    if name == "augmentations":
        class_warnings(state.draft())
    if values:
        st.caption(" · ".join(make_title(family)(value["kind"]) for value in values))


def choose_data() -> None:
    """The picker was used."""
    picked = state.pick("picker")["picked"]
    if picked and picked["kind"] != state.draft()["data"]["kind"]:
        get(catalogue(Dataset)[picked["kind"]])
        state.submit(adapt_to_dataset.to_data(state.draft(), picked["kind"], uploads.recall_own_data(picked["kind"])))


def training(form: Form, draft: dict[str, Any]) -> None:
    """Loss, optimizer, schedule, regularizers, batches and length."""
    form.fields(Experiment, draft, (), only=("optimizer", "loss"))
    form.fields(Experiment, draft, (), only=("schedule", "batch_size"))
    st.markdown(f"**{_('Regularization')}**")
    form.several(Regularizer, draft["regularizers"], ("regularizers",))
    if sentence_of_decay := describe_shrinkage(draft):
        st.caption(literal(sentence_of_decay))
    form.fields(Experiment, draft, (), only=("ensemble", "attack"))
    price(draft)
    with st.expander(_("Length and device"), key="fold_length"):
        form.fields(Experiment, draft, (), only=("epochs", "steps"))
        form.fields(Stopping, draft["stopping"], ("stopping",))
        form.fields(Experiment, draft, (), only=("device",))
    with st.expander(_("Instruments"), key="fold_probes"):
        st.caption(_("What is measured while training. A change starts a new run."))
        form.several(Probe, draft["probes"], ("probes",), CHOSEN)


def price(draft: dict[str, Any]) -> None:
    """What members and attacks cost, next to one network without them."""
    seen = reach(draft)
    if seen and seen.members * seen.cost > 1:
        times = number(seen.members * seen.cost, 4)
        st.caption(
            _("{n} parameters; a step takes about {times} times as long.", n=number(seen.parameters, 4), times=times)
        )
