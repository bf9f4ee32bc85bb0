"""The process that reads an archive, little memory and time: `python -m engine.archive.sandbox_process FILE HOME RUN`.

Status 0: the run lies where the supervisor finds it. Status 3: a refusal is on the output. Anything else: it was ended.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

MEMORY = 6 * 2**30  # bytes of data; an archive of the largest size is held about five times on the way
SECONDS = 300
WRITTEN = 2 * 2**30
REFUSED = 3


def main() -> int:
    """Reads one archive."""
    limit()
    from engine.archive import run_import
    from engine.archive.unpack import read_file
    from engine.errors import PlaygroundError
    from engine.store.layout import Place

    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    file, home, run = sys.argv[1:4]
    try:
        run_import.lay_down(Place.of(Path(home)), run, read_file(Path(file)))
    except (PlaygroundError, OSError) as error:
        why = f"The run could not be stored: {error.strerror}." if isinstance(error, OSError) else str(error)
        answer.write(why)
        answer.close()
        return REFUSED
    return 0


def limit() -> None:
    """Memory, time and written bytes of this process, where the system can limit them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        for kind, most in (
            (resource.RLIMIT_DATA, MEMORY),
            (resource.RLIMIT_CPU, SECONDS),
            (resource.RLIMIT_FSIZE, WRITTEN),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(main())
