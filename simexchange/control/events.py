"""``/events``: the journal as it grows, over a WebSocket. Each message holds entries as JSON, one a line.

A client that was cut comes back with ``?since=`` the last number it saw, and misses nothing and sees nothing twice: an
entry is sent in the order of the numbers, once everything before it was. Nothing is queued for a slow reader, who reads
on from the journal where it stopped; one that is so slow that the journal has forgotten what it would read next is cut.
Whoever asks for entries that were forgotten before it came is told so by a first line of kind "gap".
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta
from starlette.websockets import WebSocket, WebSocketDisconnect

from simexchange.control.journal import Chosen, Filters, check_since
from simexchange.control.problems import Problem
from simexchange.control.reading import read_query
from simexchange.services.journal import Entry

if TYPE_CHECKING:
    from simexchange.control.controls import Controls

PATH: Final = "/events"
SLICE: Final = 50
"""Entries shown between two turns of the loop."""
TOO_SLOW: Final = 1013


class EventsQuery(Filters, frozen=True):
    since: Annotated[int, Meta(ge=0)] | None = None
    """Entries after this number; without it only what happens from now on."""


def endpoint(controls: "Controls") -> Callable[[WebSocket], Awaitable[None]]:
    """The route's handler."""

    async def serve(websocket: WebSocket) -> None:
        try:
            query = read_query(websocket.url.query, EventsQuery)
            if query.since is not None:
                check_since(query.since, controls.world.journal.seq)
            feed = Feed(controls, websocket, Chosen(controls, query), query.since)
        except Problem as problem:
            await websocket.send_denial_response(problem.response())
            return
        await websocket.accept()
        with suppress(WebSocketDisconnect):
            await feed.run()

    return serve


class Feed:
    """One reader."""

    def __init__(self, controls: "Controls", websocket: WebSocket, chosen: Chosen, since: int | None) -> None:
        self._journal = controls.world.journal
        self._websocket = websocket
        self._chosen = chosen
        self._seq = self._journal.seq if since is None else since
        self._gap = self._journal.forgotten(chosen.house)
        """Up to here entries were forgotten before this reader came; it is told so."""
        self._grown = asyncio.Event()
        self._lost = asyncio.Event()

    async def run(self) -> None:
        """Send until the reader goes, or is cut."""
        self._journal.listen(self._hear)
        tasks = [asyncio.ensure_future(work()) for work in (self._send, self._read, self._lost.wait)]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._journal.leave(self._hear)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._lost.is_set():
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._websocket.close(TOO_SLOW, "too slow: what comes next is forgotten")

    def _hear(self, _: Entry) -> None:
        self._grown.set()
        if self._journal.forgotten(self._chosen.house) > max(self._seq, self._gap):
            self._lost.set()

    async def _send(self) -> None:
        if self._seq < self._gap:
            gap = {"kind": "gap", "since": self._seq, "complete_after": self._gap}
            await self._websocket.send_text(msgspec.json.encode(gap).decode())
        while True:
            self._grown.clear()
            while entries := list(islice(self._journal.since(self._seq, self._chosen.house), SLICE)):
                lines = [msgspec.json.encode(shown) for shown in self._chosen.of(entries)]
                if lines:
                    await self._websocket.send_text(b"\n".join(lines).decode())
                self._seq = entries[-1].seq
                await asyncio.sleep(0)
            await self._grown.wait()

    async def _read(self) -> None:
        """Whatever the reader says means nothing, but that it is there."""
        while (await self._websocket.receive())["type"] != "websocket.disconnect":
            pass
