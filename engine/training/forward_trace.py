"""One pass of the probe batch: what every stage takes and gives, and what goes into its activation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from engine.network.build import Network
from engine.parts.blocks import last


@dataclass(frozen=True)
class Inside:
    """Of every stage, in order: its input, its output, and the numbers its activation was applied to, if it has one."""

    taken: tuple[Tensor, ...]
    given: tuple[Tensor, ...]
    entered: tuple[Tensor | None, ...]


def look(network: Network, x: Tensor) -> Inside:
    """The pass, of the first member where several answer together."""
    with listening(network) as heard:
        given = network.outputs(x)
    taken = []
    for stage, out in zip(network.stages, given, strict=True):
        taken.append(given[stage.other] if stage.is_head and stage.other >= 0 else x)
        x = x if stage.is_head else out
    entered = [heard[id(last(stage.module))].pop(0) if stage.block.applies else None for stage in network.stages]
    return Inside(tuple(taken), tuple(given), tuple(entered))


@contextmanager
def listening(network: Network) -> Iterator[dict[int, list[Tensor]]]:
    """What goes into each activation meanwhile, by the module's identity; one that is shared hears several."""
    heard: dict[int, list[Tensor]] = {}

    def hear(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        heard[id(module)].append(given[0])

    modules = {id(last(stage.module)): last(stage.module) for stage in network.stages if stage.block.applies}
    heard |= {key: [] for key in modules}
    handles = [module.register_forward_pre_hook(hear) for module in modules.values()]
    try:
        yield heard
    finally:
        for handle in handles:
            handle.remove()
