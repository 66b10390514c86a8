"""One request to the control API and its answer, by the standard library alone, loaded when it is first needed."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

PATIENCE_S: Final = 600.0
"""Moving time by months takes the exchange a while."""


class Failed(Exception):
    """The exchange says no, or is not there; the message is for the person who asked."""


class Client:
    """Talks to one exchange. Its repr keeps the token to itself."""

    def __init__(self, url: str, token: str | None, raw: bool) -> None:
        self.url = url.rstrip("/")
        self.raw = raw
        """Whether answers are wanted as the JSON they came in."""
        self._token = token

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, Any] | None = None
    ) -> Any:
        """The answer as plain data, text where it is no JSON, None where there is none. Raises Failed."""
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import ProxyHandler, Request, build_opener

        said = {name: _word(value) for name, value in (query or {}).items() if value is not None}
        address = self.url + path + (f"?{urlencode(said)}" if said else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if urlsplit(address).scheme not in ("http", "https"):
            raise Failed(f"{self.url!r} is no address such as http://127.0.0.1:8787: set --url or SIMX_CONTROL_URL")
        try:
            with build_opener(ProxyHandler({})).open(
                Request(address, data, headers, method=method), timeout=PATIENCE_S
            ) as reply:
                return _read(reply.read(), reply.headers.get_content_type())
        except HTTPError as error:
            with error:
                raise Failed(_refusal(error.code, error.read())) from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise Failed(self._unreachable(error)) from None

    def _unreachable(self, error: Exception) -> str:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ConnectionRefusedError):
            return (
                f"nobody listens at {self.url}: is `simexchange serve` running? Its control address is in its banner;"
                " --url or SIMX_CONTROL_URL names another"
            )
        return f"{self.url}: {getattr(reason, 'strerror', None) or reason}"


def place(*parts: str) -> str:
    """A path of these parts, whatever is in them."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(raw: bytes, content_type: str) -> Any:
    if not raw:
        return None
    text = raw.decode("utf-8", "replace")
    return json.loads(text) if content_type == "application/json" else text


def _refusal(status: int, raw: bytes) -> str:
    """What the problem says, in a line or two."""
    try:
        problem = json.loads(raw)
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return f"the answer was {status}, and not from a control port: {raw[:200].decode('utf-8', 'replace')!r}"
    if status == 401:
        return (
            f"{problem['detail'].partition(':')[0]}: give --token or SIMX_CONTROL_TOKEN; `simexchange serve` prints it"
        )
    detail, passes = str(problem.get("detail", problem.get("title", status))), problem.get("passes")
    reason = f" [{problem['reason']}]" if "reason" in problem else ""
    more = f"; what passes: {passes}" if passes and str(passes) not in detail else ""
    return "\n".join([f"{detail}{reason}{more}", *problem.get("mistakes", [])])
