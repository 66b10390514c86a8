"""Asking an exchange from a command line: its answers as plain data, its no as a line for whoever asked."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

from simexchange import control_http
from simexchange.control_http import Answer, Unreachable

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
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise Failed(f"{self.url!r} is no address such as http://127.0.0.1:8787: set --url or SIMX_CONTROL_URL")
        try:
            answer = control_http.ask(self.url, self._token, method, path, query, body, patience_s=PATIENCE_S)
        except Unreachable as unreachable:
            raise Failed(self._unreachable(unreachable)) from None
        if not answer.is_good:
            raise Failed(_refusal(answer.status, answer.body))
        return _read(answer)

    def _unreachable(self, unreachable: Unreachable) -> str:
        if isinstance(unreachable.reason, ConnectionRefusedError):
            return (
                f"nobody listens at {self.url}: is `simexchange serve` running? Its control address is in its banner;"
                " --url or SIMX_CONTROL_URL names another"
            )
        return f"{self.url}: {unreachable}"


def place(*parts: str) -> str:
    """A path of these parts, whatever is in them."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _read(answer: Answer) -> Any:
    if not answer.body:
        return None
    text = answer.body.decode("utf-8", "replace")
    return json.loads(text) if answer.content_type == "application/json" else text


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
