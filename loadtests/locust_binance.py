"""A bot's request pattern against Binance spot: reads, orders that rest and are canceled, a look at what is open.

simexchange serve --accounts 20 --env-out simx.env &
SIMX_ENV_FILE=simx.env locust -f loadtests/locust_binance.py --headless -u 20 -r 20 -t 30s
"""

from locust import between, task

from simexchange.locust import ExchangeUser, service_levels

SYMBOL = "BTCUSDT"
service_levels(failures=0.0, p95_ms=500, refused=0)


class Bot(ExchangeUser):
    wait_time = between(0.5, 1.5)

    @task(3)
    def read_book(self) -> None:
        self.call("GET", "/api/v3/ticker/bookTicker", symbol=SYMBOL)

    @task(2)
    def quote(self) -> None:
        """Place an order far below the market and take it off again."""
        order = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        order |= {"quantity": "0.001", "price": "50000", "newClientOrderId": self.next_id()}
        if self.call("POST", "/api/v3/order", signed=True, **order) is not None:
            mine = order["newClientOrderId"]
            self.call("DELETE", "/api/v3/order", signed=True, symbol=SYMBOL, origClientOrderId=mine)

    @task(1)
    def look_at_orders(self) -> None:
        self.call("GET", "/api/v3/openOrders", signed=True, symbol=SYMBOL)
