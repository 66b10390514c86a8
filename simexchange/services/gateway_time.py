"""A venue's clock as its clients meet it: virtual time, and what makes that clock wrong.

The engine's own times stay true; only what the venue tells about the time, and what it judges clients' timestamps by,
is the gateway's. Where virtual time is not the machine's, a client cannot know it: the instants it may mean are kept
here, each as wrong as the gateway is.
"""

from typing import Final

from msgspec import Struct

from simexchange.services.clock import MILLISECOND, WorldClock

PARTS_PER_MILLION: Final = 1_000_000
KEPT_SYNCS: Final = 16
SAME_SYNC_NS: Final = 100 * MILLISECOND
"""Two syncs that differ by less are one: round trips and rounding make more of a difference."""


class Deviation(Struct, frozen=True):
    """One cause of wrong time: ``skew_ns`` at once, ``drift_ppm`` more and more since ``since_ns``.

    Positive is ahead of true time. ``endpoint_only``: the venue tells wrong time and judges by the true one.
    """

    skew_ns: int
    drift_ppm: int
    since_ns: int
    endpoint_only: bool

    def at(self, true_ns: int) -> int:
        """How far ahead it makes the gateway at a virtual instant."""
        return self.skew_ns + (true_ns - self.since_ns) * self.drift_ppm // PARTS_PER_MILLION


class GatewayTime:
    """The time of one venue's gateway. Without deviations it is virtual time."""

    def __init__(self, clock: WorldClock) -> None:
        self._clock = clock
        self.deviations: dict[str, Deviation] = {}
        """By the name of what caused them."""
        self._syncs: list[int] = []
        """What clients' clocks are ahead of the machine's since they asked for the time; the latest last."""

    def add(self, name: str, *, skew_ns: int = 0, drift_ppm: int = 0, endpoint_only: bool = False) -> None:
        """Go wrong from now on, in addition to whatever else is wrong; the same name again takes its own place."""
        self.deviations[name] = Deviation(skew_ns, drift_ppm, self._clock.now_ns(), endpoint_only)

    def remove(self, name: str) -> None:
        """Be right again, as far as this cause goes; one that is not there is no error."""
        self.deviations.pop(name, None)

    def now_ns(self) -> int:
        """What timestamps are judged by first."""
        return self.shown(self._clock.now_ns())

    def shown(self, true_ns: int) -> int:
        """The gateway's time at a virtual instant."""
        return true_ns + self._deviation(true_ns) if self.deviations else true_ns

    def said_ns(self) -> int:
        """What the venue answers when asked for the time. Clients set their clocks by it, which is remembered."""
        true_ns = self._clock.now_ns()
        if not self._clock.is_machine_time:
            self._remember(true_ns - self._clock.wall_ns())
        return true_ns + sum(deviation.at(true_ns) for deviation in self.deviations.values())

    def references(self) -> tuple[int, ...]:
        """The instants a client's timestamp may be judged by, virtual time first.

        In plain real time there is no other. Else there are the machine's time and that of clients who asked for the
        time earlier and counted on with the machine's clock; all as wrong as the gateway.
        """
        clock = self._clock
        true_ns = clock.now_ns()
        deviation_ns = self._deviation(true_ns)
        if clock.is_machine_time:
            return (true_ns + deviation_ns,)
        wall_ns = clock.wall_ns()
        others = dict.fromkeys((wall_ns, *(wall_ns + ahead_ns for ahead_ns in reversed(self._syncs))))
        return (true_ns + deviation_ns, *(other + deviation_ns for other in others))

    def _deviation(self, true_ns: int) -> int:
        return sum(deviation.at(true_ns) for deviation in self.deviations.values() if not deviation.endpoint_only)

    def _remember(self, ahead_ns: int) -> None:
        syncs = self._syncs
        if syncs and abs(syncs[-1] - ahead_ns) < SAME_SYNC_NS:
            return
        syncs.append(ahead_ns)
        del syncs[:-KEPT_SYNCS]
