"""The pictures of windows against torch's own derivative: where they lie, what they paint, what size comes out."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
import torch

from engine.errors import InvalidExperiment
from engine.illustrations.window_arithmetic import find_window_arithmetic
from engine.parts.blocks import Block
from engine.parts.blocks.conv1d import Conv1d
from engine.parts.blocks.conv2d import Conv2d
from engine.parts.blocks.transposed_conv2d import TransposedConv2d
from pages.figures import tiles


def reached(block: Block, size: int, *, flat: bool) -> list[set[int]]:
    """For each output cell of a row the input cells that it depends on, asked of torch's own derivative."""
    x = torch.arange(1.0, size + 1).requires_grad_()
    module = block.build((size, 1) if flat else (1, size, size))
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, 1.0)
    given = x[None, :, None] if flat else x[None, None, None].expand(1, 1, size, size)
    out = module(given)
    row = out[0, :, 0] if flat else out[0, 0].sum(0)
    return [set(torch.autograd.grad(cell, x, retain_graph=True)[0].nonzero().flatten().tolist()) for cell in row]


@pytest.mark.parametrize("border", ["number", "valid", "same", "full"])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_windows_lie_where_torch_looks(border: str, kernel: int, stride: int) -> None:
    for size in (1, 4, 8, 9):
        for padding in (0, 1) if border == "number" else (3,):
            fields: dict[str, Any] = {
                "kernel": kernel,
                "stride": stride,
                "padding": padding,
                "border": border,
                "filters": 1,
            }
            for block in (Conv1d(**fields), Conv2d(**fields)):
                try:
                    seen = find_window_arithmetic(block, size)
                except InvalidExperiment:
                    continue
                assert seen is not None
                cells = reached(block, size, flat=isinstance(block, Conv1d))
                assert len(cells) == seen.out
                for place, own in enumerate(cells):
                    window = range(seen.start(place), seen.start(place) + kernel)
                    assert -seen.before <= window.start
                    assert window.stop <= size + seen.after
                    assert own == set(window) & set(range(size))


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (5, 1, 2), (4, 3, 1), (1, 2, 0)])
def test_painted_windows_lie_where_torch_paints(kernel: int, stride: int, padding: int) -> None:
    block = TransposedConv2d(kernel=kernel, stride=stride, padding=padding, filters=1)
    for size in (2, 5, 8):
        seen = find_window_arithmetic(block, size)
        assert seen is not None
        cells = reached(block, size, flat=False)
        assert len(cells) == seen.out
        for place in range(size):
            window = range(seen.start(place), seen.start(place) + kernel)
            assert -seen.before <= window.start
            assert window.stop <= seen.out + seen.after
            assert {out for out, own in enumerate(cells) if place in own} == set(window) & set(range(seen.out))


@pytest.mark.parametrize("block", [Conv2d(border="same"), Conv2d(kernel=4, border="same"), TransposedConv2d(padding=1)])
def test_no_window_leaves_the_picture_and_the_formula_is_right(block: Block) -> None:
    seen = find_window_arithmetic(block, 8)
    assert seen is not None
    colors = {"ground": "#fff", "grid": "#ddd", "text": "#000", "runs": ["#f00", "#0f0"]}
    side = tiles.count_positions(seen)
    for place in (0, side - 1, side**2 - 1):
        made = tiles.draw_windows(seen, place, defaultdict(lambda: "#999", colors), flat=False)
        for shape in made.layout.shapes:
            cells = made.data[0 if shape.xref == "x" else 1]
            assert cells.x[0] - 0.5 <= shape.x0 < shape.x1 <= cells.x[-1] + 0.5
            assert cells.y[0] - 0.5 <= shape.y0 < shape.y1 <= cells.y[-1] + 0.5
    said = tiles.format_arithmetic(seen)
    plain = said.replace(r"\cdot", "*").replace(r"\left\lfloor \frac", "").replace(r"\right\rfloor", "")
    left, right = re.sub(r"\{(.*)\}\{(\d+)\}", r"(\1) // \2", plain).split("=")
    assert eval(left) == int(right) == seen.out
