"""The control API as an ASGI application: routes, checks and documentation, all from the table of operations."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from simexchange.control import dashboard, events, table
from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Made, Operation, Redirect, Text
from simexchange.control.problems import Problem
from simexchange.control.reading import read_body, read_object, read_query
from simexchange.control.security import Guard
from simexchange.services.likeness import nearest

if TYPE_CHECKING:
    from simexchange.app import Exchange

MOST_BODY: Final = 1 << 20
JSON: Final = "application/json"
_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
    " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""A page of ours loads nothing from anywhere, and is nobody's frame."""

log = logging.getLogger(__name__)


class SymbolConvertor(StringConvertor):
    """A symbol in a path: BTCUSDT, btc-usdt, and BTC/USDT as it is or encoded; what follows is in small letters."""

    regex = "[^/]+(?:/[A-Z0-9]+)?"

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("symbol", SymbolConvertor())


def control_application(exchange: "Exchange", token: str, names: tuple[str, ...], port: int) -> ASGIApp:
    """``names`` are those of this machine that clients may call it by, beside the loopback's own."""
    controls = exchange.controls
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in table.OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes: list[BaseRoute] = [
        Route(path.replace("{symbol}", "{symbol:symbol}"), _endpoint(controls, methods), methods=list(methods))
        for path, methods in by_path.items()
    ]
    routes.append(WebSocketRoute(events.PATH, events.endpoint(controls)))
    routes += dashboard.routes()
    application = Starlette(routes=routes, exception_handlers={HTTPException: _not_here})
    application.router.redirect_slashes = False
    open_paths = frozenset(operation.path for operation in table.OPERATIONS if operation.is_open) | dashboard.paths()
    return Guard(
        application, token, names, port, open_paths, frozenset(path for path in open_paths if "health" in path)
    )


def _endpoint(controls: Controls, methods: Mapping[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
    """One path, whatever the method."""

    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        try:
            asked = Asked(
                controls,
                request.path_params,
                read_query(request.url.query, operation.query),
                await _body(request, operation),
                request.url.hostname or "127.0.0.1",
            )
            answer = operation.handler(asked)
            if inspect.isawaitable(answer):
                answer = await _while_waited_for(answer, request)
            return _response(answer, operation)
        except Problem as problem:
            return problem.response()
        except Exception:
            log.exception("bug: %s failed", operation.name)
            return Problem(500, "this is a bug of the exchange's; its log says more").response()

    return endpoint


async def _while_waited_for(answer: Awaitable[Any], request: Request) -> Any:
    """What takes its time, which is moving the world's; it ends where it is once the client has gone."""
    work = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise Problem(408, "the client has gone, and time stands where it was by then")
        return work.result()
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)


async def _body(request: Request, operation: Operation) -> Any:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BODY:
            raise Problem(413, f"the body is larger than {MOST_BODY} bytes")
    if operation.body is not None:
        is_yaml = "yaml" in request.headers.get("content-type", "") and "yaml" in operation.body.__struct_fields__
        return read_body(_as_field(bytes(raw)) if is_yaml else bytes(raw), operation.body)
    if operation.raw_schema is not None:
        return read_object(bytes(raw))
    if raw.strip() and read_object(bytes(raw)):  # {} is what some clients make of no body at all
        raise Problem(422, f"{operation.name} takes no body", passes="an empty body")
    return None


def _as_field(raw: bytes) -> bytes:
    """A YAML text sent as it is, as the field that would hold it."""
    try:
        return msgspec.json.encode({"yaml": raw.decode()})
    except UnicodeDecodeError as error:
        raise Problem(400, f"the body is no UTF-8 text: {error.reason} (byte {error.start})") from None


def _response(answer: Any, operation: Operation) -> Response:
    if isinstance(answer, Redirect):
        return Response(None, 303, {"Location": answer.location, "Set-Cookie": answer.cookie})
    if isinstance(answer, Text):
        headers = _PAGE_HEADERS if answer.media_type.startswith("text/html") else {}
        return Response(answer.text, operation.status, {"Cache-Control": "no-store"} | headers, answer.media_type)
    if isinstance(answer, Response):
        return answer
    headers = {"Cache-Control": "no-store"}
    if isinstance(answer, Made):
        headers["Location"] = answer.location
        answer = answer.value
    if operation.answers is None:
        return Response(None, 204, headers)
    return Response(msgspec.json.encode(answer), operation.status, headers, JSON)


def _not_here(request: Request, error: Exception) -> Response:
    """No such path, or not by this method: told like every other problem."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 405:
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
        told = f"{path} knows no {request.method}"
        return Problem(405, told, sent=request.method, passes=allowed, headers={"Allow": allowed}).response()
    if path == events.PATH:
        return Problem(
            426, f"{path} is a WebSocket", passes=f"ws://...{path}", headers={"Upgrade": "websocket"}
        ).response()
    paths = {operation.path for operation in table.OPERATIONS}
    near = nearest(path, paths)
    hint = f"did you mean {near}? " if near else ""
    return Problem(error.status_code, f"there is nothing at {path}; {hint}/docs lists what there is").response()
