"""Who listens to which stream, and one message for all of them: encoded once, the same bytes object to every sink.

A stream that nobody listens to has no feed, no timer and no cost. The hub hears every batch and hands trades and
book changes to the feeds of their instrument.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeVar

import msgspec

from simexchange.dialects.base import Sink
from simexchange.domain.events import Batch, BookUpdated, InstrumentListed, Trade
from simexchange.domain.ids import Symbol
from simexchange.services.anatomy import Role

TopicKey = tuple[str, int]


class Topic:
    """The listeners of one stream name in one time unit, raw and combined."""

    def __init__(self, name: str, unit: int) -> None:
        self.name = name
        self.unit = unit
        self.newcomer = True
        """Someone joined since the last message; a feed that speaks of changes only then speaks anyway."""
        self._prefix = b'{"stream":' + msgspec.json.encode(name) + b',"data":'
        self._listeners: dict[Sink, bool] = {}
        self._raw: tuple[Sink, ...] = ()
        self._combined: tuple[Sink, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._listeners)

    def add(self, sink: Sink, combined: bool) -> None:
        self.newcomer = self.newcomer or sink not in self._listeners
        self._listeners[sink] = combined
        self._sort()

    def discard(self, sink: Sink) -> None:
        self._listeners.pop(sink, None)
        self._sort()

    def publish(self, payload: bytes) -> None:
        """Send one event to all; combined listeners get it wrapped, also encoded once."""
        self.newcomer = False
        for sink in self._raw:
            sink.send(payload)
        if self._combined:
            wrapped = self._prefix + payload + b"}"
            for sink in self._combined:
                sink.send(wrapped)

    def _sort(self) -> None:
        # New tuples, never changed ones: a sink may leave while a message is on its way round.
        self._raw = tuple(sink for sink, combined in self._listeners.items() if not combined)
        self._combined = tuple(sink for sink, combined in self._listeners.items() if combined)


class Feed(ABC):
    """Makes one stream's events from its first listener to its last."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic

    @abstractmethod
    def start(self) -> None:
        """Begin to listen to the hub or the clock."""

    @abstractmethod
    def stop(self) -> None:
        """Undo ``start`` completely."""


TradesListener = Callable[[list[Trade], int], None]
BookListener = Callable[[BookUpdated, int], None]
_Listener = TypeVar("_Listener")
FeedMaker = Callable[[Topic], Feed | None]


class Hub:
    """Every topic with a listener, its feed, and what the venue's batches mean for it."""

    state_role: ClassVar = Role.FLEETING

    def __init__(self) -> None:
        self.make_feed: FeedMaker = _no_feed
        """What speaks on a topic; set by whoever knows the channels, which in turn draw from this hub."""
        self._topics: dict[TopicKey, Topic] = {}
        self._feeds: dict[TopicKey, Feed] = {}
        self._trades: dict[Symbol, dict[TradesListener, None]] = {}
        self._books: dict[Symbol, dict[BookListener, None]] = {}

    @property
    def topics(self) -> int:
        """How many streams have a listener."""
        return len(self._topics)

    def subscribe(self, name: str, unit: int, sink: Sink, combined: bool) -> None:
        """Listen to a stream; a name that no channel knows stays silent, as it does on the venue."""
        key = (name, unit)
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = Topic(name, unit)
            topic.add(sink, combined)
            self._feed(key, topic)
        else:
            topic.add(sink, combined)

    def unsubscribe(self, name: str, unit: int, sink: Sink) -> None:
        key = (name, unit)
        topic = self._topics.get(key)
        if topic is None:
            return
        topic.discard(sink)
        if not topic:
            del self._topics[key]
            feed = self._feeds.pop(key, None)
            if feed is not None:
                feed.stop()

    def hear_trades(self, symbol: Symbol, listener: TradesListener) -> None:
        self._trades.setdefault(symbol, {})[listener] = None

    def ignore_trades(self, symbol: Symbol, listener: TradesListener) -> None:
        _forget(self._trades, symbol, listener)

    def hear_book(self, symbol: Symbol, listener: BookListener) -> None:
        self._books.setdefault(symbol, {})[listener] = None

    def ignore_book(self, symbol: Symbol, listener: BookListener) -> None:
        _forget(self._books, symbol, listener)

    def on_batch(self, batch: Batch) -> None:
        """Hand the batch's trades (all at once, in match order), then its book changes to whoever listens."""
        if not self._topics:
            return
        if self._trades:
            self._tell_trades(batch)
        for event in batch.events:
            kind = type(event)
            if kind is BookUpdated:
                assert isinstance(event, BookUpdated)
                for listener in tuple(self._books.get(event.symbol, ())):
                    listener(event, batch.ts_ns)
            elif kind is InstrumentListed:
                self._wake_silent()

    def _tell_trades(self, batch: Batch) -> None:
        trades = [event for event in batch.events if isinstance(event, Trade)]
        if trades:
            for listener in tuple(self._trades.get(trades[0].symbol, ())):
                listener(trades, batch.ts_ns)

    def _feed(self, key: TopicKey, topic: Topic) -> None:
        feed = self.make_feed(topic)
        if feed is not None:
            self._feeds[key] = feed
            feed.start()

    def _wake_silent(self) -> None:
        """A new instrument gives a voice to streams that were asked for before it was listed."""
        for key, topic in self._topics.items():
            if key not in self._feeds:
                self._feed(key, topic)


def _no_feed(_topic: Topic) -> Feed | None:
    return None


def _forget(listeners: dict[Symbol, dict[_Listener, None]], symbol: Symbol, listener: _Listener) -> None:
    of_symbol = listeners.get(symbol)
    if of_symbol is not None:
        of_symbol.pop(listener, None)
        if not of_symbol:
            del listeners[symbol]
