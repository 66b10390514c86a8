"""Asserting on the requests that an exchange saw: counted by the exchange, told with what came near."""

from collections.abc import Iterator, Mapping
from typing import Any

from simexchange.handle.backend import Backend

_BOUNDS = frozenset({"at_least", "at_most", "exactly", "none", "since"})


def require(backend: Backend, wanted: Mapping[str, Any]) -> int:
    """How many requests fit. Raises AssertionError unless that is what was wanted, Refused for what makes no sense."""
    __tracebackhide__ = True
    told = backend.ask("POST /verify", body=wanted)
    if not told["passed"]:
        raise AssertionError("\n".join(_failure(wanted, told)))
    return int(told["count"])


def _failure(wanted: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[str]:
    request = " ".join(str(wanted[name]) for name in ("method", "path", "endpoint") if name in wanted)
    shown = ("method", "path", "endpoint", *_BOUNDS)
    more = ", ".join(f"{name}={value!r}" for name, value in wanted.items() if name not in shown)
    yield f"{request}{f' ({more})' if more else ''}: {told['wanted']} wanted, {told['count']} seen"
    if not told["complete"]:
        yield "  (the journal has forgotten the oldest requests)"
    for miss in told["near_misses"]:
        differs = "; ".join(
            f"{part['field']} was {part['was'] if part['was'] is not None else 'not said'}, wanted {part['wanted']}"
            for part in miss["differs"]
        )
        yield f"  near: #{miss['request']} {miss['ts']} {miss['account'] or 'nobody'} {miss['endpoint']}: {differs}"
    if not told["near_misses"] and not told["count"]:
        yield "  no request came near"
