"""The handle itself: what ``simexchange.serve()`` and the ``simx`` fixture give."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from simexchange.handle.backend import Backend, SimxError
from simexchange.handle.faults import Faults
from simexchange.handle.times import WorldTime, how_far
from simexchange.handle.venue import VenueHandle
from simexchange.handle.verification import require
from simexchange.scenario.library import is_path
from simexchange.services.likeness import did_you_mean


class Simx:
    """One served exchange. Its methods may be called from any thread, and from within a running event loop.

    A venue is an attribute: ``simx.binance``, or ``simx.venues["binance"]``.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._scenario = backend.served.scenario
        self.faults = Faults(backend)
        self.clock = WorldTime(backend)
        self.venues: Mapping[str, VenueHandle] = {
            name: VenueHandle(backend, name, address) for name, address in backend.served.venues.items()
        }

    def __getattr__(self, name: str) -> VenueHandle:
        venues: Mapping[str, VenueHandle] = self.__dict__.get("venues", {})
        spelled = name.replace("_", "-")
        if spelled in venues:
            return venues[spelled]
        choices = [*(word.replace("-", "_") for word in venues), *(word for word in dir(type(self)) if word[0] != "_")]
        hint = did_you_mean(name, choices, f"its venues are {', '.join(venues)}")
        raise AttributeError(f"the handle has no {name!r}; {hint}")

    def __repr__(self) -> str:
        return f"<simexchange {self._scenario}, seed {self.seed}, {', '.join(self.venues)}>"

    # What is served.

    @property
    def seed(self) -> int:
        return self._backend.served.seed

    @property
    def scenario(self) -> str:
        """The name of the scenario that is played."""
        return self._scenario

    @property
    def control_url(self) -> str:
        return self._backend.served.control_url

    @property
    def control_token(self) -> str:
        """What the control API asks for. To be kept away from bots."""
        return self._backend.served.control_token

    def env(self) -> dict[str, str]:
        """SIMX_* as ``serve --env-out`` writes them, for the environment of a bot in a process of its own."""
        return self._backend.env()

    # Time.

    @property
    def now(self) -> datetime:
        """The world's time, UTC."""
        return self.clock.now

    @property
    def now_ns(self) -> int:
        """The world's time in nanoseconds since the epoch."""
        return self.clock.now_ns

    def advance(self, by: str | timedelta) -> datetime:
        """Move the world's time ahead; returns the time once all that was due has happened, in order.

        A test that is a coroutine and holds streams itself awaits ``aadvance``: its clients must get to answer pings.
        """
        self._backend.ask("POST /clock/advance", body=how_far(by))
        return self.now

    async def aadvance(self, by: str | timedelta) -> datetime:
        """As ``advance``, while the caller's event loop goes on."""
        await self._backend.ask_later("POST /clock/advance", body=how_far(by))
        return self.now

    # States.

    def reset(self) -> None:
        """Back to the scenario's start: rules and snapshots end, streams are closed."""
        self._backend.ask("POST /reset")

    def snapshot(self) -> str:
        """Remember the present state of the whole world; its id."""
        return str(self._backend.ask("POST /snapshots")["id"])

    def revert(self, snapshot: str) -> None:
        """Go back to a snapshot, as often as one likes; younger ones are dropped."""
        self._backend.ask("POST /snapshots/{id}/revert", {"id": snapshot})

    # What happened.

    def journal(self, limit: int = 1_000, since: int | None = None, **filters: Any) -> list[dict[str, Any]]:
        """The latest entries since the start or the last reset, oldest first, nothing secret in them.

        With ``since`` it is those that follow that number. Filters: kind ("request", "answer", "batch", "fault",
        "connection", "note", or several as "a,b"), venue, account, endpoint, house.
        """
        if since is not None:
            return self._entries(limit=limit, since=since, **filters)
        began = self._last_reset()
        return [entry for entry in self._entries(limit=limit, **filters) if entry["seq"] > began]

    def _last_reset(self) -> int:
        """The journal itself is never turned back."""
        notes = self._entries(limit=10_000, kind="note")
        return next((int(note["seq"]) for note in reversed(notes) if note["action"] == "reset"), 0)

    def _entries(self, **query: Any) -> list[dict[str, Any]]:
        return list(self._backend.ask("GET /journal", query=query)["entries"])

    def verify(
        self,
        method: str,
        path: str = "",
        *,
        at_least: int | None = None,
        at_most: int | None = None,
        exactly: int | None = None,
        **filters: Any,
    ) -> int:
        """How many requests since the start or the last reset fit; AssertionError unless it is as many as wanted.

        ``verify("GET", "/api/v3/order", account="alice", at_least=1)``, or by a name: ``verify("order.place")``. At
        least one is wanted where nothing is said. ``filters`` are venue, account, symbol, since, none, and ``params``,
        a mapping of the request's own parameters. The error lists the requests that came near.
        """
        __tracebackhide__ = True
        wanted: dict[str, Any] = {"method": method, "path": path} if path else {"endpoint": method}
        wanted |= {"at_least": at_least, "at_most": at_most, "exactly": exactly, **filters}
        return require(self._backend, {name: value for name, value in wanted.items() if value is not None})

    def report(self, venue: str, account: str) -> NoReturn:
        """A bot's report card, of which this version has none: raises SimxError, and says what there is instead."""
        raise SimxError(
            f"no report card of {account} at {venue}: this version makes none; verify() counts requests, and status() "
            "tells which of the scenario's expectations were met"
        )

    # The scenario.

    def status(self) -> dict[str, Any]:
        """How the scenario goes: its timeline, and its expectations passed, failed and pending."""
        return dict(self._backend.ask("GET /scenario/status"))

    def play(self, scenario: str | Path) -> None:
        """Play another scenario on the same world, from the start: a shipped one by its name, or a file.

        Its instruments and accounts must be the world's own. Raises Refused with what is wrong with it.
        """
        is_file = isinstance(scenario, Path) or is_path(scenario)
        body = {"yaml": Path(scenario).read_text(encoding="utf-8")} if is_file else {"name": str(scenario)}
        self._scenario = str(self._backend.ask("PUT /scenario", body=body)["name"])

    # The end.

    def close_clients(self) -> None:
        """Close the connections of synchronous clients that this handle made."""
        for venue in self.venues.values():
            venue.close_clients()

    def hosts(self) -> set[str]:
        """Where it is all served."""
        urls = (self.control_url, *(venue.rest_url for venue in self.venues.values()))
        return {host for url in urls if (host := urlsplit(url).hostname)}

    def stop(self) -> None:
        """Let go of the exchange; one that this handle started ends. For those who cannot use ``with``."""
        self.close_clients()
        self._backend.stop()

    async def astop(self) -> None:
        """As ``stop``, while the caller's event loop goes on."""
        self.close_clients()
        await self._backend.stop_later()
