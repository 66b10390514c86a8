"""python-binance: order lists, stops and cancel-replace through its own methods."""

from binance import Client

from conformance.clients.observing import SYMBOL, Observations, Venue, report
from conformance.clients.python_binance import point_at


def script(seen: Observations, venue: Venue, flavor: str) -> None:
    point_at(venue)
    account = venue.accounts["alice"]
    client = Client(account.api_key, account.api_secret)
    last = float(client.get_symbol_ticker(symbol=SYMBOL)["price"])
    up, down = f"{last * 1.1:.2f}", f"{last * 0.9:.2f}"
    pair = {"aboveType": "LIMIT_MAKER", "abovePrice": up, "belowType": "STOP_LOSS", "belowStopPrice": down}
    placed = seen.call("oco", client.order_oco_sell, symbol=SYMBOL, quantity="0.01", **pair)
    seen.call("open_oco", client.get_open_oco_orders)
    seen.call("oco_read", client.v3_get_order_list, orderListId=placed["orderListId"])
    seen.call("oco_canceled", client.v3_delete_order_list, symbol=SYMBOL, orderListId=placed["orderListId"])
    working = {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": down, "workingQuantity": "0.01"}
    pending = {"pendingType": "LIMIT_MAKER", "pendingSide": "SELL", "pendingPrice": up, "pendingQuantity": "0.01"}
    bracket = {"symbol": SYMBOL, "workingTimeInForce": "GTC", **working, **pending}
    listed = seen.call("oto", client.v3_post_order_list_oto, **bracket)
    client.v3_delete_order_list(symbol=SYMBOL, orderListId=listed["orderListId"])
    order = {"symbol": SYMBOL, "side": "SELL", "quantity": "0.01"}
    stop = seen.call("stop", client.create_order, type="STOP_LOSS", stopPrice=down, **order)
    seen.call("met_already", client.create_order, type="STOP_LOSS", stopPrice=up, **order)
    again = {"type": "LIMIT", "timeInForce": "GTC", "price": up, "cancelReplaceMode": "STOP_ON_FAILURE", **order}
    replaced = seen.call("replaced", client.cancel_replace_order, cancelOrderId=stop["orderId"], **again)
    seen.call("replaced_again", client.cancel_replace_order, cancelOrderId=stop["orderId"], **again)
    client.cancel_order(symbol=SYMBOL, orderId=replaced["newOrderResponse"]["orderId"])


if __name__ == "__main__":
    report(script)
