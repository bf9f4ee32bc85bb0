"""Initial weights: a sample of what an initializer draws, and the density that theory gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.initializers import Distribution, Fan, Initializer

BINS, MIN_WEIGHTS = 61, 40_000
SHARE_WITHIN_TWO = 0.9544997361036416  # share of a normal distribution within two deviations


@dataclass(frozen=True)
class InitialWeights:
    """Histogram of the weights as a density, (bins,), over bin centers; the density in theory as a line, (2, points).

    `variance` is that of the sample, `expected` the one in theory; theory is None where weights depend on each other.
    """

    centers: np.ndarray
    density: np.ndarray
    theory: np.ndarray | None
    variance: float
    expected: float | None


def sample_initial_weights(part: Initializer, fan: Fan, seed: int = 0) -> InitialWeights:
    """Sample the weights of dense layers of one fan: as many layers as give at least 40 000 weights."""
    generator = torch.Generator().manual_seed(seed)
    fan_in, fan_out = int(fan.fan_in), int(fan.fan_out)
    layers = -(-MIN_WEIGHTS // (fan_in * fan_out))
    weights = torch.zeros(layers, fan_out, fan_in)
    for layer in weights:
        part.fill_(layer, fan, generator)
    values = weights.double().numpy().ravel()
    reach = max(float(np.abs(values).max()) * 1.05, 1e-3)
    density, edges = np.histogram(values, BINS, (-reach, reach), density=True)
    centers = (edges[1:] + edges[:-1]) / 2
    distribution = part.get_distribution(fan)
    theory = None
    if distribution:
        # two points at every jump of a density, so that the line falls straight there
        jumps = [distribution.scale * side * near for side in (-2, -1, 1, 2) for near in (1 - 1e-9, 1 + 1e-9)]
        line = np.sort([*np.linspace(-reach, reach, 241), *(x for x in jumps if abs(x) < reach)])
        theory = np.stack([line, compute_density(distribution, line)])
    expected = None if distribution is None else compute_variance(distribution)
    return InitialWeights(centers, density, theory, float(values.var()), expected)


def compute_density(distribution: Distribution, x: np.ndarray) -> np.ndarray:
    scale = distribution.scale
    if distribution.shape == "uniform":
        return np.where(np.abs(x) <= scale, 1 / (2 * scale), 0.0)
    normal = np.exp(-((x / scale) ** 2) / 2) / (scale * np.sqrt(2 * np.pi))
    if distribution.shape == "normal":
        return np.asarray(normal)
    return np.where(np.abs(x) <= 2 * scale, normal / SHARE_WITHIN_TWO, 0.0)


def compute_variance(distribution: Distribution) -> float:
    if distribution.shape == "uniform":
        return distribution.scale**2 / 3
    # of a normal distribution cut at ±2: 1 − 2 · 2 φ(2) / P(|z| < 2)
    lost = 0.0 if distribution.shape == "normal" else 4 * np.exp(-2) / (np.sqrt(2 * np.pi) * SHARE_WITHIN_TWO)
    return float(distribution.scale**2 * (1 - lost))
