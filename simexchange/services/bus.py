"""One venue's batches, delivered to every listener in the declared order, before the command's reply is rendered."""

from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

from simexchange.domain.events import Batch

Listener: TypeAlias = Callable[[Batch], None]


class Stage(IntEnum):
    """Who hears a batch first. Market data is current before any stream speaks of it."""

    JOURNAL = 0
    TAPE = 1
    CANDLES = 2
    TICKER = 3
    PRIVATE_STREAMS = 4
    PUBLIC_STREAMS = 5
    DASHBOARD = 6
    FAULTS = 7
    """Rules and timelines: they act once everybody has heard."""


class Bus:
    """Listeners of one venue, by stage, then by order of arrival."""

    def __init__(self) -> None:
        self._entries: list[tuple[Stage, int, Listener]] = []
        self._listeners: tuple[Listener, ...] = ()
        self._count = 0

    def listen(self, stage: Stage, listener: Listener) -> None:
        self._count += 1
        self._entries.append((stage, self._count, listener))
        self._entries.sort(key=lambda entry: entry[:2])
        self._listeners = tuple(entry[2] for entry in self._entries)

    def leave(self, listener: Listener) -> None:
        self._entries = [entry for entry in self._entries if entry[2] != listener]
        self._listeners = tuple(entry[2] for entry in self._entries)

    def mute(self, is_state: Callable[[Listener], bool]) -> None:
        """Tell only those listeners any more that are part of the state, until a checkpoint is gone back to."""
        self._listeners = tuple(listener for listener in self._listeners if is_state(listener))

    def publish(self, batch: Batch) -> None:
        for listener in self._listeners:
            listener(batch)
