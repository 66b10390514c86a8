"""REST and streams together: bots that poll and quote, others that listen, all leaving and coming back now and then.

simexchange serve --accounts 20 --env-out simx.env &
SIMX_ENV_FILE=simx.env locust -f loadtests/locust_mixed.py --headless -u 40 -r 40 -t 60s
"""

from locust import between, task

from simexchange.locust import ExchangeUser, StreamUser, service_levels

service_levels(failures=0.01, p95_ms=500)


class Quoter(ExchangeUser):
    weight = 1
    wait_time = between(0.5, 2)

    @task
    def quote(self) -> None:
        order = {"symbol": "ETHUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC"}
        order |= {"quantity": "0.01", "price": "9000", "newClientOrderId": self.next_id()}
        placed = self.call("POST", "/api/v3/order", signed=True, **order)
        if placed is not None:
            self.call("DELETE", "/api/v3/order", signed=True, symbol="ETHUSDT", orderId=placed["orderId"])


class Listener(StreamUser):
    weight = 3
    streams = ("btcusdt@trade", "btcusdt@depth@100ms", "ethusdt@trade", "!miniTicker@arr")
    reconnect_every = 20.0
