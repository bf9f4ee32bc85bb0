"""Blocks: what a network is assembled from, one after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, TypeVar

from torch import Tensor, nn

from engine.catalogue.part import Part, hparam
from engine.errors import InvalidExperiment
from engine.examples import Task
from engine.message import NOTHING, Message
from engine.numerics.recurrent import GATES
from engine.parts.activations import Activation
from engine.parts.aspects import Aspect
from engine.parts.initializers import Fan, Initializer
from engine.parts.losses import Loss

Shape = tuple[int, ...]
M = TypeVar("M", bound=nn.Module)
TWO_BIASES = Message("torch has two biases a layer and direction, where the formula has one.")


@dataclass(frozen=True)
class Weight:
    """A parameter that multiplies: a matrix or filters, which initializers fill and penalties act on, or a
    normalization's gain γ, which has no `fan`: it starts at 1 and is not penalized. The weight instruments read both.

    `pieces`: equal pieces along the first axis, each initialized by itself, with its own `fan`. `unit_axis`: which
    axis, 0 or 1, counts the units. `kinds`: a name for each equal part that the instruments show apart: " · input" or
    " · recurrent" of a recurrent layer (W and U), with the number of the layer if several are stacked; " · queries",
    " · keys", " · values" or " · output" of attention. A layer with one kind of weights only has no such names.
    """

    tensor: Tensor
    fan: Fan | None
    pieces: int = 1
    kinds: tuple[str, ...] = ("",)
    unit_axis: int = 0

    def split(self, values: Tensor) -> Sequence[Tensor]:
        """Split `values`, of the tensor's shape, into one part a kind along the first axis."""
        return values.chunk(len(self.kinds))


class Bias(NamedTuple):
    """A parameter that is added. It starts at the experiment's bias times `multiple`."""

    tensor: Tensor
    multiple: float = 1.0


class Recurrence(NamedTuple):
    """A recurrence over the steps of a sequence. `units`: the size of the state of each of the stacked `layers`.
    `gates`: their names, in the order of `Block.get_gates`."""

    layers: int
    units: int
    gates: tuple[str, ...] = ()


class Window(NamedTuple):
    """A window that slides over a sequence or an image, in steps or pixels along each axis. `is_transposed`: each input
    is spread over a window of the output, and the padding is cut off."""

    kernel: int
    stride: int
    padding_before: int = 0
    padding_after: int = 0
    dimensions: int = 2
    is_transposed: bool = False
    has_weights: bool = True


