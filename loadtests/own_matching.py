"""Ours under the flow of orders, floor by floor: the book alone, the venue, the door; and what a resting order weighs.

Started with a floor's name and a flow, it answers rounds for ``bench_matching``. Values are made inside the measured
time: the order's for the book, the command for venue and door.
"""

import gc
import json
import sys
from collections.abc import Callable
from typing import Any, Final

from benching import answer_lines, resident_bytes
from flows import CANCEL, NEW, SELL, Step, load
from simexchange.domain.commands import CancelOrder, Command, CreateAccount, Deposit, ListInstrument, PlaceOrder
from simexchange.domain.enums import OrderType, SelfTradePrevention, Side, TimeInForce
from simexchange.domain.ids import FIRST_ACCOUNT
from simexchange.domain.instrument import Asset, Instrument, PriceBand, Rules
from simexchange.domain.order import Order, OrderTerms
from simexchange.domain.units import RATE_ONE
from simexchange.matching.matcher import match
from simexchange.matching.order_book import OrderBook
from simexchange.memory import NEVER, YOUNG
from simexchange.services.clock import NANOSECONDS, WorldClock, monotonic_ns
from simexchange.venue.venue import Venue
from simexchange.world import World

SYMBOL: Final = "BTC/USDT"
TICK: Final = 10**6
LOT: Final = 10**3
SIDES: Final = (Side.BUY, Side.SELL)
PLENTY: Final = 10**30

Carry = Callable[[Step], Any]


def book() -> tuple[Carry, Callable[[], int]]:
    """Order and book alone: priority, matching, totals, and the changes to be published."""
    book, orders = OrderBook(), dict[int, Order]()
    none, gtc, limit = SelfTradePrevention.NONE, TimeInForce.GTC, OrderType.LIMIT

    def carry(step: Step) -> None:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            order = orders.pop(order_id)
            book.side(order.terms.side).remove(order)
        else:
            terms = OrderTerms(
                order_id, "", 1, SYMBOL, SIDES[side], limit, gtc, price, quantity, 0, False, none, order_id
            )
            order = Order(terms, quantity, 0, order_id)
            if book.crosses(terms.side, price):
                match(book, order)
            if order.leaves_quantity:
                book.side(terms.side).add(order)
                orders[order_id] = order
        book.bids.take_changes()
        book.asks.take_changes()

    def count() -> int:
        return sum(len(level.orders) for side in (book.bids, book.asks) for level in side.levels.values())

    return carry, count


def setup() -> list[Command]:
    """One instrument with the checks of a real one, two owners: one that makes, one that takes."""
    band = PriceBand(RATE_ONE * 5, RATE_ONE // 5, RATE_ONE * 5, RATE_ONE // 5, 5)
    rules = Rules(tick_size=TICK, lot_size=LOT, min_quantity=LOT, min_notional=1, price_band=band)
    opening: list[Command] = [
        ListInstrument(
            Instrument(SYMBOL, Asset("BTC"), Asset("USDT")), rules, 100_000, 100_000, last_price=50_000 * TICK
        )
    ]
    for account_id in (FIRST_ACCOUNT, FIRST_ACCOUNT + 1):
        opening.append(CreateAccount(account_id, f"owner{account_id}"))
        opening += [Deposit(account_id, asset, PLENTY) for asset in ("BTC", "USDT")]
    return opening


def commands(execute: Callable[[Command], Any], resting: Callable[[], int]) -> tuple[Carry, Callable[[], int]]:
    limit = OrderType.LIMIT
    for command in setup():
        execute(command)

    def carry(step: Step) -> Any:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            return execute(CancelOrder(FIRST_ACCOUNT, SYMBOL, order_id))
        owner = FIRST_ACCOUNT if what == NEW else FIRST_ACCOUNT + 1
        return execute(PlaceOrder(owner, SYMBOL, SIDES[side], limit, str(order_id), quantity * LOT, price * TICK))

    return carry, resting


def venue() -> tuple[Carry, Callable[[], int]]:
    """Commands in, batches out: checks, ledger, book, events. No clock, no listener."""
    made = Venue("bench")
    ts_ns = 1_760_000_000 * NANOSECONDS
    return commands(lambda command: made.execute(command, ts_ns), lambda: open_orders(made))


def door() -> tuple[Carry, Callable[[], int]]:
    """The only way in: clock, journal, venue, and the market data that listen."""
    made = World(WorldClock(), seed=7).open_venue("bench")
    return commands(made.submit, lambda: open_orders(made.venue))


def open_orders(made: Venue) -> int:
    return sum(len(orders) for account in made.accounts.values() for orders in account.open_orders.values())


FLOORS: Final = {"book": book, "venue": venue, "door": door}


def round_of(floor: str, opening: list[Step], steps: list[Step], left: int) -> dict[str, float]:
    gc.unfreeze()
    gc.collect()
    carry, count = FLOORS[floor]()
    for step in opening:
        carry(step)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, NEVER, NEVER)  # as in a served exchange
    began_ns = monotonic_ns()
    for step in steps:
        carry(step)
    took_ns = monotonic_ns() - began_ns
    resting = count()
    assert resting == left, f"{resting} orders rest where {left} should"
    return {"rate": len(steps) * NANOSECONDS / took_ns}


def weight(floor: str, opening: list[Step]) -> dict[str, float]:
    """Bytes per resting order, as the process grows; the first ones fill what was free anyhow."""
    carry, _ = FLOORS[floor]()
    warm = len(opening) // 5
    for step in opening[:warm]:
        carry(step)
    gc.collect()
    before = resident_bytes()
    for step in opening[warm:]:
        carry(step)
    gc.collect()
    return {"bytes": (resident_bytes() - before) / (len(opening) - warm)}


def main() -> None:
    floor = sys.argv[1]
    opening, steps, left = load(sys.argv[2])
    if sys.argv[3:] == ["weight"]:
        print(json.dumps(weight(floor, opening)), flush=True)
        sys.stdin.read()
    else:
        answer_lines({}, lambda _: round_of(floor, opening, steps, left))


if __name__ == "__main__":
    assert SIDES.index(Side.SELL) == SELL
    main()
