"""A trained network in smaller numbers: how many bytes it takes and how well it still does.

Int8 is torch's own quantization. Dense, LSTM and GRU layers keep int8 weights and round their inputs as they come
(dynamic); convolutions also fix the range of their inputs beforehand, from training examples (static). All else stays
float32.

Source: Jacob and others, Quantization and training of neural networks for efficient integer-arithmetic-only inference,
2018.
"""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from engine.errors import PlaygroundError
from engine.message import Message, Term
from engine.network.build import Network
from engine.numerics.metrics import compute_metric
from engine.processes.job import Event, Job, Task
from engine.processes.limits import GIB, Limits
from engine.training.trainer import Trainer

CALIBRATION = 512  # training examples that the ranges of convolutions are taken from
DYNAMIC = (nn.Linear, nn.LSTM, nn.GRU)
STATIC = (nn.Conv1d, nn.Conv2d)
ENGINES = ("x86", "fbgemm", "onednn", "qnnpack")


class QuantizeRun(Job):
    """A trained run, named by the document, in several number formats; an event for the run and one for each."""

    limits: ClassVar[Limits] = Limits(memory=8 * GIB, seconds=900.0, cpu_seconds=900, niceness=5)

    def events(self, task: Task) -> Iterator[Event]:
        """Quantize the run. Raises: PlaygroundError."""
        yield from compare_run_formats(task.json())


@dataclass(frozen=True)
class FormatSize:
    """One number format: size of the saved weights in bytes and the metric on the validation split."""

    form: str
    bytes: int
    metric: float
    left: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """For JSON, with a sentence on what could not be made smaller."""
        note = Message("")
        if self.left:
            names = [Term("layer", name) for name in self.left]
            note = Message("These layers stay float32, because torch has no int8 form of them: {layers}.", layers=names)
        return {"format": self.form, "bytes": self.bytes, "metric": self.metric, "note": note.plain()}


def compare_formats(trainer: Trainer) -> Iterator[FormatSize]:
    """The run's network as float32, bfloat16 and int8, on its validation split, on the CPU."""
    network, task = copy.deepcopy(trainer.network).cpu().eval(), trainer.data.source.task
    x, y = trainer.data.validation_x, trainer.data.validation_y
    yield FormatSize("float32", count_saved_bytes(network), score(network, x, y, task))
    half = quantize_bfloat16(network)
    yield FormatSize("bfloat16", count_saved_bytes(half), score(half, x, y, task))
    small, left = quantize_int8(network, trainer.data.train_x[:CALIBRATION])
    yield FormatSize("int8", count_saved_bytes(small), score(small, x, y, task), left)


def compare_run_formats(run: str) -> Iterator[dict[str, Any]]:
    """The same for a run in the store, from its newest whole checkpoint. Raises: PlaygroundError."""
    from engine.jobs import checkpoint
    from engine.store.reader import Reader

    reader = Reader()
    row = reader.read_run(run) if reader.layout.database.exists() else None
    if row is None:
        raise PlaygroundError(Message("There is no run {run}.", run=run))
    trainer, step = checkpoint.load_newest(reader, row)
    yield {"run": run, "step": step, "task": trainer.data.source.task}
    for small in compare_formats(trainer):
        yield small.plain()


def count_saved_bytes(network: nn.Module) -> int:
    """Size of the file of weights and running statistics."""
    buffer = io.BytesIO()
    torch.save(network.state_dict(), buffer)
    return buffer.tell()


@torch.no_grad()
def score(network: Network, x: Tensor, y: Tensor, task: Any) -> float:
    outputs = network.stages[-1].out_shape[0]
    given = torch.cat([network(piece) for piece in torch.split(x, 2048)])[
        :, :outputs
    ]  # the ends beside it are left out
    return float(compute_metric(given.float(), y, task))


def quantize_bfloat16(network: Network) -> Network:
    """The network with bfloat16 weights. Every layer with weights rounds its inputs, except those that look rows up:
    bfloat16 has no room for large word numbers."""
    half = copy.deepcopy(network).to(torch.bfloat16)
    for member in half.members:
        for stage in member.stages:
            looks_up = any(isinstance(module, nn.Embedding) for module in stage.module.modules())
            if not stage.shared and stage.parameters and not looks_up:
                stage.module.register_forward_pre_hook(round_inputs)
    return half


def round_inputs(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The inputs of a layer in bfloat16."""
    return tuple(given.to(torch.bfloat16) for given in inputs)


def quantize_int8(network: Network, examples: Tensor) -> tuple[Network, tuple[str, ...]]:
    """The network with int8 weights where torch can, and the names of the layers with weights where it cannot."""
    engine = next((name for name in ENGINES if name in torch.backends.quantized.supported_engines), None)
    if engine is None:
        raise PlaygroundError(Message("This build of torch cannot quantize."))
    torch.backends.quantized.engine = engine
    small = copy.deepcopy(network).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says in every call that this interface will move
        ao: Any = torch.ao.quantization
        quantize_convolutions(small, examples, engine)
        ao.quantize_dynamic(small, dict.fromkeys(DYNAMIC, ao.default_dynamic_qconfig), torch.qint8, inplace=True)
    rebind_stages(small)
    left = [stage.name for stage in small.stages if not stage.shared and has_float_weights(stage.module)]
    return small, tuple(left)


def quantize_convolutions(network: Network, examples: Tensor, engine: str) -> None:
    """Convolutions, each with its input round_inputs and its output turned back, so that all else stays as it is."""
    ao: Any = torch.ao.quantization
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if type(child) in STATIC and not isinstance(parent, ao.QuantWrapper):
                child.qconfig = ao.get_default_qconfig(engine)
                wrapped = ao.QuantWrapper(child)
                wrapped.qconfig = child.qconfig
                setattr(parent, name, wrapped)
    rebind_stages(network)
    ao.prepare(network, inplace=True)
    with torch.no_grad():
        network(examples)
    ao.convert(network, inplace=True)
    rebind_stages(network)


def rebind_stages(network: Network) -> None:
    """Lets the stages hold the modules that took the place of others."""
    for one in (network, *network.members[1:]):
        for stage, module in zip(one.stages, one.modules_in_order, strict=True):
            object.__setattr__(stage, "module", module)


def has_float_weights(module: nn.Module) -> bool:
    """Whether any weight in it is still float32; the one slope of a PReLU is none."""
    own = (part for part in module.modules() if not isinstance(part, nn.PReLU))
    return any(parameter.numel() for part in own for parameter in part.parameters(recurse=False))
