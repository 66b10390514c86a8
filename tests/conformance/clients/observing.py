"""What every client script shares: the served venue's description, steps that record what happened, one report.

A script runs its steps in order and prints one JSON object: step name -> {"value": ...} or {"raised": {...}}.
It judges nothing; the tests do.
"""

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from conformance.clients.loopback import escapes, stay_on_loopback

STEP_SECONDS = 30
"""The longest one step may take: real clients need real time, and a lost answer must not hang the suite."""

SYMBOL = "BTCUSDT"


@dataclass(frozen=True)
class Account:
    """One account of the served venue with its key."""

    name: str
    api_key: str
    api_secret: str

    def with_secret(self, secret: str) -> "Account":
        return Account(self.name, self.api_key, secret)

    def with_key(self, api_key: str) -> "Account":
        return Account(self.name, api_key, self.api_secret)


@dataclass(frozen=True)
class Venue:
    """Where the venue under test listens, and whose keys it knows."""

    rest_url: str
    ws_url: str
    accounts: dict[str, Account]

    @classmethod
    def from_environment(cls) -> "Venue":
        described = json.loads(os.environ["SIMX_SERVED"])["venues"]["binance"]
        accounts = {
            account["name"]: Account(account["name"], account["api_key"], account["api_secret"])
            for account in described["accounts"]
        }
        return cls(described["rest_url"], described["ws_url"], accounts)


@dataclass
class Observations:
    """The record of one script's steps, in the order they began."""

    steps: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, name: str, value: object) -> None:
        """Records a value that the script worked out itself."""
        assert name not in self.steps, name
        self.steps[name] = {"value": value}

    def call(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls `call` and records its value or the exception; returns the value, or None where it raised."""
        with self._recorded(name) as outcome:
            outcome["value"] = call(*args, **kwargs)
        return outcome.get("value")

    async def step(self, name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The same for sync and async calls alike, within STEP_SECONDS."""
        with self._recorded(name) as outcome:
            outcome["value"] = await settled(call(*args, **kwargs))
        return outcome.get("value")

    @contextmanager
    def _recorded(self, name: str) -> Iterator[dict[str, Any]]:
        assert name not in self.steps, name
        outcome: dict[str, Any] = {}
        self.steps[name] = outcome
        try:
            yield outcome
        except Exception as error:  # noqa: BLE001 - whatever a client raises is the observation
            outcome["raised"] = described(error)


async def settled(result: Any, seconds: float = STEP_SECONDS) -> Any:
    """The result of a sync or an async call."""
    if inspect.isawaitable(result):
        return await asyncio.wait_for(result, seconds)
    return result


def described(error: BaseException) -> dict[str, Any]:
    """An exception as plain data: its classes from its own upwards, and what it says of the venue's answer."""
    code = getattr(error, "code", getattr(error, "error_code", None))
    return {
        "class": type(error).__name__,
        "classes": [kind.__name__ for kind in type(error).__mro__ if kind not in {object, BaseException}],
        "code": code,
        "status": getattr(error, "status_code", None),
        "message": getattr(error, "error_message", None) or str(error),
    }


Script = Callable[[Observations, Venue, str], Coroutine[Any, Any, None] | None]
"""(observations, venue, flavor) -> nothing; a coroutine function gets an event loop, a plain one none."""


def report(script: Script) -> None:
    """Runs a script on this machine only and prints what it observed."""
    tls = json.loads(os.environ["SIMX_SERVED"]).get("tls", {"hosts": {}})
    stay_on_loopback(*(host for hosts in tls["hosts"].values() for host in hosts))
    observations = Observations()
    flavor = sys.argv[1] if len(sys.argv) > 1 else ""
    running = script(observations, Venue.from_environment(), flavor)
    if running is not None:
        asyncio.run(running)
    print(json.dumps({"steps": observations.steps, "escapes": escapes}, default=str))
