"""Blocks against their formulas, written out in float64."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from engine.catalogue.part import catalogue
from engine.frame import Frame
from engine.parts.blocks import Block
from engine.training.trainer import Trainer
from tests.science.references import covers
from tests.science.test_ends import Every, start

IMAGE, SEQUENCE = (6, 5, 4), (7, 3)


def built(kind: str, in_shape: tuple[int, ...], **fields: Any) -> nn.Module:
    """The module of a block, in float64, with weights that are none of its first ones."""
    block = catalogue(Block)[kind].model_validate({"kind": kind, **fields})
    module: nn.Module = block.build(in_shape).double().requires_grad_(False)
    generator = torch.Generator().manual_seed(2)
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return module


def given(shape: tuple[int, ...]) -> Tensor:
    """Two examples of a shape."""
    return torch.randn(2, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@covers("blocks.global_max_pool", "blocks.global_average_pool")
def test_global_pooling_takes_each_map_and_each_feature_whole() -> None:
    x, z = given(IMAGE), given(SEQUENCE)
    for kind, whole in (("global_max_pool", max), ("global_average_pool", lambda values: sum(values) / len(values))):
        maps = [[whole(x[n, c].flatten().tolist()) for c in range(6)] for n in range(2)]
        features = [[whole(z[n, :, f].tolist()) for f in range(3)] for n in range(2)]
        torch.testing.assert_close(built(kind, IMAGE)(x), torch.tensor(maps, dtype=torch.float64))
        torch.testing.assert_close(built(kind, SEQUENCE)(z), torch.tensor(features, dtype=torch.float64))


def normalized(values: Tensor) -> Tensor:
    """Numbers with mean 0 and variance 1, ε = 10⁻⁵."""
    mean = values.sum() / values.numel()
    variance = ((values - mean) ** 2).sum() / values.numel()
    return (values - mean) / (variance + 1e-5).sqrt()


@covers("blocks.layer_norm")
def test_layer_normalization_is_of_each_example_and_of_each_step() -> None:
    x, z = given(IMAGE), given(SEQUENCE)
    module, along = built("layer_norm", IMAGE), built("layer_norm", SEQUENCE)
    expected = torch.stack([normalized(one) for one in x]) * module.get_parameter("weight") + module.get_parameter(
        "bias"
    )
    steps = torch.stack([torch.stack([normalized(step) for step in one]) for one in z]) * along.get_parameter(
        "weight"
    ) + along.get_parameter("bias")
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(along(z), steps)


@covers("blocks.group_norm")
def test_group_normalization_is_of_each_group_of_channels() -> None:
    x, module = given(IMAGE), built("group_norm", IMAGE, groups=3)
    groups = torch.stack([torch.cat([normalized(one[c : c + 2]) for c in (0, 2, 4)]) for one in x])
    torch.testing.assert_close(
        module(x), groups * module.get_parameter("weight")[:, None, None] + module.get_parameter("bias")[:, None, None]
    )


@covers("blocks.gaussian_noise")
def test_noise_has_its_deviation_in_training_and_is_off_in_evaluation() -> None:
    module, x = built("gaussian_noise", (200_000,), std=0.3), torch.zeros(1, 200_000, dtype=torch.float64)
    torch.manual_seed(0)
    noise = module.train()(x)
    assert abs(float(noise.mean())) < 4 * 0.3 / math.sqrt(200_000)
    assert abs(float(noise.std()) - 0.3) < 4 * 0.3 / math.sqrt(2 * 200_000)
    assert torch.equal(module.eval()(x), x)


@covers("blocks.reshape")
def test_reshape_lays_the_same_numbers_out_row_by_row() -> None:
    x = given((24,))
    image = built("reshape", (24,), channels=2, height=3, width=4)(x)
    steps = built("reshape", (24,), channels=4, height=0, width=6)(x)
    assert all(
        image[n, c, i, j] == x[n, 12 * c + 4 * i + j] for n in (0, 1) for c in (0, 1) for i in (0, 2) for j in (1, 3)
    )
    for t, f in product(range(6), range(4)):
        assert torch.equal(steps[:, t, f], x[:, 4 * t + f])


@covers("blocks.conv1d")
def test_convolution_over_time_is_its_sum() -> None:
    x = given(SEQUENCE)
    module = built("conv1d", SEQUENCE, filters=2, kernel=3, stride=2, padding=1, activation={"kind": "identity"})
    weight, bias = module.get_parameter("0.inner.weight"), module.get_parameter("0.inner.bias")
    rows = torch.cat([torch.zeros(2, 1, 3), x, torch.zeros(2, 1, 3)], 1).double()
    expected = [
        [[bias[f] + sum(weight[f, :, u] @ rows[n, 2 * t + u] for u in range(3)) for f in range(2)] for t in range(4)]
        for n in range(2)
    ]
    torch.testing.assert_close(module(x), torch.tensor(expected, dtype=torch.float64))


@covers("blocks.transposed_conv2d")
def test_every_pixel_paints_its_filter() -> None:
    x = given((2, 3, 3))
    fields = {"filters": 4, "kernel": 3, "stride": 2, "padding": 1, "activation": {"kind": "identity"}}
    module = built("transposed_conv2d", (2, 3, 3), **fields)
    weight, bias = module.get_parameter("0.weight"), module.get_parameter("0.bias")
    canvas = torch.zeros(2, 4, 7, 7, dtype=torch.float64)  # (3 − 1) · 2 + 3
    for i in range(3):
        for j in range(3):
            canvas[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += torch.einsum("nc,cfuv->nfuv", x[:, :, i, j], weight)
    torch.testing.assert_close(module(x), canvas[:, :, 1:-1, 1:-1] + bias[:, None, None])


@covers("blocks.embedding")
def test_an_embedding_gives_the_row_of_each_number() -> None:
    module = built("embedding", (3,), rows=5, width=2)
    table = module.get_parameter("rows.weight")
    words = torch.tensor([[0.0, 4.0, 2.0], [9.0, -3.0, 1.2]])  # beyond the table: its last and its first row
    assert torch.equal(module(words), table[torch.tensor([[0, 4, 2], [4, 0, 1]])])


@covers("probes.reconstruction")
def test_pairs_are_the_inputs_over_what_the_network_makes_of_them() -> None:
    trainer = Trainer(start(probes=[{"kind": "reconstruction"}], steps=1, epochs=None), Every())
    frame: Frame = trainer.advance(deadline=math.inf, until_step=1, frame_at_end=True).frames[-1]
    found, (scale,) = frame.readings["reconstruction"], frame.readings["reconstruction_scale"]
    half = len(found) // 2
    with torch.no_grad():
        trainer.network.eval()
        x = trainer.capture.probe_batch[:half]
        again = trainer.network.compute_outputs(x)[4]
    pairs = torch.cat([x, again]).reshape(2 * half, 8, 8)
    assert float(scale) == float(pairs.abs().max())
    assert (torch.from_numpy(found) - pairs / scale * 127).abs().max() <= 0.51
