"""Books that are wrong: frozen, crossed, older in REST than in the stream, renumbered, changed while one was away.

What is wrong is what clients are told; the engine's book is right all the time, but for ``reconnect-snapshot-diverges``
which moves the house's market and moves it back.
"""

from functools import partial
from typing import Annotated, Final, Literal

from msgspec import Meta

from simexchange.domain.enums import Side
from simexchange.domain.ids import Symbol
from simexchange.domain.units import Price, Quantity
from simexchange.services.clock import Timer
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.changes import Change, CrossBook, HoldTop, OldBook, ShiftIds, SpoilChecksum, StopTime
from simexchange.services.faults.facts import BOOKS, Call, Frame, Purpose, Subject
from simexchange.services.faults.fault import Fault, Instead, Params, ParamsT
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.socket_fault import SocketName, open_sockets
from simexchange.services.faults.stage import Stage
from simexchange.services.faults.stream_messages import FRAME_MATCHES
from simexchange.services.faults.verdicts import Verdict

WHOLE: Final = 100_000
"""More levels than any book has."""
MOST_LINES: Final = 1_000
"""Channels of sockets whose first message is kept, those of closed ones among them."""
MARKET: Final = frozenset({Purpose.MARKET_DATA})


class BookFault(Fault[ParamsT]):
    """About messages that tell of a book."""

    def concerns_frame(self, frame: Frame) -> bool:
        return frame.subject in BOOKS and not frame.is_reply

    def reworded(self, frame: Frame, change: Change) -> Instead:
        """The message with a change in the venue's words."""
        return ((0, self.stage.controls[frame.venue].reword(frame.payload, frame.symbol, change)),)

    def best(self, venue: str, symbol: Symbol) -> tuple[tuple[Price, Quantity], tuple[Price, Quantity]]:
        """Best bid and ask of the engine's book now."""
        book = self.stage.door(venue).venue.markets[symbol].book
        return book.best(Side.BUY), book.best(Side.SELL)

    def symbols(self, venue: str) -> tuple[Symbol, ...]:
        """The instruments the rule is about."""
        match = self.armed.spec.match
        return tuple(symbol for symbol in self.stage.door(venue).venue.markets if match.fits_place(venue, symbol))


class StaleParams(Params, frozen=True):
    freeze: Literal["levels", "event_time", "top_only", "stopped"] = "levels"
    """levels: the message of the freeze comes again and again; event_time: its time stands still, its levels move;
    top_only: the best levels stand still, those behind them move; stopped: no message of a book, all others."""


