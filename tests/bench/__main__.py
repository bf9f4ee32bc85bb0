"""`make bench`: every measured promise, one after the other."""

from __future__ import annotations

from tests.bench import click, page, telemetry, viewers


def main() -> None:
    """Runs all benches; each prints its own lines, with the bar and whether it was met."""
    telemetry.main()
    click.main()
    viewers.main()
    page.main()


if __name__ == "__main__":
    main()
