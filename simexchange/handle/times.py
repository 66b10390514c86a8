"""The world's time in a handle: what time it is, how it runs, and moving it."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from simexchange.handle.backend import Backend

if TYPE_CHECKING:
    from simexchange.services.durations import Duration

_MICROSECOND = timedelta(microseconds=1)


class WorldTime:
    """``simx.clock``: how time runs."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def mode(self) -> str:
        """real, scaled or manual."""
        return str(self._state()["mode"])

    @property
    def speed(self) -> str:
        """The world's seconds per second of the machine: 1 in real time, 0 in manual time."""
        return str(self._state()["speed"])

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return int(self._state()["now_ns"])

    @property
    def now(self) -> datetime:
        """The world's time, UTC, cut to microseconds."""
        return instant(self.now_ns)

    def set(self, mode: str, speed: "str | int | float | None" = None) -> None:
        """Go on in another mode from the present instant: real, scaled (at a speed) or manual."""
        body: dict[str, Any] = {"mode": mode}
        if speed is not None:
            body["speed"] = str(speed)
        self._backend.ask("PATCH /clock", body=body)

    def _state(self) -> dict[str, Any]:
        return dict(self._backend.ask("GET /clock"))

    def __repr__(self) -> str:
        state = self._state()
        return f"<{state['mode']} time, now {state['now']}>"


def how_far(by: "str | timedelta | Duration") -> dict[str, str]:
    """The body of a move: by a duration ("5s", "1m30s"), or by a timedelta."""
    if isinstance(by, timedelta):
        return {"by": f"{by // _MICROSECOND}us"}
    return {"by": str(by)}


def instant(ns: int) -> datetime:
    """Nanoseconds since the epoch as a datetime, UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=ns // 1_000)