class Stale(BookFault[StaleParams]):
    """Each socket keeps getting what it got first."""

    def __init__(self, params: StaleParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._first: dict[tuple[SocketName, str, Symbol], bytes] = {}
        self._most_lines = MOST_LINES
        self._tops: dict[tuple[str, Symbol], HoldTop] = {}
        self._since_ns = 0

    def arm(self) -> None:
        self._since_ns = self.stage.clock.now_ns()
        for venue in self.venues:
            for symbol in self.symbols(venue):
                self._tops[venue, symbol] = HoldTop(*self.best(venue, symbol))

    def on_frame(self, frame: Frame) -> Instead:
        freeze = self.params.freeze
        if freeze == "stopped":
            return ()
        if freeze == "event_time":
            return self.reworded(frame, StopTime(self._since_ns))
        if freeze == "top_only":
            top = self._tops.get((frame.venue, frame.symbol))
            return None if top is None else self.reworded(frame, top)
        line = (frame.socket, frame.channel, frame.symbol)
        if line not in self._first and len(self._first) >= self._most_lines:
            self._forget_closed()
        return ((0, self._first.setdefault(line, frame.payload)),)

    def _forget_closed(self) -> None:
        """Sockets come and go as long as the rule is there."""
        open_now = open_sockets(self.stage, self.venues)
        self._first = {line: payload for line, payload in self._first.items() if line[0] in open_now}
        self._most_lines = max(MOST_LINES, 2 * len(self._first))

    def disarm(self) -> None:
        self._first.clear()
        self._tops.clear()


class CrossedParams(Params, frozen=True):
    ticks: Annotated[int, Meta(ge=0, le=1_000_000)] = 1
    """How far the best bid is above the best ask; 0: they are equal."""


class Crossed(BookFault[CrossedParams]):
    def on_frame(self, frame: Frame) -> Instead:
        return self.reworded(frame, CrossBook(self.params.ticks))


class OldSnapshotParams(Params, frozen=True):
    refresh: Duration | None = None
    """How often the old book is brought up to date; null: it stays as old as the rule."""

    def __post_init__(self) -> None:
        if self.refresh is not None and self.refresh <= 0:
            raise ValueError(f"refresh is {self.refresh}: more than 0s passes, or null")


class OldSnapshot(BookFault[OldSnapshotParams]):
    """REST answers from a book of the past; messages are not touched."""

    purposes = MARKET
    decides = False

    def __init__(self, params: OldSnapshotParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._books: dict[tuple[str, Symbol], OldBook] = {}
        self._timer: Timer | None = None

    def arm(self) -> None:
        for venue in self.venues:
            markets = self.stage.door(venue).venue.markets
            for symbol in self.symbols(venue):
                book = markets[symbol].book
                bids, asks = (tuple(book.depth(side, WHOLE)) for side in (Side.BUY, Side.SELL))
                self._books[venue, symbol] = OldBook(book.update_id, bids, asks)
        if self.params.refresh is not None:
            self._timer = self.stage.clock.after(self.params.refresh, self.arm)

    def disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._books.clear()

    def concerns(self, call: Call) -> bool:
        return call.subject is Subject.BOOK and (call.venue, call.symbol) in self._books

    def on_call(self, call: Call) -> Verdict:
        change = self._books[call.venue, call.symbol]
        return Verdict(edit=partial(_reword, self.stage, call.venue, call.symbol, change))


class ResetParams(Params, frozen=True):
    ids: Literal["restart", "jump"] = "restart"
    """restart: update ids begin at 1 again; jump: they go on higher by ``by``."""
    by: Annotated[int, Meta(ge=1, le=10**12)] = 1_000_000
    """How far ids jump."""


class ServiceReset(BookFault[ResetParams]):
    """All ids of a book move at once, in messages and answers alike, and stay moved while the rule lives."""

    purposes = MARKET
    decides = False
    counts_itself = True

    def __init__(self, params: ResetParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self._shifts: dict[tuple[str, Symbol], ShiftIds] = {}

    def arm(self) -> None:
        if self.armed.fires(None) is None:
            return
        for venue in self.venues:
            markets = self.stage.door(venue).venue.markets
            for symbol in self.symbols(venue):
                restart = self.params.ids == "restart"
                self._shifts[venue, symbol] = ShiftIds(-markets[symbol].book.update_id if restart else self.params.by)

    def disarm(self) -> None:
        self._shifts.clear()

    def concerns(self, call: Call) -> bool:
        return call.subject is Subject.BOOK and (call.venue, call.symbol) in self._shifts

    def on_call(self, call: Call) -> Verdict:
        change = self._shifts[call.venue, call.symbol]
        return Verdict(edit=partial(_reword, self.stage, call.venue, call.symbol, change))

    def on_frame(self, frame: Frame) -> Instead:
        change = self._shifts.get((frame.venue, frame.symbol))
        return None if change is None else self.reworded(frame, change)


class ChecksumParams(Params, frozen=True):
    mode: Literal["wrong_value", "omit"] = "wrong_value"
    """wrong_value: a checksum that fits no book; omit: none at all."""


class BadChecksum(BookFault[ChecksumParams]):
    def on_frame(self, frame: Frame) -> Instead:
        return self.reworded(frame, SpoilChecksum(self.params.mode == "omit"))


def _reword(stage: Stage, venue: str, symbol: Symbol, change: Change, body: bytes) -> bytes:
    reworded: bytes = stage.controls[venue].reword(body, symbol, change)
    return reworded


_REPLACE: Final = "Replaces its book by a new snapshot, and never merges the two."

KINDS: Final = (
    Kind(
        name="stale-book",
        family="books",
        priority="P0",
        summary="Messages of a book come, and it does not move: all of it, its time, or its best levels; or none come.",
        correct_bot="Compares event times with now and the book with the trades; quotes nothing on a book too old.",
        params=StaleParams,
        make=Stale,
        matches=FRAME_MATCHES,
        aliases=("book-frozen",),
        evidence=("ccxt/ccxt#6659", "ctubio/Krypto-trading-bot#934", "coinbase/coinbase-pro-node#80"),
    ),
    Kind(
        name="book-crossed",
        family="books",
        priority="P1",
        summary="A message puts the best bid at or above the best ask.",
        correct_bot="Notices, resynchronizes, and does not trade on it.",
        params=CrossedParams,
        make=Crossed,
        matches=FRAME_MATCHES,
        evidence=("knowm/XChange#4080", "bmoscon/cryptofeed#232"),
    ),
    Kind(
        name="book-delta-before-snapshot",
        family="books",
        priority="P1",
        summary="REST answers with a book older than the stream's first message.",
        correct_bot="Buffers messages, asks for the snapshot again until it reaches them, and applies from there.",
        params=OldSnapshotParams,
        make=OldSnapshot,
        matches=("venue", "account", "key", "endpoint", "symbol", "connection", "source_ip"),
        aliases=("stale-snapshot",),
        evidence=("BitMEX/api-connectors#72", "thrasher-corp/gocryptotrader#506"),
    ),
    Kind(
        name="book-service-reset",
        family="books",
        priority="P1",
        summary="The venue's book service restarts: update ids begin anew, or leap.",
        correct_bot=_REPLACE,
        params=ResetParams,
        make=ServiceReset,
        matches=("venue", "symbol"),
        evidence=("DigitalRuby/ExchangeSharp#844", "bybit-exchange/pybit#369"),
    ),
    Kind(
        name="bad-checksum",
        family="books",
        priority="P1",
        summary="The checksum of a book does not fit it, or is missing. Only on venues whose messages hold one.",
        correct_bot="Resubscribes, but not endlessly, and bears a missing field.",
        params=ChecksumParams,
        make=BadChecksum,
        venues=("okx", "kraken"),
        matches=FRAME_MATCHES,
        aliases=("book-checksum-mismatch",),
        evidence=("ccxt/ccxt#24461", "thrasher-corp/gocryptotrader#2337"),
    ),
)
