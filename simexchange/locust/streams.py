"""A user of a venue's streams: listens, measures how late each message is, reconnects when it is cut."""

import json
from typing import Any, ClassVar, Final

import gevent
from locust import User, constant, task
from websocket import (
    WebSocketConnectionClosedException,
    WebSocketException,
    WebSocketTimeoutException,
    create_connection,
)

from simexchange.locust import reporting  # noqa: F401  (registers its listeners)
from simexchange.locust.book import BOOK
from simexchange.locust.targets import target
from simexchange.services.clock import MILLISECOND, SECOND, WorldClock

_clock: Final = WorldClock()
PATIENCE_S: Final = 5.0
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 8.0


class StreamUser(User):
    """Subclass it and name ``streams``. Response time is now less the message's own event time.

    ``reconnect_every`` (seconds) has it hang up and come back, as bots that are restarted do.
    """

    abstract = True
    venue: ClassVar[str] = "binance"
    streams: ClassVar[tuple[str, ...]] = ("btcusdt@trade",)
    reconnect_every: ClassVar[float | None] = None
    wait_time = constant(0)

    def __init__(self, environment: Any) -> None:
        self.target = target(self.venue)
        self.host = self.target.ws_url
        super().__init__(environment)
        self._socket: Any = None
        self._opened_ns = 0
        self._pause_s = FIRST_PAUSE_S

    def on_start(self) -> None:
        self._connect()

    def on_stop(self) -> None:
        self._hang_up()

    @task
    def listen(self) -> None:
        """One message, or one connection."""
        if self._socket is None:
            gevent.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._connect()
            BOOK.of(self.venue).reconnects += 1
            return
        if self.reconnect_every is not None and _clock.wall_ns() - self._opened_ns > self.reconnect_every * SECOND:
            self._hang_up()
            return
        try:
            text = self._socket.recv()
        except WebSocketTimeoutException:
            return
        except (WebSocketException, OSError) as error:
            self._fire("stream", 0, 0, error)
            self._hang_up()
            return
        self._measure(text)

    def _connect(self) -> None:
        path = f"/stream?streams={'/'.join(self.streams)}"
        began_ns = _clock.wall_ns()
        error: Exception | None = None
        try:
            self._socket = create_connection(self.target.ws_url + path, timeout=PATIENCE_S)
            self._opened_ns, self._pause_s = _clock.wall_ns(), FIRST_PAUSE_S
        except (WebSocketException, OSError) as failed:
            error = failed
        self._fire("connect", (_clock.wall_ns() - began_ns) / MILLISECOND, 0, error)

    def _measure(self, text: str | bytes) -> None:
        if not text:
            self._fire("stream", 0, 0, WebSocketConnectionClosedException("closed by the venue"))
            self._hang_up()
            return
        message = json.loads(text)
        event = message.get("data", message)
        told_ms = event.get("E") if isinstance(event, dict) else None
        name = str(message.get("stream", "message"))
        lag_ms = 0.0 if told_ms is None else max(_clock.wall_ns() / MILLISECOND - told_ms, 0.0)
        self._fire(name, lag_ms, len(text), None)

    def _fire(self, name: str, lag_ms: float, size: int, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type="WS",
            name=name,
            response_time=lag_ms,
            response_length=size,
            exception=error,
            context={},
        )

    def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.close()
