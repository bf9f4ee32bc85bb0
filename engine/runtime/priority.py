"""Who comes first when the processor is short: the store and the page, then the runs, all alike."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

ALONE = 5
CROWD = 10


def lower(pids: Iterable[int | None], crowd: bool) -> None:
    """Let the workers yield to everything else, the more so in a crowd; it cannot be taken back.

    A worker has a session of its own, and Linux shares time among sessions first: these have a level of their own
    (where that is so, forty workers leave the supervisor a fortieth otherwise).
    """
    level = CROWD if crowd else ALONE
    for pid in filter(None, pids):
        with contextlib.suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, pid) < level:
                os.setpriority(os.PRIO_PROCESS, pid, level)
                Path(f"/proc/{pid}/autogroup").write_text(str(level))
