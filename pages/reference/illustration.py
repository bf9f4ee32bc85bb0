"""The picture of one part on the page Reference, and the controls that belong to the picture alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from engine.catalogue.part import Part
from engine.downloads.fetch import is_fetched
from engine.errors import InvalidExperiment, PlaygroundError
from engine.illustrations.activation_curve import sample_activation
from engine.illustrations.augmented_images import augment_images
from engine.illustrations.initial_weights import sample_initial_weights
from engine.illustrations.loss_curve import sample_loss
from engine.illustrations.optimizer_path import trace_optimizer
from engine.illustrations.point_cloud import transform_cloud
from engine.illustrations.schedule_curve import sample_schedule
from engine.illustrations.window_arithmetic import find_window_arithmetic, pool_image
from engine.parts.activations import Activation
from engine.parts.augmentations import Augmentation
from engine.parts.blocks import Block
from engine.parts.datasets import Dataset
from engine.parts.initializers import Fan, Initializer
from engine.parts.losses import Loss
from engine.parts.optimizers import Optimizer
from engine.parts.schedules import Schedule
from engine.parts.transforms import Transform
from pages.figures import part_figures, tiles
from pages.figures.examples import draw_examples
from pages.form.part_form import draw_complaint
from pages.session.experiment_title import name_classes
from pages.session.i18n import _, format_number
from pages.session.messages import translate_error
from pages.settings import get_chart_colors

CONFIG = {"displayModeBar": False}
compute_path = lru_cache(maxsize=64)(trace_optimizer)  # a few tenths of a second each


def draw_part(part: Part) -> bool:
    """Draws the part's picture, if its family has one; says why where it cannot be drawn."""
    draw = next((draw for family, draw in PICTURES.items() if isinstance(part, family)), None)
    if draw is None:
        return False
    try:
        return bool(draw(part, get_chart_colors(st.context.theme.type)))
    except InvalidExperiment as error:
        draw_complaint(translate_error(error))
        return True


def draw_figure(figure: go.Figure, caption: str = "", height: int = 320) -> bool:
    """The figure, and what it shows."""
    st.plotly_chart(figure, theme=None, height=height, config=CONFIG, key="sketch", alt=caption or _("Picture"))
    if caption:
        st.caption(caption)
    return True


def draw_activation(part: Activation, colors: Any) -> bool:
    return draw_figure(
        part_figures.draw_activation(sample_activation(part), colors),
        _("f solid, f′ dashed, from torch's own derivative."),
    )


def draw_block(part: Block, colors: Any) -> bool:
    """Windows for convolution and pooling, the function for an activation block; nothing for the rest."""
    if part.unitwise and part.output_activation:
        return draw_activation(part.output_activation, colors)
    if part.window is None:
        return False
    find_window_arithmetic(part, 32)  # refused at once where no size that can be chosen would do
    flat = part.window.dimensions == 1
    size = int(st.slider(_("Size of the input, x"), 1, 16, 8, key="size"))
    seen = find_window_arithmetic(part, size)
    assert seen is not None
    positions = tiles.count_positions(seen) if flat else tiles.count_positions(seen) ** 2
    position = int(st.slider(_("Position"), 1, positions, 1, key=f"place_{positions}")) - 1 if positions > 1 else 0
    draw_figure(tiles.draw_windows(seen, position, colors, flat=flat), height=280)
    st.latex(tiles.format_arithmetic(seen))
    if not part.window.has_weights:
        before, after = pool_image(part)
        images = tiles.draw_gallery([(_("a digit before and after"), [before, after])], colors)  # type: ignore[list-item]
        st.plotly_chart(images, theme=None, height=220, config=CONFIG, key="pooled", alt=_("a digit before and after"))
    return True


def draw_initializer(part: Initializer, colors: Any) -> bool:
    left, right = st.columns(2)
    into = int(left.number_input("fan_in", 1, 4096, 256, key="fan_in"))
    out = int(right.number_input("fan_out", 1, 4096, 128, key="fan_out"))
    seen = sample_initial_weights(part, Fan(into, out))
    caption = _("Variance of the weights drawn: {measured}.", measured=format_number(seen.variance, 4))
    if seen.expected is not None:
        expected = format_number(seen.expected, 4)
        caption += " " + _("In theory: {expected}.", expected=expected)
    return draw_figure(part_figures.draw_initial_weights(seen, colors), caption)


def draw_schedule(part: Schedule, colors: Any) -> bool:
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    epochs = int(left.slider(_("Epochs of 25 steps"), 10, 300, 120, 10, key="epochs"))
    log = bool(right.toggle(_("log axis"), key="log_axis"))
    return draw_figure(
        part_figures.draw_schedule(sample_schedule(part, epochs), colors, log=log),
        _("The factor in every step of such a run."),
    )


def draw_optimizer(part: Optimizer, colors: Any) -> bool:
    steps = int(st.slider(_("Steps"), 10, 500, 150, 10, key="steps"))
    seen = compute_path(part, steps)
    end = format_number(float(seen.losses[-1]))
    caption = _("Down L(w) = (w₁² + 10 w₂²) / 2 with exact gradients; L = {loss} after {n} steps.", loss=end, n=steps)
    if len(seen.path) <= steps:
        caption = _("It diverges: after {n} steps it is more than 1000 away.", n=len(seen.path))
    return draw_figure(part_figures.draw_optimizer_path(seen, colors), caption)


def draw_transform(part: Transform, colors: Any) -> bool:
    names = (("x", "y"), ("x", "z")) if part.acts_on == "target" else (("x₁", "x₂"), ("z₁", "z₂"))
    return draw_figure(
        part_figures.draw_point_cloud(transform_cloud(part), colors, names),
        _("300 points; the thin lines are the axes."),
        280,
    )


def draw_augmentation(part: Augmentation, colors: Any) -> bool:
    before, after = augment_images(part, seed=5)
    rows = [(_("as they are"), before), (_("as training sees them once"), after)]
    return draw_figure(tiles.draw_gallery(rows, colors), _("Digits of 8 × 8 pixels, values from 0 to 1."), 240)


def draw_loss(part: Loss, colors: Any) -> bool:
    return draw_figure(
        part_figures.draw_loss(sample_loss(part), colors), _("The loss of one example, and how hard it pulls.")
    )


def draw_dataset(part: Dataset, colors: Any) -> bool:
    if not all(map(is_fetched, part.remote)):
        st.caption(_("Not fetched yet: choose it once in the playground."))
        return True
    try:
        loaded = part.load(0)
    except PlaygroundError as error:
        draw_complaint(translate_error(error))
        return True
    named = replace(loaded, classes=name_classes(part, loaded.classes))
    figure, caption = draw_examples(named, colors)
    return draw_figure(figure, caption)


PICTURES: dict[type[Part], Callable[[Any, Any], bool]] = {
    Activation: draw_activation,
    Block: draw_block,
    Initializer: draw_initializer,
    Schedule: draw_schedule,
    Optimizer: draw_optimizer,
    Transform: draw_transform,
    Augmentation: draw_augmentation,
    Loss: draw_loss,
    Dataset: draw_dataset,
}
