"""ccxt: the orders that wait, hide, follow, hang together or change, through ccxt's own words for them."""

from typing import Any

import ccxt

from conformance.clients.ccxt_exchange import exchange_for
from conformance.clients.observing import Observations, Venue, report

PAIR = "SOL/USDT"
MARKET = "SOLUSDT"


def place_below_the_market(exchange: ccxt.binance) -> dict[str, Any]:
    """A stop just below bid and last price; placed anew where the market falls past it in the meantime."""
    for _ in range(5):
        bid = exchange.fetch_order_book(PAIR, 5)["bids"][0][0]
        below = min(bid, float(exchange.fetch_ticker(PAIR)["last"])) - 0.05
        try:
            stop: dict[str, Any] = exchange.create_order(PAIR, "market", "sell", 1, None, {"stopLossPrice": below})
        except ccxt.OrderImmediatelyFillable:
            continue
        return stop
    raise AssertionError("the market fell five times in a row")


def script(seen: Observations, venue: Venue, flavor: str) -> None:
    exchange = exchange_for(ccxt.binance, venue, venue.accounts["bob"])
    exchange.load_markets()
    last = float(exchange.fetch_ticker(PAIR)["last"])
    far_up, far_down = round(last * 1.1, 2), round(last * 0.9, 2)

    def place(step: str, kind: str, side: str, price: float | None = None, **params: object) -> None:
        order = seen.call(step, exchange.create_order, PAIR, kind, side, 1, price, params)
        if order:
            seen.call(f"{step}_read", exchange.fetch_order, order["id"], PAIR)
            seen.call(f"{step}_canceled", exchange.cancel_order, order["id"], PAIR)

    place("stop_loss", "market", "sell", stopLossPrice=far_down)
    place("stop_loss_limit", "limit", "sell", far_down, stopLossPrice=far_down)
    place("take_profit_limit", "limit", "sell", far_up, takeProfitPrice=far_up)
    place("trailing", "STOP_LOSS", "sell", trailingPercent=1.5)
    place("iceberg", "limit", "sell", far_up, icebergQty="0.2")
    seen.call("met_already", exchange.create_order, PAIR, "market", "sell", 1, None, {"stopLossPrice": far_up})

    resting = exchange.create_order(PAIR, "limit", "buy", 1, far_down)
    edited = seen.call("edited", exchange.edit_order, resting["id"], PAIR, "limit", "buy", 2, far_down)
    seen.call("replaced", exchange.fetch_order, resting["id"], PAIR)
    exchange.cancel_order(edited["id"], PAIR)

    pair = {
        "symbol": MARKET,
        "side": "SELL",
        "quantity": "1",
        "aboveType": "LIMIT_MAKER",
        "abovePrice": str(far_up),
        "belowType": "STOP_LOSS",
        "belowStopPrice": str(far_down),
    }
    placed = seen.call("oco", exchange.private_post_orderlist_oco, pair)
    seen.call("oco_open", exchange.private_get_openorderlist)
    which = {"symbol": MARKET, "orderListId": placed["orderListId"]}
    seen.call("oco_canceled", exchange.private_delete_orderlist, which)
    seen.call("oco_canceled_again", exchange.private_delete_orderlist, which)
    seen.call("oco_wrong", exchange.private_post_orderlist_oco, pair | {"belowStopPrice": str(far_up - 1)})

    # A stop a little below the market goes off as soon as somebody sells through it.
    stop = place_below_the_market(exchange)
    seen.note("dormant", stop["status"])
    exchange.create_order(PAIR, "market", "sell", 200)
    seen.call("fired", exchange.fetch_order, stop["id"], PAIR)


if __name__ == "__main__":
    report(script)
