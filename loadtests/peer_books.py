"""Order books of other projects under one flow of orders; runs in their environment, one process per book.

Each is driven through its documented interface. Started with a name, it answers rounds for ``bench_matching``.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flows import CANCEL, NEW, SELL, Step, load

Carry = Callable[[Step], None]
Peer = Callable[[], tuple[Carry, Callable[[], int]]]
"""Makes an empty book: what carries out a step, and what says how many orders rest (-1: it does not say)."""


def limit_order_book() -> tuple[Carry, Callable[[], int]]:
    from limit_order_book.limit_order_book import LimitOrderBook

    book = LimitOrderBook()
    buy, sell, cancel = book.limit_buy, book.limit_sell, book.cancel

    def carry(step: Step) -> None:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            cancel(order_id)
        elif side == SELL:
            sell(order_id, quantity, price)
        else:
            buy(order_id, quantity, price)

    return carry, book.count


def orderly_chaos() -> tuple[Carry, Callable[[], int]]:
    from orderly_chaos import LimitOrderBook

    trades: list[Any] = []
    book = LimitOrderBook(on_trade=trades.append)
    buy, sell, cancel = book.limit_buy, book.limit_sell, book.cancel

    def carry(step: Step) -> None:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            cancel(order_id)
        elif side == SELL:
            sell(order_id, quantity, price)
        else:
            buy(order_id, quantity, price)

    return carry, book.count


def litebook() -> tuple[Carry, Callable[[], int]]:
    from litebook import OrderBook, OrderType

    book = OrderBook(tick_size=1.0)
    ids: dict[int, str] = {}
    sides = (OrderType.Buy, OrderType.Sell)

    def carry(step: Step) -> None:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            book.cancel(ids.pop(order_id))
        else:
            order = book.create_order(sides[side], float(price), float(quantity))
            if what == NEW:
                ids[order_id] = order.id
            book.add(order)

    return carry, lambda: -1


def pyorderbook() -> tuple[Carry, Callable[[], int]]:
    from pyorderbook import Book, ask, bid

    book = Book()
    orders: dict[int, Any] = {}

    def carry(step: Step) -> None:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            book.cancel(orders.pop(order_id))
        else:
            order = (ask if side == SELL else bid)("X", price, quantity)
            if what == NEW:
                orders[order_id] = order
            book.match(order)

    return carry, lambda: -1


def lightmatchingengine() -> tuple[Carry, Callable[[], int]]:
    from lightmatchingengine.lightmatchingengine import LightMatchingEngine

    engine = LightMatchingEngine()
    ids: dict[int, int] = {}

    def carry(step: Step) -> None:
        what, side, order_id, price, quantity = step
        if what == CANCEL:
            engine.cancel_order(ids.pop(order_id), "X")
        else:
            order, _ = engine.add_order("X", price, quantity, side + 1)
            if what == NEW:
                ids[order_id] = order.order_id

    return carry, lambda: -1


def order_matching() -> tuple[Carry, Callable[[], int]]:
    from loguru import logger
    from order_matching.enums import Side
    from order_matching.matching_engine import MatchingEngine
    from order_matching.order import LimitOrder
    from order_matching.orders import Orders

    logger.remove()  # it writes a line per order
    engine = MatchingEngine(seed=7)
    sides = (Side.BUY, Side.SELL)
    now, tick = datetime(2026, 1, 1), timedelta(microseconds=1)  # noqa: DTZ001 - it compares with naive ones

    def carry(step: Step) -> None:
        nonlocal now
        what, side, order_id, price, quantity = step
        now += tick
        if what == CANCEL:
            engine.cancel_order(str(order_id))
            return
        order = LimitOrder(
            side=sides[side],
            price=float(price),
            size=float(quantity),
            timestamp=now,
            order_id=str(order_id),
            trader_id="x",
        )
        engine.place(orders=Orders([order]))
        engine.match(timestamp=now)

    return carry, lambda: -1


PEERS: dict[str, Peer] = {
    "limit-order-book": limit_order_book,
    "orderly-chaos": orderly_chaos,
    "litebook": litebook,
    "pyorderbook": pyorderbook,
    "lightmatchingengine": lightmatchingengine,
    "order-matching": order_matching,
}


def round_of(peer: Peer, opening: list[Step], steps: list[Step], left: int, budget_s: float) -> dict[str, float]:
    """One whole round, or as much of it as fits the time."""
    carry, count = peer()
    for step in opening:
        carry(step)
    began, done = time.perf_counter(), 0
    for done, step in enumerate(steps, 1):
        carry(step)
        if not done % 1000 and time.perf_counter() - began > budget_s:
            break
    took = time.perf_counter() - began
    resting = count()
    if done == len(steps) and resting not in (-1, left):
        raise SystemExit(f"{resting} orders rest where {left} should")
    return {"rate": done / took}


def main() -> None:
    try:
        peer = PEERS[sys.argv[1]]
        peer()
    except Exception as missing:  # noqa: BLE001  (a peer that cannot start is no reason to stop the others)
        print(json.dumps({"absent": f"not installed ({missing})"}), flush=True)
        return
    opening, steps, left = load(sys.argv[2])
    print("{}", flush=True)
    for line in sys.stdin:
        print(json.dumps(round_of(peer, opening, steps, left, json.loads(line)["budget_s"])), flush=True)


if __name__ == "__main__":
    main()
