"""Checkpoints without pickle: a tree of plain values as JSON, its tensors as safetensors.

Whoever brings a file cannot be trusted, and torch's own format is made of pickles. What JSON has no word for is
written as an object with one marked key: tensors by their number, tuples, dictionaries whose keys are not texts, and
numbers that are not finite.
"""

from __future__ import annotations

import io
import json
import math
from typing import Any

import torch
from safetensors.torch import load, save

DEEPEST = 40


def to_bytes(tree: Any) -> tuple[bytes, bytes]:
    """The JSON and the tensors."""
    tensors: dict[str, torch.Tensor] = {}
    text = json.dumps(_plain(tree, tensors), allow_nan=False)
    return text.encode(), save(tensors)


def from_bytes(text: bytes, tensors: bytes) -> Any:
    """The tree. Raises: ValueError, KeyError or TypeError for what is none."""
    try:
        return _tree(json.loads(text), load(tensors), 0)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except Exception as error:  # safetensors has an error of its own
        raise ValueError(str(error)) from error


def torch_bytes(tree: Any) -> bytes:
    """The tree as the store keeps it."""
    buffer = io.BytesIO()
    torch.save(tree, buffer)
    return buffer.getvalue()


def torch_tree(data: bytes) -> Any:
    """The tree in a file that the store itself wrote."""
    return torch.load(io.BytesIO(data), weights_only=True)


def _plain(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone().contiguous()
        return {"$tensor": name}
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _plain(item, tensors) for key, item in value.items()}
        return {"$map": [[key, _plain(item, tensors)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"$tuple": [_plain(item, tensors) for item in value]}
    if isinstance(value, list):
        return [_plain(item, tensors) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": repr(value)}
    return value


def _tree(value: Any, tensors: dict[str, torch.Tensor], depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_tree(item, tensors, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((mark, inner),) = value.items()
        if mark == "$tensor":
            return tensors[inner]
        if mark == "$tuple":
            return tuple(_tree(item, tensors, depth + 1) for item in inner)
        if mark == "$map":
            return {key: _tree(item, tensors, depth + 1) for key, item in inner}
        if mark == "$number":
            return float(inner)
    return {key: _tree(item, tensors, depth + 1) for key, item in value.items()}
