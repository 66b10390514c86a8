"""The tape: every trade of an instrument in order, live ones kept in a bounded ring, earlier ones made up on demand.

Trade ids are dense, so places in the tape are found by arithmetic. What was generated from before the start joins the
first live trade without a gap in ids and adds up to the candles of that time. Live trades that have left the ring
are gone: asking for them gives what follows them.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from simexchange.domain.enums import Side
from simexchange.domain.events import Trade
from simexchange.domain.ids import OrderId, TradeId
from simexchange.domain.units import Amount, Price, Quantity
from simexchange.services.clock import MINUTE
from simexchange.services.market_data.history import History

KEPT_TRADES: Final = 10_000


class TapeTrade(Struct, frozen=True, gc=False):
    """One match. ``side`` is the taker's, ``quote`` an amount. Generated trades have order ids 0."""

    trade_id: TradeId
    ts_ns: int
    price: Price
    quantity: Quantity
    quote: Amount
    side: Side
    maker_order_id: OrderId = 0
    taker_order_id: OrderId = 0


class AggregateTrade(Struct, frozen=True, gc=False):
    """All trades of one taker order at one price. Source: Binance REST, "Compressed/Aggregate trades list"."""

    aggregate_id: int
    price: Price
    quantity: Quantity
    first_trade_id: TradeId
    last_trade_id: TradeId
    ts_ns: int
    side: Side


class Units(Struct, frozen=True):
    """What one tick, one lot and one tick times one lot are worth in price, quantity and quote units."""

    tick: Price
    lot: Quantity
    quote: Amount


class HistoryTape:
    """Generated trades by id and by time, in the instrument's units. ``end_id`` is the first id after them.

    Ids begin at 1: where ``end_id`` leaves too little room, earlier trades have no place on the tape.
    """

    def __init__(self, history: History, units: Units, end_id: TradeId) -> None:
        self._history = history
        self._units = units
        self.end_id = end_id

    @property
    def end_ns(self) -> int:
        return self._history.start_ns

    def from_id(self, trade_id: TradeId) -> Iterator[TapeTrade]:
        """Trades from ``trade_id`` on (or from the first there is), ascending."""
        back = self.end_id - trade_id
        minute_ns = self._history.minute_of_trade(back) if back > 0 else self.end_ns
        for trade in self._minutes(minute_ns or 0):
            if trade.trade_id >= trade_id:
                yield trade

    def from_time(self, from_ns: int) -> Iterator[TapeTrade]:
        """Trades at ``from_ns`` and later, ascending."""
        minute_ns = max(from_ns - from_ns % MINUTE, 0)
        for trade in self._minutes(minute_ns):
            if trade.ts_ns >= from_ns:
                yield trade

    def newest(self, before_ns: int, limit: int) -> list[TapeTrade]:
        """The last ``limit`` trades earlier than ``before_ns``, ascending."""
        before_ns = min(before_ns, self.end_ns)
        found: list[TapeTrade] = []
        minute_ns = before_ns - 1 - (before_ns - 1) % MINUTE
        while minute_ns >= 0 and len(found) < limit:
            trades = self._minute(minute_ns)
            found[:0] = [trade for trade in trades if trade.ts_ns < before_ns]
            if not trades or trades[0].trade_id == 1:
                break
            minute_ns -= MINUTE
        return found[-limit:]

    def _minutes(self, minute_ns: int) -> Iterator[TapeTrade]:
        for at_ns in range(minute_ns, self.end_ns, MINUTE):
            yield from self._minute(at_ns)

    def _minute(self, minute_ns: int) -> list[TapeTrade]:
        first_id = self.end_id - self._history.trades_since(minute_ns)
        units = self._units
        return [
            TapeTrade(
                trade_id,
                ts_ns,
                ticks * units.tick,
                lots * units.lot,
                ticks * lots * units.quote,
                Side.BUY if buyer_took else Side.SELL,
            )
            for trade_id, (ts_ns, ticks, lots, buyer_took) in enumerate(self._history.trades(minute_ns), first_id)
            if trade_id > 0
        ]


