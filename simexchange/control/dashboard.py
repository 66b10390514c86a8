"""The dashboard's files: a page and its modules, served from this package and from nowhere else.

Only names that were there at the start are served, so that no path leads elsewhere. The files hold nothing secret and
are read without the token; whatever they show is asked of the control API, which wants it.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parent.parent / "dashboard"
PREFIX: Final = "/dashboard/"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""No script and no style but our files, nothing from elsewhere, nobody's frame."""
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_LOCKED: Final = "locked.html"


class Asset(Struct, frozen=True):
    body: bytes
    media_type: str
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """Every file by its name below the folder."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.suffix in _TYPES:
            body = path.read_bytes()
            tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            found[path.relative_to(FOLDER).as_posix()] = Asset(body, _TYPES[path.suffix], tag)
    return found


def page() -> Response:
    """The dashboard itself."""
    return _answer(assets()["index.html"], 200)


def locked_page() -> Response:
    """What a browser sees that came without the token: how to get in."""
    return _answer(assets()[_LOCKED], 401)


def paths() -> frozenset[str]:
    """Where the files are."""
    return frozenset(PREFIX + name for name in assets())


def routes() -> Iterator[Route]:
    """A route for each file; browsers keep them, and ask whether they are still the same."""
    for name, asset in assets().items():
        yield Route(PREFIX + name, _endpoint(asset), methods=["GET"])


def _endpoint(asset: Asset) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.headers.get("if-none-match") == asset.tag:
            return Response(None, 304, {"ETag": asset.tag})
        return _answer(asset, 200)

    return endpoint


def _answer(asset: Asset, status: int) -> Response:
    return Response(asset.body, status, HEADERS | {"Cache-Control": "no-cache", "ETag": asset.tag}, asset.media_type)
