"""Runs as they happen: the WebSocket route `/live/{run}` and what it needs while the server runs."""

from engine.live.service import Live

_live = Live()
route = _live.route
lifespan = _live.lifespan
