"""Who may use the control port: whoever holds the token, by a name of this machine, and not from somebody's web page.

A browser on this machine runs other people's pages. They cannot read the token, but could send requests along with the
cookie, or reach this port under a name of their own that points here: so Host and Origin are checked for every method.
"""

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from simexchange.control.dashboard import locked_page
from simexchange.control.problems import Problem

OWN_NAMES: Final = ("localhost", "127.0.0.1", "::1")
_FOREIGN: Final = ("cross-site", "same-site")


class Guard:
    """Stands before the whole application, sockets included. ``open_paths`` need no token, ``named_by_all`` no name."""

    def __init__(
        self,
        application: ASGIApp,
        token: str,
        names: tuple[str, ...],
        port: int,
        open_paths: frozenset[str],
        named_by_all: frozenset[str],
    ) -> None:
        self._application = application
        self._token = token.encode()
        self._names = frozenset(name.lower().strip("[]") for name in (*OWN_NAMES, *names))
        self._cookie = cookie_name(port)
        self._open_paths = open_paths
        self._named_by_all = named_by_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._application(scope, receive, send)
            return
        try:
            self._check(scope)
        except Problem as problem:
            await _refuse(problem, scope, receive, send)
        else:
            await self._application(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        """Raises Problem: 403 for a wrong place, 401 without the token."""
        headers = Headers(scope=scope)
        path = scope["path"]
        if path not in self._named_by_all:
            self._check_name(headers.get("host", ""))
        self._check_origin(headers, is_navigation=scope["type"] == "http" and scope["method"] == "GET")
        if path not in self._open_paths and not self._holds_token(scope, headers):
            raise Problem(
                401,
                "the control token is missing or wrong: send it as 'Authorization: Bearer TOKEN'; `simexchange serve`"
                " prints it, and --control-token (SIMX_CONTROL_TOKEN) sets it",
                headers={"WWW-Authenticate": 'Bearer realm="simexchange control"'},
            )

    def _check_name(self, host: str) -> None:
        name = host_of(host)
        if name not in self._names:
            raise Problem(
                403,
                f"this port is not called {name!r}; allow that name with --control-allow-host"
                " (SIMX_CONTROL_ALLOW_HOST) if it is",
                field="Host",
                sent=host,
                passes=", ".join(sorted(self._names)),
            )

    def _check_origin(self, headers: Headers, is_navigation: bool) -> None:
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower():
            raise Problem(403, "another web page may not use this port", field="Origin", sent=origin)
        site = headers.get("sec-fetch-site", "")
        if site in _FOREIGN and not (is_navigation and headers.get("sec-fetch-mode") == "navigate"):
            raise Problem(403, "another web page may not use this port", field="Sec-Fetch-Site", sent=site)

    def _holds_token(self, scope: Scope, headers: Headers) -> bool:
        scheme, _, sent = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self._is_token(sent.strip()):
            return True
        if self._is_token(_cookie(headers.get("cookie", ""), self._cookie)):
            return True
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] == "/":
            sent = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            return self._is_token(sent)
        return False

    def _is_token(self, sent: str) -> bool:
        return hmac.compare_digest(sent.encode("utf-8", "surrogatepass"), self._token)


def cookie_name(port: int) -> str:
    """Cookies know no ports, so that the name must: two exchanges may be open in one browser."""
    return f"simx_control_{port}"


def cookie_header(port: int, token: str) -> str:
    """The cookie that the dashboard's link sets."""
    return f"{cookie_name(port)}={token}; HttpOnly; SameSite=Strict; Path=/"


def host_of(authority: str) -> str:
    """The host of ``host:port``, without brackets, lower case."""
    authority = authority.strip().lower()
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def _cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


async def _refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """A problem, as the answer to a request or to a handshake."""
    is_page = problem.status == 401 and scope["path"] == "/" and "text/html" in Headers(scope=scope).get("accept", "")
    response = locked_page() if is_page else problem.response()
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.shown["title"]})
        return
    await response(scope, receive, send)
