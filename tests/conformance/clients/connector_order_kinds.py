"""binance-connector: the order list and cancel-replace calls of its Spot client."""

from binance.spot import Spot

from conformance.clients.observing import SYMBOL, Observations, Venue, report


def script(seen: Observations, venue: Venue, flavor: str) -> None:
    account = venue.accounts["alice"]
    client = Spot(account.api_key, account.api_secret, base_url=venue.rest_url)
    last = float(client.ticker_price(SYMBOL)["price"])
    up, down = f"{last * 1.1:.2f}", f"{last * 0.9:.2f}"
    pair = {"aboveType": "LIMIT_MAKER", "abovePrice": up, "belowType": "STOP_LOSS", "belowStopPrice": down}
    placed = seen.call("oco", client.new_oco_order, SYMBOL, "SELL", quantity="0.01", **pair)
    seen.call("oco_read", client.get_oco_order, orderListId=placed["orderListId"])
    seen.call("oco_open", client.get_oco_open_orders)
    seen.call("oco_canceled", client.cancel_oco_order, SYMBOL, orderListId=placed["orderListId"])
    seen.call("oco_all", client.get_oco_orders)
    limit = {"timeInForce": "GTC", "quantity": "0.01", "price": down}
    order = client.new_order(SYMBOL, "BUY", "LIMIT", **limit)
    mode = "STOP_ON_FAILURE"
    replace = {"cancelOrderId": order["orderId"], **limit}
    done = seen.call("replaced", client.cancel_and_replace, SYMBOL, "BUY", "LIMIT", mode, **replace)
    seen.call("replaced_again", client.cancel_and_replace, SYMBOL, "BUY", "LIMIT", mode, **replace)
    client.cancel_order(SYMBOL, orderId=done["newOrderResponse"]["orderId"])


if __name__ == "__main__":
    report(script)
