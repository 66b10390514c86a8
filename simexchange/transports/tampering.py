"""One open stream in the hands of faults: its messages watched, caught or replaced, and itself cut, frozen or told on.

What ``StreamProtocol`` is made of besides the protocol proper. With no rule about messages armed nothing here runs:
``watch`` has seen to it that messages go straight to the outbox.
"""

import asyncio
from collections.abc import Iterable
from functools import partial

from simexchange.dialects.base import StreamSession
from simexchange.domain.ids import AccountId, Symbol
from simexchange.services.faults.facts import Frame
from simexchange.services.faults.quantities import PPM
from simexchange.services.faults.verdicts import Breakage, Delivery
from simexchange.transports.breakage import reset
from simexchange.transports.outbox import Outbox, fragmented_frames
from simexchange.transports.port import Port


class TamperedStream:
    """The side of an open WebSocket that faults see: ``stage.StreamHandle`` and ``gate.SocketPeer``."""

    _port: Port
    _outbox: Outbox
    _transport: asyncio.Transport
    _session: StreamSession | None
    _is_open: bool
    _is_plain: bool
    _is_choked: bool
    _is_frozen: bool
    _is_pongless: bool
    _owes_pong: bool
    _caught: list[bytes] | None
    number: int
    source: str
    opened_ns: int
    pending: list[bytes]

    def send(self, payload: bytes) -> None:
        raise NotImplementedError

    def _queue(self, frame: bytes) -> None:
        raise NotImplementedError

    def _catch_up(self) -> None:
        raise NotImplementedError

    def _read_on(self) -> None:
        raise NotImplementedError

    # Every message on its way out.

    def watch(self) -> None:
        """Rules have come or gone: look at every message from now on, or at none."""
        is_watched = self._port.gate.plan.judges_frames or self._caught is not None
        self._is_plain = self._is_open and not is_watched

    def catch(self) -> None:
        self._caught = []
        self.watch()

    def caught(self) -> list[bytes]:
        kept, self._caught = self._caught, None
        self.watch()
        return kept or []

    def _send_watched(self, payload: bytes) -> None:
        """Keep a message for who catches, or send what the rules make of it."""
        if self._caught is not None:
            self._caught.append(payload)
            return
        gate = self._port.gate
        assert self._session is not None
        facts = gate.dialect.describe_frame(self._session, payload)
        frame = Frame(gate.name, self.number, payload, self.send_past, source=self.source, **facts)
        frame.send_in_parts = self.send_in_parts
        instead = gate.plan.judge_frame(frame)
        if instead is None:
            self.send_past(payload)
            return
        for delay_ns, message in instead:
            if delay_ns > 0:
                gate.later(delay_ns, partial(self.send_past, message))
            else:
                self.send_past(message)

    def send_past(self, payload: bytes) -> None:
        """Send a text message that no rule is asked about."""
        if self._is_open:
            self._queue(self._outbox.frame(payload))

    def send_in_parts(self, payload: bytes, parts: int) -> None:
        """The same in so many frames, which make one message."""
        if self._is_open:
            self._queue(fragmented_frames(payload, parts))

    def deliver_text(self, payload: bytes | None, delivery: Delivery | None) -> None:
        """Send one answer, or what a fault left of it."""
        how = None if delivery is None else delivery.how
        if how is Breakage.RESET:
            self.reset()
        elif how is Breakage.CLOSE:
            self.drop()
        elif payload is not None and how is not Breakage.SILENCE:
            self._send_answer(payload, delivery)

    def _send_answer(self, payload: bytes, delivery: Delivery | None) -> None:
        if delivery is None:
            self.send(payload)
            return
        if delivery.alter is not None:
            payload = delivery.alter(payload)
        if delivery.how is Breakage.TRUNCATE:
            payload = payload[: min(len(payload) * delivery.keep_ppm // PPM, len(payload) - 1)]
        if delivery.how is Breakage.DRIP:
            slices = len(payload) // delivery.chunk
            self._port.gate.later(max(slices * delivery.every_ns, 1), partial(self.send_past, payload))
            return
        for _ in range(2 if delivery.how is Breakage.TWICE else 1):
            self.send_past(payload)

    # The connection itself.

    @property
    def waiting_bytes(self) -> int:
        return self._transport.get_write_buffer_size() + sum(map(len, self.pending))

    @property
    def is_frozen(self) -> bool:
        return self._is_frozen

    @property
    def is_private(self) -> bool:
        return bool(self.accounts())

    def accounts(self) -> Iterable[AccountId]:
        return self._session.accounts() if self._session is not None else ()

    def channels(self) -> Iterable[tuple[str, Symbol]]:
        return self._session.channels() if self._session is not None else ()

    def reset(self) -> None:
        reset(self._transport)

    def drop(self) -> None:
        self._outbox.flush()
        self._transport.close()

    def freeze(self, frozen: bool) -> None:
        self._is_frozen = frozen
        if self._transport.is_closing():
            return
        if frozen:
            self._owes_pong = False
            self._catch_up()
            self._transport.pause_reading()
        else:
            self._read_on()

    def mute_pongs(self, muted: bool) -> None:
        self._is_pongless = muted

    # What the session is to say or to do.

    def pace_pings(self, pace: tuple[int, int] | None) -> None:
        if self._session is not None:
            self._session.pace_pings(pace)

    def say_goodbye(self) -> None:
        if self._session is not None:
            self._session.say_goodbye()

    @property
    def has_token(self) -> bool:
        return self._session is not None and self._session.has_token

    def end_private(self) -> None:
        if self._session is not None:
            self._session.end_private()
