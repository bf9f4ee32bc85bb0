"""Environment variables that a child process inherits: an allowlist, so that no secret is among them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from engine import settings

ROOT = Path(__file__).resolve().parents[2]  # what `import engine` is found in
NAMES = {"HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"}
PREFIXES = (
    *("LC_", "LD_", "DYLD_", "PYTHON", "COVERAGE_", "MALLOC_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "ARROW_", "JE_ARROW_"),
    *("CUDA_", "NVIDIA_", "HIP_", "HSA_", "ROCR_", "PYTORCH_", "TORCH_"),
)
NETWORK = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")
SECRET = ("secret", "token", "passw", "credential", "key")  # never inherited, whatever the prefix
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_IO_THREADS"), "1"),
    "MALLOC_ARENA_MAX": "2",
}


def inherit_environment(*, network: bool = False) -> dict[str, str]:
    """The variables that a child may have, with the code's folder in `PYTHONPATH` and the store's path made absolute.

    `network` adds proxies and certificates, for a process that downloads.
    """
    chosen = {name: value for name, value in os.environ.items() if is_allowed(name, network)}
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return {**chosen, "PYTHONPATH": join_folders([str(ROOT), *before]), "PLAYGROUND_STORE": str(settings.read().store)}


def is_allowed(name: str, network: bool) -> bool:
    lower = name.lower()
    if network and lower in NETWORK:
        return True
    return (name in NAMES or name.startswith(PREFIXES)) and not any(word in lower for word in SECRET)


def join_folders(folders: Iterable[str]) -> str:
    """A search path without empty entries: one would mean the working folder, which strangers may write to."""
    return os.pathsep.join(filter(None, folders))
