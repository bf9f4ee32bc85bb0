"""Who comes first when the processor is short: the store and the page, then the runs, all alike."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

ALONE = 5
CROWD = 10


def lower(pids: Iterable[int | None], crowd: bool) -> None:
    """Lower the workers' priority below supervisor and page, further in a crowd; it cannot be raised again.

    With autogrouping, Linux divides CPU time among sessions before processes, and each worker has a session of its own:
    without it forty workers would leave the supervisor 1/41 of a core.
    """
    level = CROWD if crowd else ALONE
    for pid in filter(None, pids):
        with contextlib.suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, pid) < level:
                os.setpriority(os.PRIO_PROCESS, pid, level)
                Path(f"/proc/{pid}/autogroup").write_text(str(level))
