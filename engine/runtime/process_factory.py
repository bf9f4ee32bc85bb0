"""Making worker processes: forked from a warm server where the system can, spawned elsewhere."""

from __future__ import annotations

import multiprocessing
import os
import socket
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess

from engine.jobs.run_job import RunJob
from engine.runtime import worker_entry


class ProcessFactory:
    """Factory of worker processes. Not thread-safe: one thread calls it."""

    def __init__(self, target: Callable[[socket.socket, RunJob], None] = worker_entry.work) -> None:
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        self.context = multiprocessing.get_context("forkserver" if forks else "spawn")
        self.forks = forks
        self.target = target
        self.warm = False

    def prepare(self) -> None:
        """Start the fork server and wait until it has loaded everything."""
        if self.forks:
            self.context.set_forkserver_preload(["engine.runtime.preload"])
            child = self.context.Process(target=worker_entry.do_nothing)  # type: ignore[attr-defined]
            child.start()
            child.join()
            child.close()
        self.warm = True

    def start(self, job: RunJob) -> tuple[BaseProcess, socket.socket]:
        """Start a worker on a job; returns its process and the socket to it."""
        ours, theirs = socket.socketpair()
        with theirs:  # closed here once the child has it, else this side would never see the end of the line
            process: BaseProcess = self.context.Process(  # type: ignore[attr-defined]
                target=self.target, args=(theirs, job), name=f"run-{job.run}", daemon=False
            )
            process.start()
        return process, ours

    @property
    def server_pid(self) -> int | None:
        """The fork server's process, for those who watch it."""
        pid: int | None = getattr(forkserver._forkserver, "_forkserver_pid", None)
        return pid if self.forks else None


def set_environment() -> None:
    """What the fork server and the workers inherit: no thread pools, no thread of pyarrow's allocator (pandas brings it
    in), and torch asks the driver's library, not CUDA, for GPUs (who has asked CUDA cannot fork others that use it)."""
    os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] = "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
