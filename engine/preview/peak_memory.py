"""How many bytes of tensors are alive at once, counted by watching every operation; works on the meta device too."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

LOSSES = (torch.ops.aten.mse_loss.default, torch.ops.aten.huber_loss.default, torch.ops.aten.smooth_l1_loss.default)


class PeakMemory(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts storages that operations make while it is entered: `now` and, at most so far, `peak`. Storages of
    tensors given at the start are not counted, nor are views.

    On the meta device what operations would take for a while on a CPU counts too.
    """

    def __init__(self, known: Iterable[Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known = {storage_id(tensor) for tensor in known}
        self._holders: dict[int, int] = {}  # how many tensors look at a storage
        self._thin = False  # the last convolution was of one channel: what follows is laid out channels last
        self._turned: set[torch.Size] = set()  # shapes that pooling gave of such

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            if isinstance(leaf, Tensor):
                self._hold(leaf)
        if args and isinstance(args[0], Tensor) and args[0].is_meta:
            self.peak = max(self.peak, self.now + self._beside(func, args, found))
        return found

    def _beside(self, func: Any, args: Any, found: Any) -> int:
        """What the operation takes beside its results; pooling what is laid out channels last copies it, and places."""
        if func is torch.ops.aten.convolution.default:
            self._thin = args[0].shape[1] == 1
        elif func is torch.ops.aten.max_pool2d_with_indices.default and self._thin:
            self._turned.add(found[0].shape)
        elif func is torch.ops.aten.max_pool2d_with_indices_backward.default:
            return int(found.nbytes + args[-1].nbytes) if args[0].shape in self._turned else 0
        return workspace(func, args, found)

    def _hold(self, tensor: Tensor) -> None:
        where, size = storage_id(tensor), tensor.untyped_storage().nbytes()
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


def workspace(func: Any, args: Any, found: Any) -> int:
    """Bytes that an operation takes on a CPU beside its results while it works.

    Convolutions: forward the input and filters or the output in blocks, backward the gradient of the output, the input
    and filters. Sums of truth values: integers. Losses: every number's own, twice.
    """
    if func in LOSSES and found.numel() == 1:
        return 2 * int(args[0].nbytes)
    if func is torch.ops.aten.sum.dim_IntList:
        return 0 if args[0].is_floating_point() else 8 * int(args[0].numel())
    if func is torch.ops.aten.convolution.default:
        return max(blocked_bytes(args[0]) + int(args[1].nbytes), blocked_bytes(found)) + unfolded_bytes(args[0])
    if func is not torch.ops.aten.convolution_backward.default:
        return 0
    given, x, filters = args[:3]
    inside = blocked_bytes(x) if x.shape[1] > 3 or found[0] is not None else 0
    return blocked_bytes(given) + int(filters.nbytes) + inside + unfolded_bytes(x)


def unfolded_bytes(x: Tensor) -> int:
    """Bytes of a sequence, which a convolution copies into images of one row."""
    return x.nbytes if x.dim() == 3 else 0


def blocked_bytes(tensor: Tensor) -> int:
    """Bytes of a tensor whose channels, from four on, are laid out in blocks of sixteen; fewer stay as they are."""
    channels = tensor.shape[1]
    return tensor.nbytes if channels < 4 else tensor.nbytes // channels * (-(-channels // 16) * 16)


def storage_id(tensor: Tensor) -> int:
    """What a tensor has in common with its views."""
    return int(tensor.untyped_storage()._cdata)


@torch.no_grad()
def forward_peak(network: torch.nn.Module, x: Tensor) -> int:
    """Most bytes of intermediate results alive at once when a batch goes through; input and weights apart."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    with PeakMemory([x, *network.parameters(), *network.buffers()]) as counted:
        network(x)
    for module, mode in modes:
        module.training = mode
    peak: int = counted.peak
    return peak
