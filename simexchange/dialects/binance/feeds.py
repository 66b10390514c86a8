"""Feeds of trades and of the book: what happened is spoken at once, or gathered until the clock strikes.

Source: "WebSocket Streams for Binance", trade, aggregate trade, diff depth, partial depth and book ticker streams.
"""

from itertools import pairwise

from simexchange.dialects.binance import encoders
from simexchange.dialects.binance.connections import Beats
from simexchange.dialects.binance.hub import Feed, Hub, Topic
from simexchange.dialects.binance.names import wire_symbol
from simexchange.domain.enums import Side
from simexchange.domain.events import BookUpdated, Trade
from simexchange.domain.ids import OrderId, Symbol
from simexchange.domain.units import Price, Quantity
from simexchange.services.market_data.market_data import InstrumentFeed
from simexchange.services.market_data.ticker import WindowStats
from simexchange.venue.market import Market
from simexchange.world import Door


class MarketSource:
    """What the feeds of one venue draw from: the door's views, the hub's batches, the clock's beats."""

    def __init__(self, door: Door, hub: Hub, beats: Beats) -> None:
        self.door = door
        self.hub = hub
        self.beats = beats
        self._rolling_ns = -1
        self._rolling: dict[tuple[Symbol, int, int], WindowStats] = {}

    def market(self, symbol: Symbol) -> Market:
        return self.door.venue.markets[symbol]

    def data(self, symbol: Symbol) -> InstrumentFeed:
        return self.door.market_data.feed(symbol)

    def best(self, symbol: Symbol) -> tuple[Price, Quantity, Price, Quantity]:
        """Best bid and ask with their quantities; zeros where a side is empty."""
        book = self.market(symbol).book
        return (*book.best(Side.BUY), *book.best(Side.SELL))

    def rolling(self, symbol: Symbol, open_ns: int, now_ns: int) -> WindowStats:
        """Statistics from ``open_ns`` to now; computed once for all streams that ask at the same instant."""
        if now_ns != self._rolling_ns:
            self._rolling_ns = now_ns
            self._rolling.clear()
        key = (symbol, open_ns, now_ns)
        stats = self._rolling.get(key)
        if stats is None:
            stats = self._rolling[key] = self.data(symbol).ticker.rolling(now_ns - open_ns, now_ns)
        return stats


class SymbolFeed(Feed):
    """A feed of one instrument."""

    def __init__(self, source: MarketSource, topic: Topic, symbol: Symbol) -> None:
        super().__init__(topic)
        self.source = source
        self.symbol = symbol
        self.wire = wire_symbol(symbol)


class TradeFeed(SymbolFeed):
    """Every match, at once."""

    def start(self) -> None:
        self.source.hub.hear_trades(self.symbol, self._tell)

    def stop(self) -> None:
        self.source.hub.ignore_trades(self.symbol, self._tell)

    def _tell(self, trades: list[Trade], ts_ns: int) -> None:
        unit = self.topic.unit
        for event in trades:
            self.topic.publish(
                encoders.trade(
                    self.wire,
                    unit,
                    ts_ns,
                    event.trade_id,
                    event.price,
                    event.quantity,
                    event.side is Side.SELL,
                )
            )


def _step(event: Trade) -> tuple[Price, OrderId]:
    """What the trades of one aggregate share. Stops that set one another off are several incoming orders."""
    return event.price, event.taker.order.order_id


class AggregateTradeFeed(SymbolFeed):
    """All fills of one incoming order at one price as one event, when the order is done."""

    def start(self) -> None:
        self.source.hub.hear_trades(self.symbol, self._tell)

    def stop(self) -> None:
        self.source.hub.ignore_trades(self.symbol, self._tell)

    def _tell(self, trades: list[Trade], ts_ns: int) -> None:
        first_id = trades[0].trade_id
        steps = sum(1 for before, after in pairwise(trades) if _step(before) != _step(after))
        for aggregate in self.source.data(self.symbol).tape.recent_aggregates(steps + 1):
            if aggregate.last_trade_id >= first_id:
                self.topic.publish(
                    encoders.aggregate_trade(self.wire, self.topic.unit, ts_ns, aggregate, aggregate.side is Side.SELL)
                )


class DepthUpdateFeed(SymbolFeed):
    """Changed levels, gathered over one period; update ids join on without a gap from event to event."""

    def __init__(self, source: MarketSource, topic: Topic, symbol: Symbol, period_ns: int) -> None:
        super().__init__(source, topic, symbol)
        self._period_ns = period_ns
        self._first_id = 0
        self._last_id = 0
        self._bids: dict[Price, Quantity] = {}
        self._asks: dict[Price, Quantity] = {}

    def start(self) -> None:
        self.source.hub.hear_book(self.symbol, self._gather)
        self.source.beats.join(self._period_ns, self._tell)

    def stop(self) -> None:
        self.source.hub.ignore_book(self.symbol, self._gather)
        self.source.beats.leave(self._period_ns, self._tell)

    def _gather(self, event: BookUpdated, ts_ns: int) -> None:  # noqa: ARG002  (the event bears the beat's time)
        if not self._first_id:
            self._first_id = event.update_id
        self._last_id = event.update_id
        self._bids.update(event.bids)
        self._asks.update(event.asks)

    def _tell(self, now_ns: int) -> None:
        if not self._first_id:
            return
        bids = sorted(self._bids.items(), reverse=True)
        asks = sorted(self._asks.items())
        payload = encoders.depth_update(self.wire, self.topic.unit, now_ns, self._first_id, self._last_id, bids, asks)
        self._first_id = 0
        self._bids.clear()
        self._asks.clear()
        self.topic.publish(payload)


class PartialDepthFeed(SymbolFeed):
    """The best levels of both sides, once per period in which the book changed."""

    def __init__(self, source: MarketSource, topic: Topic, symbol: Symbol, period_ns: int, levels: int) -> None:
        super().__init__(source, topic, symbol)
        self._period_ns = period_ns
        self._levels = levels
        self._told_id = -1

    def start(self) -> None:
        self.source.beats.join(self._period_ns, self._tell)

    def stop(self) -> None:
        self.source.beats.leave(self._period_ns, self._tell)

    def _tell(self, now_ns: int) -> None:  # noqa: ARG002  (this event carries no time)
        book = self.source.market(self.symbol).book
        if book.update_id == self._told_id and not self.topic.newcomer:
            return
        self._told_id = book.update_id
        bids = book.depth(Side.BUY, self._levels)
        asks = book.depth(Side.SELL, self._levels)
        self.topic.publish(encoders.partial_depth(book.update_id, bids, asks))


class BookTickerFeed(SymbolFeed):
    """Best bid and ask whenever one of their prices or quantities changed, at once."""

    def start(self) -> None:
        self._told = self.source.best(self.symbol)
        self.source.hub.hear_book(self.symbol, self._tell)

    def stop(self) -> None:
        self.source.hub.ignore_book(self.symbol, self._tell)

    def _tell(self, event: BookUpdated, ts_ns: int) -> None:  # noqa: ARG002  (this event carries no time)
        best = (event.best_bid, event.best_bid_quantity, event.best_ask, event.best_ask_quantity)
        if best != self._told:
            self._told = best
            self.topic.publish(encoders.book_ticker(self.wire, event.update_id, *best))
