"""Open files and connections: how many more this process may have, and how many are kept back for the pages."""

from __future__ import annotations

import os
import resource
from pathlib import Path

RESERVED = 256
WANTED = 65_536
LISTED = Path("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd")


def raise_limit() -> None:
    """Raise the soft limit as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def count_free() -> int:
    """Descriptors that this process may still open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if soft == resource.RLIM_INFINITY else soft - len(os.listdir(LISTED))


def count_reserved() -> int:
    """Descriptors reserved for pages and store: 256, or three in eight where the limit is low."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return RESERVED if soft == resource.RLIM_INFINITY else min(RESERVED, soft * 3 // 8)
