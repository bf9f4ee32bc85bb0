"""The first lines that a worker process runs; light, so that the supervisor can name them without loading torch."""

from __future__ import annotations

import os
import signal
import socket
import threading
from multiprocessing import connection, parent_process

from engine.jobs.run_job import RunJob


def do_nothing() -> None:
    """No-op target: starting it proves that the fork server is ready."""


def work(line: socket.socket, job: RunJob) -> None:
    """Work on a job in a session of its own, and not a moment longer than the supervisor lives."""
    # Ctrl-C in the terminal goes to the server alone, which lets its runs save.
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    from engine.runtime import attempt

    attempt.main(line, job)


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        # Not `sys.exit`: that would end this thread, and the training would go on.
        os._exit(1)
