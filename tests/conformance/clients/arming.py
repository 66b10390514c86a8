"""Arms a fault over the control API for as long as a step lasts, with nothing but the standard library."""

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def armed(rule: Mapping[str, Any]) -> Iterator[None]:
    """The rule is in force inside."""
    made = _ask("POST", "/faults", rule)
    try:
        yield
    finally:
        _ask("DELETE", f"/faults/{made['id']}")


def _ask(method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    served = json.loads(os.environ["SIMX_SERVED"])
    request = urllib.request.Request(
        served["control_url"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {served['control_token']}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path} {body}: {error.read().decode()}") from error
    return json.loads(text) if text else None
