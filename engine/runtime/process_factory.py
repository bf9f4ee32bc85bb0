"""Making worker processes: forked from a warm server where the system can, spawned elsewhere."""

from __future__ import annotations

import multiprocessing
import os
import socket
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from typing import Any

from engine.jobs.run_job import Order
from engine.runtime import worker_entry

JOIN_SECONDS = 5.0


class Nursery:
    """Starts workers. Not thread-safe: one thread calls it."""

    def __init__(self) -> None:
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self.context = multiprocessing.get_context("forkserver" if forks else "spawn")
        self.forks = forks
        self.warm = False

    def prepare(self) -> None:
        """Start the fork server and wait until it has loaded everything."""
        if self.forks:
            self.context.set_forkserver_preload(["engine.runtime.preload"])
            child = self.context.Process(target=worker_entry.nothing)  # type: ignore[attr-defined]
            child.start()
            child.join()
            child.close()
        self.warm = True

    def start(self, order: Order) -> tuple[BaseProcess, socket.socket]:
        """A worker that carries out `order`, and the line to it."""
        ours, theirs = socket.socketpair()
        with theirs:
            process: BaseProcess = self.context.Process(  # type: ignore[attr-defined]
                target=worker_entry.work, args=(theirs, order), name=f"run-{order.run}", daemon=False
            )
            process.start()
        return process, ours

    @property
    def server_pid(self) -> int | None:
        """The fork server's process, for those who watch it."""
        pid: int | None = getattr(forkserver._forkserver, "_forkserver_pid", None)
        return pid if self.forks else None


def set_surroundings() -> None:
    """What the fork server and the workers inherit: no thread pools, no thread of pyarrow's allocator (pandas brings it
    in), and torch asks the driver's library, not CUDA, for GPUs (who has asked CUDA cannot fork others that use it)."""
    os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def wait_for_end(process: Any, kill: bool) -> None:
    """Wait for a process that is leaving; one that has to leave is killed."""
    if kill:
        process.kill()
    process.join(JOIN_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    process.close()
