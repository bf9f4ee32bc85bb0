"""The network's graph: which block feeds which, and how the connection is drawn.

It follows from the blocks alone, before any shape or weight is known. Page and browser draw from it, so that no other
place has to know what a block does with its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.parts.blocks import Block

INPUT, OUTPUT = "input", "output"


@dataclass(frozen=True)
class Node:
    """One block, or the output layer, by the name of its layer.

    `inputs`: the nodes whose outputs it takes, side by side in this order. `unitwise`: each of its units takes one unit
    of each input, else every one takes them all. `head`: an auxiliary output, with the `task` that it learns, empty for
    that of the output. `two_sided`: its activation is flat at both ends.
    """

    name: str
    inputs: tuple[str, ...]
    unitwise: bool = False
    head: bool = False
    task: str = ""
    two_sided: bool = False

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary, without what is false or empty."""
        return {key: value for key, value in asdict(self).items() if value or key == "inputs"}


def build_graph(network: Sequence[Block]) -> tuple[Node, ...]:
    """The nodes in order, the output layer last.

    A reference that leads nowhere is left out: a network that is being edited is drawn as well.
    """
    nodes: list[Node] = []
    names: dict[str, tuple[str, ...]] = {}  # what a reference to each label takes
    blocks: dict[str, Block] = {}
    passed: tuple[str, ...] = (INPUT,)  # what the next block takes
    for number, block in enumerate(network, 1):
        name = f"{number} {block.name()}"
        referred = names.get(block.reference, ())
        inputs = passed if block.shares or not block.reference else referred
        if block.joins:
            inputs = (*passed, *referred)
        nodes.append(make_node(name, inputs, blocks.get(block.reference, block) if block.shares else block))
        if not block.is_head:
            passed = (name,)
        if block.label:  # the first of two blocks with one label: `assemble` refuses such a network with a reason
            names.setdefault(block.label, (name,))
            blocks.setdefault(block.label, block)
    return (*nodes, Node(OUTPUT, passed))


def make_node(name: str, inputs: tuple[str, ...], block: Block) -> Node:
    """The node of a block, or of the block whose module it shares."""
    task = (block.target_task or "") if block.is_head else ""
    return Node(name, inputs, block.unitwise, block.is_head, task, block.two_sided)
