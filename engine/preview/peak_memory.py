"""Peak memory of tensors, counted by watching every operation; works on the meta device too."""

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
    """Counts the bytes of storages that operations allocate while it is entered: `now`, and `peak` so far.

    Storages of the `known` tensors are not counted, nor are views. On the meta device the scratch that operations would
    take on a CPU counts too.
    """

    def __init__(self, known: Iterable[Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._known = {identify_storage(tensor) for tensor in known}
        self._holders: dict[int, int] = {}  # tensors by storage: a storage lives as long as any of its views
        self._one_channel = False  # of the last convolution: then what follows it is laid out channels last
        self._channels_last: set[torch.Size] = set()  # shapes that pooling gave in that layout

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                self._hold(leaf)
        if args and isinstance(args[0], Tensor) and args[0].is_meta:
            self.peak = max(self.peak, self.now + self._estimate_scratch(func, args, result))
        return result

    def _estimate_scratch(self, func: Any, args: Any, result: Any) -> int:
        """Estimate the bytes of an operation besides its results. Pooling's backward pass copies what is laid out
        channels last, and the indices."""
        if func is torch.ops.aten.convolution.default:
            self._one_channel = args[0].shape[1] == 1
        elif func is torch.ops.aten.max_pool2d_with_indices.default and self._one_channel:
            self._channels_last.add(result[0].shape)
        elif func is torch.ops.aten.max_pool2d_with_indices_backward.default:
            return int(result.nbytes + args[-1].nbytes) if args[0].shape in self._channels_last else 0
        return estimate_workspace(func, args, result)

    def _hold(self, tensor: Tensor) -> None:
        storage, size = identify_storage(tensor), tensor.untyped_storage().nbytes()
        if storage in self._known:
            return
        if not self._holders.get(storage):
            self.now += size
            self.peak = max(self.peak, self.now)
        self._holders[storage] = self._holders.get(storage, 0) + 1
        weakref.finalize(tensor, self._drop, storage, size)

    def _drop(self, storage: int, size: int) -> None:
        self._holders[storage] -= 1
        if not self._holders[storage]:
            self.now -= size


def estimate_workspace(func: Any, args: Any, result: Any) -> int:
    """Estimate the bytes that an operation takes on a CPU besides its results while it works.

    Convolutions: forward the input and filters or the output in blocks, backward the gradient of the output, the input
    and filters. Sums of truth values: integers. Mean losses: the loss of every number, twice.
    """
    if func in LOSSES and result.numel() == 1:
        return 2 * int(args[0].nbytes)
    if func is torch.ops.aten.sum.dim_IntList:
        return 0 if args[0].is_floating_point() else 8 * int(args[0].numel())
    if func is torch.ops.aten.convolution.default:
        forward = max(count_blocked_bytes(args[0]) + int(args[1].nbytes), count_blocked_bytes(result))
        return forward + count_unfolded_bytes(args[0])
    if func is not torch.ops.aten.convolution_backward.default:
        return 0
    gradient, x, filters = args[:3]  # gradient and x: (batch, channels, …)
    # an image of few channels takes a copy only for its own gradient, which the first layer does not compute
    inputs = count_blocked_bytes(x) if x.shape[1] > 3 or result[0] is not None else 0
    return count_blocked_bytes(gradient) + int(filters.nbytes) + inputs + count_unfolded_bytes(x)


def count_unfolded_bytes(x: Tensor) -> int:
    """Count the bytes of a sequence (batch, channels, time), which a convolution copies into images of one row."""
    return x.nbytes if x.dim() == 3 else 0


def count_blocked_bytes(tensor: Tensor) -> int:
    """Count the bytes of (batch, channels, …) whose channels, from four on, are laid out in blocks of sixteen, an
    AVX-512 register of float32; fewer stay as they are."""
    channels = tensor.shape[1]
    return tensor.nbytes if channels < 4 else tensor.nbytes // channels * (-(-channels // 16) * 16)


def identify_storage(tensor: Tensor) -> int:
    """Identify the storage that a tensor has in common with its views; on the meta device it has no address."""
    return int(tensor.untyped_storage()._cdata)


@torch.no_grad()
def measure_forward_peak(network: torch.nn.Module, x: Tensor) -> int:
    """Measure the most bytes of intermediate results alive at once when `x` (batch, …) goes through a network in
    evaluation mode; input and weights apart. Modes are put back."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    with PeakMemory([x, *network.parameters(), *network.buffers()]) as counter:
        network(x)
    for module, mode in modes:
        module.training = mode
    peak: int = counter.peak
    return peak
