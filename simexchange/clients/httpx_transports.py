"""httpx's transports over a venue without its socket. Imported only where httpx is."""

from concurrent.futures import Future

import anyio
import httpx

from simexchange.handle.socketless import Answer, Socketless
from simexchange.handle.waiting import outcome


class Transport(httpx.BaseTransport):
    """For ``httpx.Client``."""

    def __init__(self, venue: Socketless) -> None:
        self._venue = venue

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked = _begin(self._venue, request, request.read())
        try:
            return _response(asked.result(_patience_s(request)), request)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer came in time", request=request) from None
        finally:
            asked.cancel()


class AsyncTransport(httpx.AsyncBaseTransport):
    """For ``httpx.AsyncClient``."""

    def __init__(self, venue: Socketless) -> None:
        self._venue = venue

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = _begin(self._venue, request, await request.aread())
        try:
            with anyio.fail_after(_patience_s(request)):
                return _response(await outcome(asked), request)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer came in time", request=request) from None


def _begin(venue: Socketless, request: httpx.Request, body: bytes) -> "Future[Answer]":
    url = request.url
    return venue.begin(request.method, url.path, url.query, list(request.headers.raw), body)


def _patience_s(request: httpx.Request) -> float | None:
    """httpx's own limit for reading, if there is one."""
    patience_s: float | None = request.extensions.get("timeout", {}).get("read")
    return patience_s


def _response(answer: Answer, request: httpx.Request) -> httpx.Response:
    if not answer.whole:
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body", request=request)
    return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
