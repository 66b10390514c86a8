"""The control API as an ASGI application. Errors are problem details (RFC 9457)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simexchange import __version__
from simexchange.description import Description


def control_application(describe: Callable[[], Description | None]) -> Starlette:
    """``describe`` gives what is being served, or None while it is not all there yet."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        is_ready = describe() is not None
        return JSONResponse({"status": "ready" if is_ready else "starting"}, 200 if is_ready else 503)

    async def info(_: Request) -> Response:
        return JSONResponse(_info(describe()))

    return Starlette(
        routes=[Route("/health/live", live), Route("/health/ready", ready), Route("/info", info)],
        exception_handlers={HTTPException: _problem},
    )


def _info(description: Description | None) -> dict[str, Any]:
    """Version, seed and venues; never an account, a key or a secret."""
    if description is None:
        return {"version": __version__, "venues": {}}
    return {
        "version": __version__,
        "seed": description.seed,
        "scenario": description.scenario,
        "venues": {
            name: {"rest_url": venue.rest_url, "ws_url": venue.ws_url, "symbols": venue.symbols}
            for name, venue in description.venues.items()
        },
    }


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
    }
    return JSONResponse(problem, error.status_code, headers=error.headers, media_type="application/problem+json")
