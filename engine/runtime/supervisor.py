"""The supervisor: `python -m engine.runtime.supervisor`. One for each store; it outlives the app that started it.

This file is what worker processes see as their main module, so it stays light.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path


def main() -> int:
    """Serve until nobody needs it. Status 0 as well when another supervisor has the store already."""
    parser = argparse.ArgumentParser(prog="python -m engine.runtime.supervisor", description=main.__doc__)
    parser.add_argument("--home", type=Path, help="the store's folder")
    parser.add_argument("--idle-seconds", type=float, default=600.0, help="leave when unneeded for so long")
    parser.add_argument("--at-once", type=int, default=64, help="runs that train at the same time; others wait")
    parser.add_argument("--checkpoint-seconds", type=float, default=5.0, help="training time between checkpoints")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s: %(message)s", stream=sys.stderr)
    from engine.runtime import service

    return service.serve(options.home, options.idle_seconds, options.at_once, options.checkpoint_seconds)


if __name__ == "__main__":
    sys.exit(main())
