"""Meets every fault of the table with one client: ccxt, python-binance or binance-connector."""

from collections.abc import Callable
from typing import Any

from conformance.clients.arming import armed
from conformance.clients.observing import SYMBOL, Observations, Venue, report
from conformance.fault_table import ROWS

AWAY = "50000"
LITTLE, NEARLY_ALL = "0.001", "1.5"
"""Of what an account with 100,000 USDT can buy at that price."""


class Client:
    """What every row may ask of a client; prices and quantities are texts."""

    def place(self, kind: str = "LIMIT", quantity: str = LITTLE) -> Any:
        raise NotImplementedError

    def cancel(self, order_id: Any) -> Any:
        raise NotImplementedError

    def query(self, order_id: Any) -> Any:
        raise NotImplementedError

    def tidy(self) -> None:
        """Cancel whatever is open."""
        raise NotImplementedError


class Ccxt(Client):
    def __init__(self, venue: Venue) -> None:
        import ccxt

        from conformance.clients.ccxt_exchange import PAIR, exchange_for

        self._pair = PAIR
        self._exchange = exchange_for(ccxt.binance, venue, venue.accounts["bob"], fetchCurrencies=False)
        self._exchange.load_markets()

    def place(self, kind: str = "LIMIT", quantity: str = LITTLE) -> Any:
        params = {"postOnly": True} if kind == "LIMIT_MAKER" else {}
        return self._exchange.create_order(self._pair, "limit", "buy", float(quantity), float(AWAY), params)["id"]

    def cancel(self, order_id: Any) -> Any:
        return self._exchange.cancel_order(order_id, self._pair)

    def query(self, order_id: Any) -> Any:
        return self._exchange.fetch_order(order_id, self._pair)

    def tidy(self) -> None:
        # A client that has had a success takes -2015 for a ban; each row meets one that has not.
        self._exchange.options["hasAlreadyAuthenticatedSuccessfully"] = False
        for order in self._exchange.fetch_open_orders(self._pair):
            self._exchange.cancel_order(order["id"], self._pair)
        self._exchange.options["hasAlreadyAuthenticatedSuccessfully"] = False


class PythonBinance(Client):
    def __init__(self, venue: Venue) -> None:
        from binance import Client as Binance

        from conformance.clients.python_binance import point_at

        point_at(venue)
        account = venue.accounts["bob"]
        self._client = Binance(account.api_key, account.api_secret)

    def place(self, kind: str = "LIMIT", quantity: str = LITTLE) -> Any:
        more = {} if kind == "LIMIT_MAKER" else {"timeInForce": "GTC"}
        placed = self._client.create_order(symbol=SYMBOL, side="BUY", type=kind, quantity=quantity, price=AWAY, **more)
        return placed["orderId"]

    def cancel(self, order_id: Any) -> Any:
        return self._client.cancel_order(symbol=SYMBOL, orderId=order_id)

    def query(self, order_id: Any) -> Any:
        return self._client.get_order(symbol=SYMBOL, orderId=order_id)

    def tidy(self) -> None:
        for order in self._client.get_open_orders(symbol=SYMBOL):
            self._client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])


class Connector(Client):
    def __init__(self, venue: Venue) -> None:
        from binance.spot import Spot

        account = venue.accounts["bob"]
        self._spot = Spot(account.api_key, account.api_secret, base_url=venue.rest_url)

    def place(self, kind: str = "LIMIT", quantity: str = LITTLE) -> Any:
        more = {} if kind == "LIMIT_MAKER" else {"timeInForce": "GTC"}
        return self._spot.new_order(SYMBOL, "BUY", kind, quantity=quantity, price=AWAY, **more)["orderId"]

    def cancel(self, order_id: Any) -> Any:
        return self._spot.cancel_order(SYMBOL, orderId=order_id)

    def query(self, order_id: Any) -> Any:
        return self._spot.get_order(SYMBOL, orderId=order_id)

    def tidy(self) -> None:
        for order in self._spot.get_open_orders(SYMBOL):
            self._spot.cancel_order(SYMBOL, orderId=order["orderId"])


CLIENTS: dict[str, Callable[[Venue], Client]] = {
    "ccxt": Ccxt,
    "python-binance": PythonBinance,
    "connector": Connector,
}


BEFORE = {"cancel": LITTLE, "reorder": NEARLY_ALL}
"""How much is ordered before the rule is armed, by call."""


def orders(client: Client) -> Any:
    """One order too many."""
    for _ in range(3):
        client.place()


def reorder(client: Client, order_id: Any) -> Any:
    """Cancel, and use what that freed at once."""
    client.cancel(order_id)
    return client.place(quantity=NEARLY_ALL)


def script(observations: Observations, venue: Venue, flavor: str) -> None:
    client = CLIENTS[flavor](venue)
    for row in ROWS:
        client.tidy()
        before = client.place(quantity=BEFORE[row.call]) if row.call in BEFORE else None
        with armed(row.rule):
            match row.call:
                case "order":
                    observations.call(row.name, client.place)
                case "orders":
                    observations.call(row.name, orders, client)
                case "post_only":
                    observations.call(row.name, client.place, "LIMIT_MAKER")
                case "cancel":
                    observations.call(row.name, client.cancel, before)
                case "reorder":
                    observations.call(row.name, reorder, client, before)
                case "query":
                    placed = client.place()
                    observations.call(row.name, client.query, placed)
    client.tidy()
    observations.note("done", len(ROWS))


if __name__ == "__main__":
    report(script)
