"""python-binance: ThreadedWebsocketManager, whose callbacks run in a thread of its own."""

import queue
import time
from typing import Any

from binance import Client, ThreadedWebsocketManager

from conformance.clients.observing import STEP_SECONDS, SYMBOL, Observations, Venue, report
from conformance.clients.python_binance import point_at

POLL_SECONDS = 0.05


class Heard:
    """Messages of one callback, in order."""

    def __init__(self) -> None:
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()

    def __call__(self, message: dict[str, Any]) -> None:
        self._messages.put(message)

    def next(self) -> dict[str, Any]:
        return self._messages.get(timeout=STEP_SECONDS)

    def reports_of(self, order_id: int, last: str) -> list[dict[str, Any]]:
        """The executionReports of one order up to the status `last`."""
        reports: list[dict[str, Any]] = []
        while not reports or reports[-1]["X"] != last:
            event = self.next()
            if event.get("e") == "error":
                raise RuntimeError(str(event))
            if event["e"] == "executionReport" and event["i"] == order_id:
                reports.append(event)
        return reports


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + STEP_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(POLL_SECONDS)


def trade(client: Any, events: Heard) -> dict[str, Any]:
    best = client.get_orderbook_ticker(symbol=SYMBOL)
    price = f"{float(best['bidPrice']) * 0.8:.2f}"
    resting = client.order_limit_buy(symbol=SYMBOL, quantity="0.001", price=price)
    opened = events.reports_of(resting["orderId"], "NEW")
    client.cancel_order(symbol=SYMBOL, orderId=resting["orderId"])
    canceled = events.reports_of(resting["orderId"], "CANCELED")
    market = client.order_market_buy(symbol=SYMBOL, quantity="0.001")
    filled = events.reports_of(market["orderId"], "FILLED")
    return {"opened": opened, "canceled": canceled, "market": market, "filled": filled}


def stop(manager: Any, names: list[str]) -> bool:
    """Closes every socket, then the manager; True when its thread ended."""
    for name in names:
        manager.stop_socket(name)
    wait_for(lambda: not manager._socket_running)
    manager.stop()
    manager.join(STEP_SECONDS)
    return not manager.is_alive()


def main(seen: Observations, venue: Venue, flavor: str) -> None:
    point_at(venue)
    account = venue.accounts["alice"]
    client = Client(account.api_key, account.api_secret)
    manager = ThreadedWebsocketManager(account.api_key, account.api_secret)
    manager.daemon = True  # a thread that never ends must not keep the report from being read
    manager.start()
    tape, depth, events = Heard(), Heard(), Heard()
    names = [
        manager.start_trade_socket(tape, SYMBOL),
        manager.start_depth_socket(depth, SYMBOL, interval=100),
        manager.start_user_socket(events),
    ]
    seen.call("trade", tape.next)
    seen.call("depth", depth.next)
    seen.call("subscribed", wait_for, lambda: manager._client.ws_api._subscription_queues)
    seen.call("own_events", trade, client, events)
    seen.call("stopped", stop, manager, names)
    client.close_connection()


if __name__ == "__main__":
    report(main)
