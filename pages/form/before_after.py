"""Small pictures under preprocessing and augmentation: what they do to the data that were chosen."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from PIL import Image

from engine.data.before_after import BeforeAfter, Side, augment_example, compare_preprocessing
from engine.data.prepare import load_examples
from engine.errors import PlaygroundError
from engine.experiment.experiment import Experiment
from engine.jobs.preview_process import is_large
from pages.session.experiment_title import name_classes
from pages.session.i18n import _, format_number
from pages.session.literal import escape_markdown
from pages.session.messages import translate
from pages.settings import get_chart_colors

SHOWN = 5
PIXELS = 480  # of a strip's width, so that it stays sharp where the browser shrinks it
STATIC = {"staticPlot": True, "displayModeBar": False}


def explain_too_large() -> str:
    """Said in place of a picture for which all examples would have to be made ready here."""
    return _("These data are too large to be drawn here; they are made ready where the network trains.")


def draw_preprocessing(draft: Mapping[str, Any]) -> None:
    """The training split before and after."""
    try:
        experiment = Experiment.from_dict(draft)
        if is_large(experiment):
            st.caption(explain_too_large())
            return
        seen = compare_preprocessing(experiment)
    except PlaygroundError:  # the form says what is wrong
        return
    same = seen.before.mean.size == seen.after.mean.size
    for title, side in ((_("Before"), seen.before), (_("After"), seen.after)):
        axes = seen.axes if same else (0, min(1, side.mean.size - 1))
        draw_side(title, side, axes, seen)


def draw_side(title: str, side: Side, axes: tuple[int, int], seen: BeforeAfter) -> None:
    """One side: examples and the mean image, or two features against each other."""
    low, high = float(side.values.min()), float(side.values.max())
    if side.mean_image is not None:
        st.caption(_("**{side}** · five examples and the mean image", side=title))
        st.image(encode_inline(make_strip([*side.values[:SHOWN], side.mean_image])), width="stretch")
        values = _("values from {low} to {high}", low=format_number(low), high=format_number(high))
        st.caption(f"{values} · {describe_moments(float(side.mean.mean()), pool_deviation(side))}")
        return
    first, second = axes
    st.caption(_("**{side}** · feature {a} and feature {b}", side=title, a=first + 1, b=second + 1))
    st.plotly_chart(make_scatter(side, axes, seen.labels), theme=None, config=STATIC, key=f"scatter_{title}")
    st.caption(" · ".join(describe_moments(side.mean[axis], side.deviation[axis]) for axis in dict.fromkeys(axes)))


def pool_deviation(side: Side) -> float:
    """The deviation of all numbers of all examples about their one mean."""
    return float(np.sqrt((side.deviation**2).mean() + side.mean.var()))


def describe_moments(mean: float, deviation: float) -> str:
    """Mean and deviation in a few characters; what is only rounding is 0."""
    mean, deviation = (0.0 if abs(value) < 5e-6 else float(value) for value in (mean, deviation))
    return _("mean {mean}, deviation {deviation}", mean=format_number(mean), deviation=format_number(deviation))


def make_scatter(side: Side, axes: tuple[int, int], labels: np.ndarray) -> go.Figure:
    """Two features against each other, colored by class or value; a lone feature against the target."""
    colors = get_chart_colors(st.context.theme.type)
    rows = side.values.reshape(len(side.values), -1)
    x, y = rows[:, axes[0]], rows[:, axes[1]] if axes[0] != axes[1] else labels.reshape(len(labels), -1)[:, 0]
    whole = labels.ndim == 1
    # A color for each class; of values the numbers themselves, which plotly colors along its scale.
    tint: Any = [colors["classes"][int(c) % len(colors["classes"])] for c in labels] if whole else labels[:, 0]
    scale = None if whole else [[index / 4, color] for index, color in enumerate(colors["values"])]
    made = go.Figure()
    made.add_scatter(x=x, y=y, mode="markers", marker={"color": tint, "size": 4, "colorscale": scale})
    axis = {"gridcolor": colors["grid"], "zerolinecolor": colors["text"], "zerolinewidth": 1, "nticks": 5}
    made.update_layout(
        height=150,
        margin={"l": 32, "r": 8, "t": 4, "b": 20},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": colors["text"], "size": 11},
        showlegend=False,
        xaxis=axis,
        yaxis=axis,
    )
    return made


def make_strip(images: Sequence[np.ndarray]) -> np.ndarray:
    """Images (channels, height, width) side by side, from the darkest to the brightest number, uint8 (h, w, 3)."""
    low, high = (float(f([f(image) for image in images])) for f in (np.min, np.max))
    scaled = [(image - low) / ((high - low) or 1) for image in images]
    colored = [np.repeat(image, 3, 0) if len(image) == 1 else image[:3] for image in scaled]
    # Whole times larger: a browser that scales small pictures blurs their pixels.
    times = max(1, PIXELS // (len(images) * (images[0].shape[2] + 1)))
    wide = [np.kron(image.transpose(1, 2, 0), np.ones((times, times, 1))) for image in colored]
    gap = np.ones((wide[0].shape[0], max(2, times), 3))
    pieces = [piece for image in wide for piece in (image, gap)][:-1]
    return (np.concatenate(pieces, 1) * 255).round().astype(np.uint8)


def encode_inline(pixels: np.ndarray) -> str:
    """The picture inside the page: a file of Streamlit's is gone if the script runs again before it was fetched."""
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode()


def draw_augmentation(draft: Mapping[str, Any]) -> None:
    """One example of the training split, first as it is, then as training sees it in several steps."""
    try:
        experiment = Experiment.from_dict(draft)
        if is_large(experiment):
            st.caption(explain_too_large())
            return
        seen = augment_example(experiment, SHOWN)
    except PlaygroundError:
        return
    if seen.clean.ndim != 4:
        changed = " · ".join(format_number(float(value)) for value in seen.changed.reshape(SHOWN, -1)[:, 0])
        clean = format_number(float(seen.clean.ravel()[0]))
        st.caption(_("Feature 1 of one example: {clean}; in training {changed}", clean=clean, changed=changed))
        return
    st.caption(_("One example, and the same in {n} training steps", n=SHOWN))
    st.image(encode_inline(make_strip([seen.clean[0], *seen.changed])), width="stretch")
    names = name_classes(experiment.data, load_examples(experiment.data, experiment.seed).classes)
    if seen.targets is not None and names:
        blends = [describe_blend(target, names) for target in seen.targets]
        st.caption(_("Targets: {targets}", targets=" · ".join(blends)))


def describe_blend(target: np.ndarray, names: tuple[str, ...]) -> str:
    """A target as the classes that it blends, the larger first."""
    order = [index for index in np.argsort(-target)[:2] if target[index] > 0.005]
    return " + ".join(f"{round(100 * float(target[index]))}\u202f% {escape_markdown(names[index])}" for index in order)


def warn_of_classes(draft: Mapping[str, Any]) -> None:
    """Augmentations that make of the draft's classes what never comes, such as a mirrored letter."""
    try:
        experiment = Experiment.from_dict(draft)
        found = load_examples(experiment.data, experiment.seed).classes if experiment.augmentations else ()
    except PlaygroundError:
        return
    for part in experiment.augmentations:
        if caution := part.class_caution(found):
            st.markdown(f":small[:orange[:material/warning: {escape_markdown(translate(caution))}]]")


PICTURES: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "preprocessing": draw_preprocessing,
    "augmentations": draw_augmentation,
}
