"""A worker in a process of its own whose estimate is made far too small, so that it meets the limit for real.

`python tests/runtime/short_of_memory.py FOLDER EXPERIMENT` prints what the worker said in the end, as JSON.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
from typing import Any

from engine import wire
from engine.jobs.run_job import RunJob
from engine.runtime import attempt, memory_limit


def listen(line: socket.socket, told: list[dict[str, Any]]) -> None:
    """The supervisor's side: grants what is asked for, and says good bye at the end."""
    while True:
        header, _ = wire.receive(line)
        told.append(header)
        if "needs" in header:
            line.sendall(wire.pack({"do": "granted"}))
        if "end" in header:
            line.sendall(wire.pack({"do": "bye"}))
            return


if __name__ == "__main__":
    folder, experiment = sys.argv[1:3]
    vars(memory_limit).update(MARGIN=0.1, SLACK=32 * 2**20)
    ours, theirs = socket.socketpair()
    told: list[dict[str, Any]] = []
    listener = threading.Thread(target=listen, args=(ours, told), daemon=True)
    listener.start()
    attempt.main(theirs, RunJob("short", 1, folder, experiment))
    listener.join(20)
    needs = [header["needs"] for header in told if "needs" in header]
    print(json.dumps({"needs": needs, "end": told[-1]["end"]}))  # noqa: T201
