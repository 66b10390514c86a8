"""Requests for every kind of order, with names of their own, and a market in which they make sense."""

from typing import Any, Final

from dialects.binance.rest_bench import EVERYTHING, Answer, Bench, Client

SYMBOL: Final = {"symbol": "BTCUSDT"}
FULL: Final = {"newOrderRespType": "FULL"}
RESULT: Final = {"newOrderRespType": "RESULT"}
STOP: Final = {"type": "STOP_LOSS", "side": "SELL", "stopPrice": "59000", "price": None, "timeInForce": None}
STOP_LIMIT: Final = {"type": "STOP_LOSS_LIMIT", "side": "SELL", "stopPrice": "59000", "price": "58900"}
OLD_OCO: Final = {
    **SYMBOL,
    "side": "SELL",
    "quantity": "0.1",
    "price": "61000",
    "stopPrice": "59000",
    "stopLimitPrice": "58900",
    "stopLimitTimeInForce": "GTC",
    "listClientOrderId": "list",
    "limitClientOrderId": "limit",
    "stopClientOrderId": "stop",
}
OCO: Final = {
    **SYMBOL,
    "side": "SELL",
    "quantity": "0.1",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "61000",
    "aboveClientOrderId": "above",
    "belowType": "STOP_LOSS_LIMIT",
    "belowStopPrice": "59000",
    "belowPrice": "58900",
    "belowTimeInForce": "GTC",
    "belowClientOrderId": "below",
    "listClientOrderId": "list",
}
WORKING: Final = {
    **SYMBOL,
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "59500",
    "workingQuantity": "0.1",
    "workingTimeInForce": "GTC",
    "workingClientOrderId": "working",
    "listClientOrderId": "list",
}
OTO: Final = {
    **WORKING,
    "pendingType": "MARKET",
    "pendingSide": "SELL",
    "pendingQuantity": "0.1",
    "pendingClientOrderId": "pending",
}
OTOCO: Final = {
    **WORKING,
    "pendingSide": "SELL",
    "pendingQuantity": "0.1",
    "pendingAboveType": "LIMIT_MAKER",
    "pendingAbovePrice": "61000",
    "pendingAboveClientOrderId": "above",
    "pendingBelowType": "STOP_LOSS_LIMIT",
    "pendingBelowStopPrice": "59000",
    "pendingBelowPrice": "58900",
    "pendingBelowTimeInForce": "GTC",
    "pendingBelowClientOrderId": "below",
}
OPO: Final = {name: value for name, value in OTO.items() if name != "pendingQuantity"}
OPOCO: Final = {name: value for name, value in OTOCO.items() if name != "pendingQuantity"}
REPLACE: Final = {
    **SYMBOL,
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.05",
    "price": "59600",
    "newClientOrderId": "new",
    "cancelNewClientOrderId": "cancel",
    "cancelOrigClientOrderId": "old",
    "cancelReplaceMode": "STOP_ON_FAILURE",
}


class Market(Bench):
    """A venue that takes every kind of order, last trade at 60000, bob's quotes at 59990 and 60010."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**({"rules": EVERYTHING} | settings))
        self.carol = self.open_account("carol")
        self.trade()
        self.bob.order(price="59990")
        self.bob.order(price="59980")
        self.bob.order(side="SELL", price="60010")
        self.advance(1_000)

    def trade(self, price: str = "60000", quantity: str = "0.01") -> None:
        """One trade, carol buying from a resting order of bob's; the book is as it was."""
        self.bob.order(side="SELL", price=price, quantity=quantity)
        self.carol.order(price=price, quantity=quantity)

    def trade_at(self, price: str, bid: str | None = None) -> None:
        """Take bob's quotes away, perhaps for a lower bid, then a trade at a price."""
        self.bob.ask("DELETE", "/api/v3/openOrders", **SYMBOL)
        if bid is not None:
            self.bob.order(price=bid)
        self.trade(price)


def place(client: Client, kind: str, params: dict[str, Any], **changes: Any) -> Answer:
    """An order list of a kind: ``orderList/oco``."""
    return client.ask("POST", f"/api/v3/{kind}", **(params | changes))


def replace(client: Client, **changes: Any) -> Answer:
    return client.ask("POST", "/api/v3/order/cancelReplace", **(REPLACE | changes))


def amend(client: Client, **params: Any) -> Answer:
    return client.ask("PUT", "/api/v3/order/amend/keepPriority", **SYMBOL, **params)


def status(client: Client, name: str) -> Any:
    """An order as its query shows it."""
    return client.ask("GET", "/api/v3/order", **SYMBOL, origClientOrderId=name).body