class Block(Part, family="blocks", position=4):
    """A layer, a join or a head: one piece of a network, which builds its torch module and tells what it is.

    A block with a `label` can be referred to by later ones. `refers`: it names an earlier block by `of` and takes that
    block's output beside its own input; `reference_optional`: it may omit the reference. `shares`: it is the module of
    the referenced block once more. `is_head`: an auxiliary output; it reads the referenced block, or its input, and the
    next block receives that input unchanged. It is built with the shape of its target as `other_shape`.

    `joins`: it takes the referenced block's output beside its own input; else the reference stands in for the input.
    `unitwise`: each unit of its output comes from one unit of each input, not from all of them.
    `reconstructs`: a head whose target is the network's input. `stops_gradient`: no gradient goes back through it.

    `observed`: its output is shown by the activation instruments. `is_random`: it draws from torch's default generator
    in training, which is then seeded anew before every step.
    `smallest_batch`: fewer examples in a step cannot be trained on. `pairs_steps`: it compares every step of a sequence
    with every other, and needs memory for all pairs.

    `begins_on`: the layout of the examples for which a network usually begins with it; "" for no layout of its own.
    `flattens`: it lays its input out as a vector. `parameters_note`: what to know of the number of its parameters.
    """

    observed: ClassVar[bool] = False
    is_random: ClassVar[bool] = False
    refers: ClassVar[bool] = False
    shares: ClassVar[bool] = False
    reference_optional: ClassVar[bool] = False
    is_head: ClassVar[bool] = False
    joins: ClassVar[bool] = False
    unitwise: ClassVar[bool] = False
    reconstructs: ClassVar[bool] = False
    stops_gradient: ClassVar[bool] = False
    smallest_batch: ClassVar[int] = 1
    pairs_steps: ClassVar[bool] = False
    begins_on: ClassVar[Literal["", "vector", "image"]] = ""
    flattens: ClassVar[bool] = False
    parameters_note: ClassVar[Message] = NOTHING

    label: str = hparam(
        "",
        "A name of your own, for later blocks to refer to this one.",
        pattern=r"^[a-zA-Z0-9_ -]{0,24}$",
        pattern_help=Message("at most 24 letters without accents, digits, spaces and - _"),
        omit_default=True,
    )

    @property
    def reference(self) -> str:
        """The label of the earlier block that this one refers to; empty for none."""
        return ""

    @property
    def initializer_override(self) -> Initializer | None:
        """The initializer of this block alone; None for that of the experiment."""
        return None

    @property
    def aspect(self) -> Aspect | None:
        """What a head learns of the examples; None if its target is the input, or if it is no head."""
        return None

    @property
    def loss_override(self) -> Loss | None:
        """The loss of a head; None for the usual one of its task."""
        return None

    @property
    def loss_weight(self) -> float:
        """The factor of a head's loss in the sum of losses."""
        return 1.0

    @abstractmethod
    def build(self, in_shape: Shape, other_shape: Shape | None = None) -> nn.Module:
        """Build the module for inputs of `in_shape`, an example's shape without the batch.

        `other_shape`: that of the referenced block's output, of its input if the module is shared, or of a head's
        target. The parameters' values do not matter: they are made on the meta device, and filled later.

        Raises: InvalidExperiment if such inputs do not fit.
        """

    def update_live_fields(self, module: nn.Module) -> None:
        """Write the fields that may change live into `module`, built by an earlier version of this block."""

    @property
    def output_activation(self) -> Activation | None:
        """The activation that makes the block's output: its last module. None if it has none."""
        return None

    @property
    def two_sided(self) -> bool:
        """Whether the activation that makes its outputs saturates at both ends."""
        return self.output_activation is not None and self.output_activation.two_sided

    @property
    def size_label(self) -> str:
        """Its size in a few characters, as 16, 8@3×3 or ÷2; empty without one."""
        return ""

    @property
    def window(self) -> Window | None:
        """The window of a convolution or a pooling; None for other blocks."""
        return None

    @property
    def recurrence(self) -> Recurrence | None:
        """The recurrence of an RNN, LSTM or GRU; None for other blocks."""
        return None

    def get_gates(self, module: nn.Module, x: Tensor) -> list[tuple[Tensor, ...]]:
        """The gates of each recurrent layer, (batch, time, units · directions), for `x`, (batch, time, features)."""
        return []

    def find_saturated(self, module: nn.Module, x: Tensor, h: Tensor, z: Tensor | None) -> Tensor | None:
        """The outputs that are saturated, a mask as `h` or as its first examples; None without an activation.

        `x`, `h`: input and output of `module`. `z`: the pre-activation, if the block has an `output_activation`.
        """
        if self.output_activation is None or z is None:
            return None
        return self.output_activation.find_saturated(z, get_last_module(module))

    @property
    def target_task(self) -> Task | None:
        """The task of a head; None for that of the output."""
        return None

    def get_weights(self, module: nn.Module) -> tuple[Weight, ...]:
        """The weights of `module`, in the order in which they are drawn: another order gives a seed another run."""
        return ()

    def get_biases(self, module: nn.Module) -> tuple[Bias, ...]:
        """The biases of `module`: every parameter with "bias" in torch's name for it."""
        return tuple(Bias(parameter) for name, parameter in module.named_parameters() if "bias" in name)

    def reset(self, module: nn.Module) -> None:
        """Give parameters and running statistics that are neither weights nor biases their initial values, in place."""
        if self.output_activation:
            self.output_activation.reset(get_last_module(module))


