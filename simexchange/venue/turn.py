"""One command's work on one instrument: what it writes to, and what has happened so far."""

from typing import Final

from simexchange.domain.enums import SELL, ExpireReason, OrderStatus, Side
from simexchange.domain.events import BookUpdated, Event, OrderExpired
from simexchange.domain.order import Order
from simexchange.domain.units import Amount
from simexchange.venue.accounts import Account
from simexchange.venue.holds import needed_for, shares
from simexchange.venue.market import Market
from simexchange.venue.state import VenueState

DORMANT: Final = -1
"""``working_ns`` of an order that sleeps or is pending."""


class Turn:
    """Carried from handler to handler while one command is executed. ``ts_ns`` is the command's time.

    ``stirred`` collects orders of order lists that were filled or ended and whose siblings must hear of it; ``scanned``
    is how many events the triggers have seen.
    """

    __slots__ = ("events", "market", "scanned", "state", "stirred", "ts_ns")

    def __init__(self, state: VenueState, market: Market, ts_ns: int) -> None:
        self.state = state
        self.market = market
        self.ts_ns = ts_ns
        self.events: list[Event] = []
        self.stirred: list[Order] = []
        self.scanned = 0

    def account_of(self, order: Order) -> Account:
        return self.state.accounts[order.terms.account_id]

    def paying_asset(self, side: Side) -> str:
        return self.market.base_name if side is SELL else self.market.quote_name

    def hold(self, orders: list[Order]) -> bool:
        """Hold what one order, or a pair of which only one will trade, needs; False and nothing if it is not there."""
        wanted = shares(self.market, orders)
        total: Amount = sum(share for _, share in wanted)
        account, asset = self.account_of(orders[0]), self.paying_asset(orders[0].terms.side)
        if account.balance(asset).free < total:
            return False
        self.state.ledger.hold(account, asset, total)
        for order, share in wanted:
            order.held = share
        return True

    def release(self, order: Order, amount: Amount) -> None:
        """Free some of what an order holds."""
        terms, market = order.terms, self.market
        order.held -= amount
        asset = market.base_name if terms.side is SELL else market.quote_name
        self.state.ledger.release(self.state.accounts[terms.account_id], asset, amount)

    def release_surplus(self, order: Order) -> None:
        """Free what an open order holds beyond what its open quantity needs.

        A leg of a list keeps what its sibling still needs: the two share anew what they hold.
        """
        if order.terms.list_id is None:
            surplus = order.held - needed_for(self.market, order)
        else:
            wanted = shares(self.market, self.state.order_lists[order.terms.list_id].sharing())
            surplus = sum(leg.held - share for leg, share in wanted)
            # Short of what a pair needs: one of the two has just traded, and the other is about to go.
            for leg, share in wanted if surplus >= 0 else ():
                leg.held = share
            order.held += max(0, surplus)
        if surplus > 0:
            self.release(order, surplus)

    def stir(self, order: Order) -> None:
        if order.terms.list_id is not None:
            self.stirred.append(order)

    def close(self, order: Order, status: OrderStatus) -> None:
        """An order that is out of the book and the triggers ends, and gives back what it holds."""
        terms, market = order.terms, self.market
        account = self.state.accounts[terms.account_id]
        account.close_order(order, status, self.ts_ns)
        if order.held:
            asset = market.base_name if terms.side is SELL else market.quote_name
            self.state.ledger.release(account, asset, order.held)
            order.held = 0

    def expire(self, order: Order, reason: ExpireReason) -> None:
        """The venue closes an order."""
        self.close(order, OrderStatus.EXPIRED)
        self.events.append(
            OrderExpired(
                order.terms,
                self.market.take_execution_id(),
                order.leaves_quantity,
                order.cum_quantity,
                order.cum_quote,
                order.prevented_quantity,
                reason,
                order.prevented_id if reason is ExpireReason.SELF_TRADE else None,
            )
        )
        if reason is not ExpireReason.SIBLING_WORKED:
            self.stir(order)

    def take_out(self, order: Order) -> None:
        """Out of the book or out of the triggers, wherever it is; an order that was just set off is in neither."""
        terms = order.terms
        if terms.working_ns != DORMANT:
            self.market.book.side(terms.side).remove(order)
        elif terms.trigger is not None:
            self.market.triggers[terms.trigger.source].discard(order)

    def finish(self) -> list[Event]:
        """One BookUpdated for everything the command did to the book, if it did anything; then all the events."""
        book = self.market.book
        bid_side, ask_side = book.bids, book.asks
        bids = bid_side.take_changes() if bid_side.touched else ()
        asks = ask_side.take_changes() if ask_side.touched else ()
        if bids or asks:
            book.update_id += 1
            bid, ask = bid_side.best, ask_side.best
            if bid is not None and not bid.quantity:
                bid = bid_side.top()
            if ask is not None and not ask.quantity:
                ask = ask_side.top()
            self.events.append(
                BookUpdated(
                    self.market.symbol,
                    book.update_id,
                    bids,
                    asks,
                    bid.price if bid is not None else 0,
                    bid.quantity if bid is not None else 0,
                    ask.price if ask is not None else 0,
                    ask.quantity if ask is not None else 0,
                )
            )
        return self.events
