"""Open files and connections: how many more this process may have, and how many are kept back for the pages."""

from __future__ import annotations

import os
import resource
from pathlib import Path

RESERVED = 256
WANTED = 65_536
LISTED = Path("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd")


def raise_limit() -> None:
    """Ask for as many as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def count_free() -> int:
    """How many more there may be."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if soft == resource.RLIM_INFINITY else soft - len(os.listdir(LISTED))


def count_reserved() -> int:
    """How many viewers must leave for the pages and the store: 256, or three in eight where there are few."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return RESERVED if soft == resource.RLIM_INFINITY else min(RESERVED, soft * 3 // 8)