def get_last_module(module: nn.Module) -> nn.Module:
    """The last module of a sequence, which is the activation of a block that has one; else the module itself."""
    return module[-1] if isinstance(module, nn.Sequential) else module


def find_module(module: nn.Module, kind: type[M]) -> M:
    """The only module of a class among a module and its descendants. Raises: ValueError for none or several."""
    (found,) = (one for one in module.modules() if isinstance(one, kind))
    return found


def get_gain(module: nn.Module) -> Weight:
    """γ of a normalization, (features,)."""
    return Weight(module.get_parameter("weight"), None)


def get_dense_weight(layer: nn.Linear) -> Weight:
    """The matrix of a dense layer."""
    fan_out, fan_in = layer.weight.shape  # (outputs, inputs)
    return Weight(layer.weight, Fan(fan_in, fan_out))


def get_filters(layer: nn.Conv1d | nn.Conv2d) -> Weight:
    """The filters of a convolution, (filters, channels, k) or (filters, channels, k, k)."""
    fan_out, fan_in = (size * layer.weight[0, 0].numel() for size in layer.weight.shape[:2])
    return Weight(layer.weight, Fan(fan_in, fan_out // layer.groups))


def get_recurrent_weights(layer: nn.RNNBase) -> tuple[Weight, ...]:
    """W and U of each stacked layer, every gate initialized by itself; those of both directions have one name."""
    weights = []
    for name, weight in layer.named_parameters():  # "weight_ih_l0", "weight_hh_l0", …, "weight_ih_l0_reverse", …
        if name.startswith("weight"):
            number = int(name.split("_l")[1].split("_")[0]) + 1
            which = f" {number}" if layer.num_layers > 1 else ""
            kind = f"{which} · {'input' if name.startswith('weight_ih') else 'recurrent'}"
            # (gates · units, inputs): of one gate, for the stacked matrix would count every unit once a gate
            fan = Fan(weight.shape[1], weight.shape[0] // GATES[layer.mode])
            weights.append(Weight(weight, fan, GATES[layer.mode], (kind,)))
    return tuple(weights)


def get_recurrent_biases(layer: nn.RNNBase) -> tuple[Bias, ...]:
    """The two biases that torch adds to each gate. The second starts at 0, so that their sum is what was asked for."""
    return tuple(
        Bias(parameter, 0.0 if "bias_hh" in name else 1.0)
        for name, parameter in layer.named_parameters()
        if name.startswith("bias")
    )


def expect_vector(in_shape: Shape) -> int:
    """The number of features of a vector input. Raises: InvalidExperiment for any other shape."""
    if len(in_shape) != 1:
        hint = Message("put a flatten block before it")
        raise InvalidExperiment("", Message("a vector"), format_shape(in_shape), hint)
    return in_shape[0]


def expect_image(in_shape: Shape, smallest: int = 1) -> Shape:
    """(channels, height, width) of an image of at least `smallest`² pixels. Raises: InvalidExperiment for others."""
    if len(in_shape) != 3:
        raise InvalidExperiment("", Message("an image (channels, height, width)"), format_shape(in_shape))
    if min(in_shape[1:]) < smallest:
        expected = Message("an image of at least {n} × {m}", n=smallest, m=smallest)
        raise InvalidExperiment("", expected, format_shape(in_shape))
    return in_shape


def expect_sequence(in_shape: Shape) -> Shape:
    """(time, features) of a sequence input. Raises: InvalidExperiment for any other shape."""
    if len(in_shape) != 2:
        raise InvalidExperiment("", Message("a sequence (time, features)"), format_shape(in_shape))
    return in_shape


def format_shape(shape: Shape) -> str:
    """Format a shape for people: 64, or 6 × 8 × 8."""
    return " × ".join(str(size) for size in shape)
