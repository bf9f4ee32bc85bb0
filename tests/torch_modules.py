"""What torch's types do not say of the modules in a network."""

from __future__ import annotations

from typing import Any

from engine.network.build import Stage


def module_of(stage: Stage) -> Any:
    """The module that a stage runs; which attributes it has is the block's affair."""
    return stage.module
