"""How many bytes of tensors are alive at once, counted by watching every operation; works on the meta device too."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts storages that operations make while it is entered: `now` and, at most so far, `peak`. Storages of
    tensors given at the start are not counted, nor are views."""

    def __init__(self, known: Iterable[Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known = {place(tensor) for tensor in known}
        self._holders: dict[int, int] = {}  # how many tensors look at a storage

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            if isinstance(leaf, Tensor):
                self._hold(leaf)
        return found

    def _hold(self, tensor: Tensor) -> None:
        where, size = place(tensor), tensor.untyped_storage().nbytes()
        if where in self._known:
            return
        if not self._holders.get(where):
            self.now += size
            self.peak = max(self.peak, self.now)
        self._holders[where] = self._holders.get(where, 0) + 1
        weakref.finalize(tensor, self._drop, where, size)

    def _drop(self, where: int, size: int) -> None:
        self._holders[where] -= 1
        if not self._holders[where]:
            self.now -= size


def place(tensor: Tensor) -> int:
    """What a tensor has in common with its views."""
    return int(tensor.untyped_storage()._cdata)


@torch.no_grad()
def forward_peak(network: torch.nn.Module, x: Tensor) -> int:
    """Most bytes of intermediate results alive at once when a batch goes through; input and weights apart."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    with Alive([x, *network.parameters(), *network.buffers()]) as counted:
        network(x)
    for module, mode in modes:
        module.training = mode
    peak: int = counted.peak
    return peak
