"""A user of a venue's REST API: signs with a key of its own, and waits when the venue says so."""

from collections.abc import Callable
from itertools import count
from typing import Any, ClassVar, Final

import gevent
from locust import FastHttpUser
from locust.runners import WorkerRunner

from simexchange.locust import reporting  # noqa: F401  (registers its listeners)
from simexchange.locust.book import BOOK
from simexchange.locust.targets import KeyPool, Target, target
from simexchange.locust.wires import WIRES, Seen
from simexchange.services.clock import NANOSECONDS, WorldClock

_clock: Final = WorldClock()
_pools: dict[str, KeyPool] = {}
_closed_until: dict[str, int] = {}
"""Venue -> until when it wants to be left alone: by address, so by all users of this process."""
_limits_read: set[str] = set()
_ids: Final = count(1)


class ExchangeUser(FastHttpUser):
    """Subclass it and add tasks. ``heeds_limits`` False keeps sending after a 429, to see what that brings."""

    abstract = True
    venue: ClassVar[str] = "binance"
    heeds_limits: ClassVar[bool] = True

    def __init__(self, environment: Any) -> None:
        self.target: Target = target(self.venue)
        self.host = self.target.rest_url
        super().__init__(environment)
        self.wire = WIRES[self.venue]
        pool = _pools.get(self.venue)
        if pool is None:
            runner = environment.runner
            worker = runner.worker_index if isinstance(runner, WorkerRunner) else 0
            pool = _pools[self.venue] = KeyPool(self.target.keys, worker, 8)
        self.key = pool.take()

    def on_start(self) -> None:
        """Read the venue's limits once for all users."""
        if self.venue in _limits_read:
            return
        _limits_read.add(self.venue)
        answer = self.client.get(self.wire.limits_path, name="limits")
        if answer.status_code == 200:
            BOOK.of(self.venue).weight_limit = self.wire.weight_limit(answer.json())

    def next_id(self) -> str:
        """A client order id nobody has used."""
        return f"{self.key.account}-{_clock.wall_ns() // 1_000_000}-{next(_ids)}"

    def call(self, method: str, path: str, /, *, signed: bool = False, name: str | None = None, **params: Any) -> Any:
        """One request; its JSON, or None where it failed (Locust has it on record, with the venue's code)."""
        self._wait_if_told_to()
        if signed:
            query, headers = self.wire.signed(self.key, params)
        else:
            query, headers = "&".join(f"{key}={value}" for key, value in params.items()), {}
        url = f"{path}?{query}" if query else path
        with self.client.request(
            method, url, name=name or f"{method} {path}", headers=headers, catch_response=True
        ) as answer:
            seen = self.wire.seen(answer.status_code, _lower(answer.headers))
            BOOK.note(self.venue, seen)
            self._heed(seen)
            body = _json(answer)
            if 200 <= answer.status_code < 300:
                answer.success()
                return body
            answer.failure(self.wire.failure(answer.status_code, body))
            return None

    def _wait_if_told_to(self) -> None:
        if not self.heeds_limits:
            return
        wait_ns = _closed_until.get(self.venue, 0) - _clock.wall_ns()
        if wait_ns > 0:
            BOOK.of(self.venue).waited_ns += wait_ns
            gevent.sleep(wait_ns / NANOSECONDS)

    def _heed(self, seen: Seen) -> None:
        if seen.wait_ns:
            until_ns = _clock.wall_ns() + seen.wait_ns
            _closed_until[self.venue] = max(_closed_until.get(self.venue, 0), until_ns)


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in (headers or {}).items()}


def _json(answer: Any) -> Any:
    parse: Callable[[], Any] = answer.json
    try:
        return parse()
    except (ValueError, TypeError, AttributeError):
        return None
