"""The venue beside the reference: one command to both, and everything that does not agree or must never be.

``submit`` returns the violations as sentences. What is cheap to see is looked at after every command, what needs a
walk through the whole venue after every ``thorough_every``-th.
"""

from collections.abc import Iterator

from builders import START_NS
from properties.facts import facts_of
from properties.invariants import state_violations
from properties.reference import Reference
from simexchange.domain.commands import Command
from simexchange.domain.enums import OrderStatus, Side
from simexchange.domain.events import (
    BalancesChanged,
    Batch,
    BookUpdated,
    OrderAccepted,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderReleased,
    OrderTriggered,
    Trade,
    TradePrevented,
)
from simexchange.domain.ids import EXTERNAL_ACCOUNT
from simexchange.domain.order import TRANSITIONS
from simexchange.venue.venue import Venue

ENDS = ("expired", "canceled")


class Comparison:
    """A venue, its reference, and mirrors of books, balances and order statuses made from events alone."""

    def __init__(self, thorough_every: int = 50) -> None:
        self.venue = Venue("real")
        self.reference = Reference()
        self.now_ns = START_NS
        self.submitted = 0
        self.facts: dict[str, int] = {}
        """How often each kind of fact was seen: a run that misses one proves little."""
        self.transitions: set[tuple[OrderStatus, str]] = set()
        self._thorough_every = thorough_every
        self._books: dict[str, dict[Side, dict[int, int]]] = {}
        self._update_ids: dict[str, int] = {}
        self._execution_ids: dict[str, int] = {}
        self._statuses: dict[tuple[str, int], OrderStatus] = {}
        self._balances: dict[tuple[int, str], tuple[int, int]] = {}

    def submit(self, command: Command, pause_ns: int = 0) -> tuple[Batch, list[str]]:
        self.now_ns += pause_ns
        self.submitted += 1
        expected = self.reference.execute(command, self.now_ns)
        batch = self.venue.execute(command, self.now_ns)
        facts = facts_of(batch)
        for fact in facts:
            detail = fact[1] if "reject" in fact[0] or fact[0] == "refused" else fact[2] if fact[0] in ENDS else ""
            label = f"{fact[0]} {detail}".rstrip()
            self.facts[label] = self.facts.get(label, 0) + 1
        violations = [] if facts == expected else [f"the venue says {facts}, the reference {expected}"]
        violations += self._events(batch)
        if batch.seq != self.submitted:
            violations.append(f"batch {batch.seq} is the {self.submitted}th")
        if self.submitted % self._thorough_every == 0:
            violations += self.thorough()
        return batch, [f"command {self.submitted} {command}: {violation}" for violation in violations]

    def thorough(self) -> Iterator[str]:
        """Everything that takes a walk through the whole venue."""
        yield from state_violations(self.venue)
        for account_id, account in self.venue.accounts.items():
            for asset, balance in account.balances.items():
                seen = (balance.free, balance.held)
                wanted = (self.reference.free(account_id, asset), self.reference.held(account_id, asset))
                if seen != wanted:
                    yield f"account {account_id} has {seen} {asset}, the reference {wanted}"
                told = self._balances.get((account_id, asset), (0, 0))
                if seen != told and account.account_id > 1:
                    yield f"account {account_id} has {seen} {asset}, its events say {told}"
        for symbol, market in self.reference.markets.items():
            for side in Side:
                real = dict(self.venue.markets[symbol].book.depth(side, 10**6))
                if not real == self._books[symbol][side] == market.depth(side):
                    yield f"{symbol} {side.value}: book {real}, mirror {self._books[symbol][side]}"
            if self.venue.markets[symbol].book.update_id != self._update_ids[symbol]:
                yield f"{symbol}: update id {self._update_ids[symbol]} was the last one published"

    def _events(self, batch: Batch) -> Iterator[str]:
        for symbol in self.reference.markets.keys() - self._books.keys():
            self._books[symbol] = {Side.BUY: {}, Side.SELL: {}}
            self._update_ids[symbol] = self._execution_ids[symbol] = 0
        for event in batch.events:
            match event:
                case BookUpdated():
                    yield from self._book(event)
                case BalancesChanged():
                    yield from self._balance(event)
                case OrderAccepted(order=order, status=status):
                    self._statuses[order.symbol, order.order_id] = status
                    yield from self._numbered(order.symbol, event.execution_id)
                case OrderTriggered(order=order):
                    yield from self._numbered(order.symbol, event.execution_id)
                    yield from self._becomes(order.symbol, order.order_id, "trigger", OrderStatus.NEW)
                case OrderReleased(order=order):
                    yield from self._numbered(order.symbol, event.execution_id)
                    yield from self._becomes(order.symbol, order.order_id, "release", OrderStatus.NEW)
                case OrderAmended(order=order, status=status):
                    yield from self._numbered(order.symbol, event.execution_id)
                    yield from self._becomes(order.symbol, order.order_id, "amend", status)
                case Trade(symbol=symbol, taker=taker, maker=maker):
                    yield from self._numbered(symbol, taker.execution_id, maker.execution_id)
                    for half in (taker, maker):
                        done = half.leaves_quantity + half.cum_quantity + half.prevented_quantity
                        if done != half.order.quantity:
                            yield f"order {half.order.order_id}: {done} is not its quantity {half.order.quantity}"
                        action = "fill" if half.leaves_quantity == 0 else "fill_partly"
                        yield from self._becomes(symbol, half.order.order_id, action, half.status)
                case TradePrevented():
                    yield from self._numbered(event.symbol, event.taker_execution_id, event.maker_execution_id)
                case OrderExpired(order=order):
                    yield from self._numbered(order.symbol, event.execution_id)
                    yield from self._becomes(order.symbol, order.order_id, "expire", OrderStatus.EXPIRED)
                    done = event.leaves_quantity + event.cum_quantity + event.prevented_quantity
                    if done != order.quantity:
                        yield f"order {order.order_id}: {done} is not its quantity {order.quantity}"
                case OrderCanceled(order=order):
                    yield from self._numbered(order.symbol, event.execution_id)
                    yield from self._becomes(order.symbol, order.order_id, "cancel", OrderStatus.CANCELED)

    def _numbered(self, symbol: str, *execution_ids: int) -> Iterator[str]:
        for execution_id in execution_ids:
            self._execution_ids[symbol] += 1
            if execution_id != self._execution_ids[symbol]:
                yield f"{symbol}: execution {execution_id} where {self._execution_ids[symbol]} was next"
                self._execution_ids[symbol] = execution_id

    def _becomes(self, symbol: str, order_id: int, action: str, status: OrderStatus) -> Iterator[str]:
        before = self._statuses[symbol, order_id]
        self.transitions.add((before, action))
        if TRANSITIONS[before].get(action) is not status:
            yield f"order {order_id}: {before.value} -> {action} -> {status.value} is not in the table"
        self._statuses[symbol, order_id] = status

    def _book(self, event: BookUpdated) -> Iterator[str]:
        symbol = event.symbol
        self._update_ids[symbol] += 1
        if event.update_id != self._update_ids[symbol]:
            yield f"{symbol}: update {event.update_id} where {self._update_ids[symbol]} was next"
        book = self._books[symbol]
        for side, changes in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
            levels = book[side]
            for level, total in changes:
                if levels.get(level, 0) == total or total < 0:
                    yield f"{symbol} {side.value} {level}: {total} is no change or no total"
                if total:
                    levels[level] = total
                else:
                    levels.pop(level, None)
        bid, ask = max(book[Side.BUY], default=0), min(book[Side.SELL], default=0)
        best = (bid, book[Side.BUY].get(bid, 0), ask, book[Side.SELL].get(ask, 0))
        said = (event.best_bid, event.best_bid_quantity, event.best_ask, event.best_ask_quantity)
        if best != said:
            yield f"{symbol}: best prices {said}, but the levels say {best}"
        if bid and ask and bid >= ask:
            yield f"{symbol}: crossed at rest, {bid} >= {ask}"
        reference = self.reference.markets[symbol]
        if book[Side.BUY] != reference.depth(Side.BUY) or book[Side.SELL] != reference.depth(Side.SELL):
            yield f"{symbol}: the levels are {book}, the reference differs"

    def _balance(self, event: BalancesChanged) -> Iterator[str]:
        for asset, free, held in event.balances:
            self._balances[event.account_id, asset] = (free, held)
            if held < 0 or (free < 0 and event.account_id != EXTERNAL_ACCOUNT):
                yield f"account {event.account_id}: {free} free, {held} held {asset}"
            owned = self.reference.accounts[event.account_id].owned.get(asset, 0)
            if free + held != owned:
                yield f"account {event.account_id}: {free} + {held} {asset}, the reference owns {owned}"
