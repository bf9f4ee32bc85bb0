"""Limits of a process on memory, time and written bytes, which the process puts on itself before it loads anything."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

try:
    import resource
except ImportError:  # a system without them: the time on the clock remains, which the starting process keeps
    resource = None  # type: ignore[assignment]

GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """Resource limits of a process.

    `memory` is in bytes of data, or of all addresses with `addresses`: stricter, but CUDA reserves more than there is.
    `seconds` are wall-clock time, `cpu_seconds` the sum over all threads. `niceness` lowers the priority.
    """

    memory: int
    seconds: float
    cpu_seconds: int
    file_bytes: int = 2 * GIB
    addresses: bool = False
    gpu: bool = True
    niceness: int = 0


def apply_limits(limits: Limits) -> None:
    """Apply the limits to this process, as far as the system knows them."""
    yield_to_others(limits.niceness)
    if resource is None:
        return
    for kind, most in (
        (resource.RLIMIT_AS if limits.addresses else resource.RLIMIT_DATA, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # macOS knows some of them by name alone
            resource.setrlimit(kind, (allowed, allowed))


def yield_to_others(niceness: int) -> None:
    """Lower the priority. With autogrouping, Linux divides CPU time among sessions before processes, and a job has a
    session of its own: without the second line it would get as much as the whole server."""
    if niceness:
        with contextlib.suppress(OSError):
            os.nice(niceness)
            Path("/proc/self/autogroup").write_text(str(niceness))
