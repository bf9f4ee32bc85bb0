"""Which state of the engine's source code a process runs, so that an upgrade reaches the supervisor."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class CodeVersion:
    """Version of the engine's files: a digest, and when the newest of them was changed (nanoseconds)."""

    digest: str
    changed: int

    def replace(self, other: CodeVersion) -> bool:
        """Whether this code takes over from the other: only from an older one, or two apps would chase each other."""
        return self.digest != other.digest and self.changed > other.changed


@lru_cache(maxsize=1)
def read_code_version() -> CodeVersion:
    """Version of this process's code, read once: files may change while it runs."""
    folder = Path(__file__).resolve().parents[1]
    known = hashlib.sha256()
    changed = 0
    for path in sorted(folder.rglob("*.py")):
        facts = path.stat()
        # size and time instead of content: this is read at each start
        known.update(f"{path.relative_to(folder)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
        changed = max(changed, facts.st_mtime_ns)
    return CodeVersion(known.hexdigest()[:16], changed)
