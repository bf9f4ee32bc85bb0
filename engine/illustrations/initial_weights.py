"""First weights: what an initializer draws, beside what theory says it draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.parts.initializers import Distribution, Fan, Initializer

BINS, LEAST = 61, 40_000
TWO = 0.9544997361036416  # share of a normal distribution within two deviations


@dataclass(frozen=True)
class InitialWeights:
    """A histogram as a density over bin centers, the density that theory gives as a line (2, points), and both
    variances; the theory is None where there is none to compare with."""

    centers: np.ndarray
    density: np.ndarray
    theory: np.ndarray | None
    variance: float
    expected: float | None


def initial_weights(part: Initializer, fan: Fan, seed: int = 0) -> InitialWeights:
    """Weights of a dense layer of that fan: as many layers as give at least 40 000 of them."""
    generator = torch.Generator().manual_seed(seed)
    into, out = int(fan.fan_in), int(fan.fan_out)
    layers = -(-LEAST // (into * out))
    weights = torch.zeros(layers, out, into)
    for layer in weights:
        part.fill_(layer, fan, generator)
    values = weights.double().numpy().ravel()
    reach = max(float(np.abs(values).max()) * 1.05, 1e-3)
    density, edges = np.histogram(values, BINS, (-reach, reach), density=True)
    centers = (edges[1:] + edges[:-1]) / 2
    spread = part.get_distribution(fan)
    theory = None
    if spread:
        ends = [spread.scale * side * near for side in (-2, -1, 1, 2) for near in (1 - 1e-9, 1 + 1e-9)]
        line = np.sort([*np.linspace(-reach, reach, 241), *(end for end in ends if abs(end) < reach)])
        theory = np.stack([line, density_of(spread, line)])
    return InitialWeights(centers, density, theory, float(values.var()), None if spread is None else variance(spread))


def density_of(spread: Distribution, x: np.ndarray) -> np.ndarray:
    scale = spread.scale
    if spread.shape == "uniform":
        return np.where(np.abs(x) <= scale, 1 / (2 * scale), 0.0)
    bell = np.exp(-((x / scale) ** 2) / 2) / (scale * np.sqrt(2 * np.pi))
    return np.asarray(bell if spread.shape == "normal" else np.where(np.abs(x) <= 2 * scale, bell / TWO, 0.0))


def variance(spread: Distribution) -> float:
    if spread.shape == "uniform":
        return spread.scale**2 / 3
    lost = 0.0 if spread.shape == "normal" else 4 * np.exp(-2) / (np.sqrt(2 * np.pi) * TWO)
    return float(spread.scale**2 * (1 - lost))