class Tape:
    """One instrument's trades and aggregate trades, live and generated, as one sequence each.

    Before the start every trade is an aggregate of its own and both sequences share their ids; from then on
    aggregate ids fall behind.
    """

    def __init__(self, first_trade_id: TradeId, history: HistoryTape | None) -> None:
        self._history = history
        self._first_id = first_trade_id
        self._trades: list[TapeTrade] = []
        self._aggregates: list[AggregateTrade] = []
        self.last_trade_id = first_trade_id - 1
        self._next_aggregate_id = first_trade_id

    def add(self, ts_ns: int, event: Trade) -> None:
        """File one live match."""
        taker_order_id = event.taker.order.order_id
        trade = TapeTrade(
            event.trade_id,
            ts_ns,
            event.price,
            event.quantity,
            event.quote,
            event.side,
            event.maker.order.order_id,
            taker_order_id,
        )
        trades, aggregates = self._trades, self._aggregates
        if (
            trades
            and trades[-1].taker_order_id == taker_order_id
            and trades[-1].price == event.price
            and trades[-1].ts_ns == ts_ns
        ):
            last = aggregates[-1]
            aggregates[-1] = AggregateTrade(
                last.aggregate_id,
                last.price,
                last.quantity + event.quantity,
                last.first_trade_id,
                event.trade_id,
                ts_ns,
                last.side,
            )
        else:
            aggregates.append(
                AggregateTrade(
                    self._next_aggregate_id,
                    event.price,
                    event.quantity,
                    event.trade_id,
                    event.trade_id,
                    ts_ns,
                    event.side,
                )
            )
            self._next_aggregate_id += 1
        trades.append(trade)
        self.last_trade_id = event.trade_id
        if len(trades) >= 2 * KEPT_TRADES:
            del trades[:KEPT_TRADES]
            del aggregates[: _first_at_least(aggregates, trades[0].trade_id)]

    def recent(self, limit: int) -> list[TapeTrade]:
        """The last ``limit`` trades, ascending."""
        return self.latest(None, limit)

    def latest(self, end_ns: int | None, limit: int) -> list[TapeTrade]:
        """The last ``limit`` trades not later than ``end_ns``, ascending."""
        trades = self._trades
        stop = len(trades) if end_ns is None else _first_after(trades, end_ns)
        found = trades[max(stop - limit, 0) : stop]
        missing = limit - len(found)
        if missing > 0 and self._history is not None and self._reaches_history():
            before_ns = self._history.end_ns if end_ns is None else end_ns + 1
            found = self._history.newest(before_ns, missing) + found
        return found

    def since_id(self, trade_id: TradeId, limit: int) -> list[TapeTrade]:
        """At most ``limit`` trades from ``trade_id`` on, ascending."""
        found: list[TapeTrade] = []
        if self._history is not None and trade_id < self._first_id:
            found = _take(self._history.from_id(trade_id), limit)
        if len(found) < limit:
            begin = max(trade_id - self._trades[0].trade_id, 0) if self._trades else 0
            found += self._trades[begin : begin + limit - len(found)]
        return found

    def between(self, start_ns: int | None, end_ns: int | None, limit: int) -> list[TapeTrade]:
        """Trades from ``start_ns`` to ``end_ns``, both included: the first ``limit``; without a start the last."""
        if start_ns is None:
            return self.latest(end_ns, limit)
        found: list[TapeTrade] = []
        if self._history is not None and start_ns < self._history.end_ns:
            found = _take(self._history.from_time(start_ns), limit, end_ns)
        if len(found) < limit:
            begin = _first_after(self._trades, start_ns - 1)
            stop = len(self._trades) if end_ns is None else _first_after(self._trades, end_ns)
            found += self._trades[begin : min(stop, begin + limit - len(found))]
        return found

    def recent_aggregates(self, limit: int) -> list[AggregateTrade]:
        """The last ``limit`` aggregate trades, ascending."""
        return self.aggregates(limit)

    def aggregates(
        self,
        limit: int,
        from_id: int | None = None,
        start_ns: int | None = None,
        end_ns: int | None = None,
    ) -> list[AggregateTrade]:
        """At most ``limit`` aggregate trades, ascending.

        From aggregate ``from_id`` on; or the first from ``start_ns`` on, up to ``end_ns`` (both included); or, with
        neither, the last up to ``end_ns``.
        """
        live, history = self._aggregates, self._history
        stop = len(live) if end_ns is None else _first_after(live, end_ns)
        if from_id is None and start_ns is None:
            found = live[max(stop - limit, 0) : stop]
            if len(found) < limit and history is not None and self._reaches_history():
                before_ns = history.end_ns if end_ns is None else end_ns + 1
                found = [_alone(trade) for trade in history.newest(before_ns, limit - len(found))] + found
            return found
        earlier: Iterator[TapeTrade] = iter(())
        if from_id is not None:
            begin = max(from_id - live[0].aggregate_id, 0) if live else 0
            if history is not None and from_id < self._first_id:
                earlier = history.from_id(from_id)
        else:
            assert start_ns is not None
            begin = _first_after(live, start_ns - 1)
            if history is not None and start_ns < history.end_ns:
                earlier = history.from_time(start_ns)
        found = [_alone(trade) for trade in _take(earlier, limit, end_ns)]
        return found + live[begin : min(stop, begin + limit - len(found))]

    def _reaches_history(self) -> bool:
        return not self._trades or self._trades[0].trade_id == self._first_id


def _alone(trade: TapeTrade) -> AggregateTrade:
    trade_id = trade.trade_id
    return AggregateTrade(trade_id, trade.price, trade.quantity, trade_id, trade_id, trade.ts_ns, trade.side)


def _take(trades: Iterator[TapeTrade], limit: int, end_ns: int | None = None) -> list[TapeTrade]:
    found: list[TapeTrade] = []
    for trade in trades:
        if len(found) >= limit or (end_ns is not None and trade.ts_ns > end_ns):
            break
        found.append(trade)
    return found


def _first_after(records: list[TapeTrade] | list[AggregateTrade], ts_ns: int) -> int:
    """The position of the first record later than ``ts_ns``."""
    return bisect_left(records, ts_ns + 1, key=lambda record: record.ts_ns)


def _first_at_least(aggregates: list[AggregateTrade], trade_id: TradeId) -> int:
    return bisect_left(aggregates, trade_id, key=lambda record: record.first_trade_id)
