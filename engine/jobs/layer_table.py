"""The layers of a network as a table of text, as Keras prints one."""

from __future__ import annotations

from engine.jobs.cost import Cost
from engine.preview.preview import Preview

WIDTHS = (20, 16, 12)


def format_layers(found: Preview, cost: Cost) -> str:
    """Table of text: a line a layer, the totals below."""
    name, shape, count = WIDTHS
    rows = [(row.name, " × ".join(map(str, row.output_shape)), row.parameters) for row in found.layers]
    totals = {
        "parameters": found.parameters,
        "FLOPs / example": found.flops_per_example,
        "– training": cost.flops_training,
        "memory, bytes": found.memory_bytes,
        "– inference": cost.serving,
        "– whole process": cost.run,
    }
    rows += [("", what, value) for what, value in totals.items()]
    return "\n".join(f"{first:<{name}} {second:>{shape}} {number:>{count},}" for first, second, number in rows)
