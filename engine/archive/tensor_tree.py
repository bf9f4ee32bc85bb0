"""Trees of tensors without pickle: a checkpoint's plain values as JSON, its tensors as safetensors.

The sender of an archive is unknown, and torch's own format is made of pickles. What JSON has no word for is
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

MAX_DEPTH = 40


def encode_tree(tree: Any) -> tuple[bytes, bytes]:
    """The tree as JSON, and its tensors in the format of safetensors."""
    tensors: dict[str, torch.Tensor] = {}
    text = json.dumps(_encode(tree, tensors), allow_nan=False)
    return text.encode(), save(tensors)


def decode_tree(text: bytes, tensors: bytes) -> Any:
    """The tree in both. Raises: ValueError if they hold none."""
    try:
        return _decode(json.loads(text), load(tensors), 0)
    except RecursionError:
        raise ValueError("nested too deep") from None
    except Exception as error:  # safetensors has an error of its own
        raise ValueError(str(error)) from error


def save_tree(tree: Any) -> bytes:
    """The tree in torch's format, as the store has it."""
    buffer = io.BytesIO()
    torch.save(tree, buffer)
    return buffer.getvalue()


def load_tree(data: bytes) -> Any:
    """The tree in torch's format; `weights_only` lets torch build nothing but plain values and tensors."""
    return torch.load(io.BytesIO(data), weights_only=True)


def _encode(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        # safetensors refuses tensors that share memory, and those that are not contiguous
        tensors[name] = value.detach().cpu().clone().contiguous()
        return {"$tensor": name}
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _encode(item, tensors) for key, item in value.items()}
        # optimizers number their parameters, and JSON's keys are texts
        return {"$map": [[key, _encode(item, tensors)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"$tuple": [_encode(item, tensors) for item in value]}
    if isinstance(value, list):
        return [_encode(item, tensors) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": repr(value)}
    return value


def _decode(value: Any, tensors: dict[str, torch.Tensor], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [_decode(item, tensors, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((mark, inner),) = value.items()
        if mark == "$tensor":
            return tensors[inner]
        if mark == "$tuple":
            return tuple(_decode(item, tensors, depth + 1) for item in inner)
        if mark == "$map":
            return {key: _decode(item, tensors, depth + 1) for key, item in inner}
        if mark == "$number":
            return float(inner)
    return {key: _decode(item, tensors, depth + 1) for key, item in value.items()}
