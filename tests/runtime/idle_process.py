"""Processes for the pool's tests: real ones that train nothing."""

from __future__ import annotations

import os
import socket
import threading

from engine import wire
from engine.jobs.run_job import RunJob


def idle(line: socket.socket, job: RunJob) -> None:
    """Say hello, send back what is said, and leave or die when told so."""
    line.sendall(wire.pack({"hello": job.run, "attempt": job.attempt, "pid": os.getpid()}))
    while (message := wire.receive(line)[0])["do"] != "leave":
        if message["do"] == "die":
            os._exit(1)
        if message["do"] == "hang up":
            line.close()
            threading.Event().wait()
        line.sendall(wire.pack({"echo": message["do"]}, [b"part"]))
    line.sendall(wire.pack({"left": job.run}))
