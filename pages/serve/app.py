"""What the server does around the pages: routes, what is made ready at the start."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import metadata
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from engine.errors import PlaygroundError
from engine.live import import_route
from engine.live import lifespan as live_lifespan
from engine.live import route as live_route
from engine.store import integrity
from pages.form.component import compute_version
from pages.session.engine import get_fleet
from pages.session.i18n import LANGUAGES, read_browser_texts
from pages.settings import ASSETS

T = TypeVar("T", bound=Response)


def report_health(_request: Request) -> JSONResponse:
    """Whether the supervisor answers; more is nobody's business."""
    about = {"version": metadata.version("training-playground")}
    try:
        get_fleet().status()
        if integrity.read_note(get_fleet().layout):
            return JSONResponse({"ok": False, **about}, 503)
    except PlaygroundError:
        return JSONResponse({"ok": False, **about}, 503)
    return JSONResponse({"ok": True, **about})


class ComponentCode(StaticFiles):
    """The code of the browser components. A browser keeps it for good, for its address changes whenever it does; what
    was asked for under another version's address, during an upgrade, is not kept."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        return set_cache_headers(await super().get_response(path, scope), scope["path_params"].get("version", ""))


def serve_translations(request: Request) -> JSONResponse:
    """The translations of the engine's messages; kept like code."""
    language = request.path_params["language"]
    found = read_browser_texts(language) if language in LANGUAGES else {}
    return set_cache_headers(JSONResponse(found), request.path_params["version"])


def set_cache_headers(response: T, under: str) -> T:
    """Let a browser keep what it asked for under this version's address for good, and else not at all."""
    lasting = under == compute_version()
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return response


def list_routes() -> list[BaseRoute]:
    """What is served beside the pages."""
    return [
        live_route(),
        import_route.route(),
        Route("/healthz", report_health),
        Route("/assets/{version}/translations/{language}.json", serve_translations),
        Mount("/assets/{version}", ComponentCode(directory=ASSETS / "live")),
    ]


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Warms up, then serves."""
    # Beside the warm-up, not after it: each takes about a second, and the first visitor needs both.
    threading.Thread(target=start_fleet, name="fleet-start", daemon=True).start()
    await asyncio.to_thread(warm_up)
    async with live_lifespan(app):
        yield


def start_fleet() -> None:
    """A supervisor, before the first visitor needs one."""
    with suppress(PlaygroundError):  # the first page says it
        get_fleet().ensure()


def warm_up() -> None:
    """Loads catalogue, thumbnails and one preview; what is alive then is never garbage, so collections skip it."""
    from engine.experiment.experiment import Experiment
    from pages.session.state import preview_experiment
    from pages.session.thumbnails import list_thumbnails

    preview_experiment(Experiment())
    list_thumbnails()
    gc.collect()
    gc.freeze()
