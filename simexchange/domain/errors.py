"""The two civil ways to say no. (The third, a bug, is an assert.)

A *reject* is the venue's own no: a ``RejectReason`` inside an event. A *refusal* never became a command: the one
exception ``Refusal``, raised by dialects and limits and caught in one place.
"""

from enum import Enum


class RejectReason(Enum):
    """Why the venue says no, in the order in which it looks: the first that applies is the answer."""

    INSTRUMENT_UNKNOWN = "instrument_unknown"
    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_DISABLED = "account_disabled"
    INSTRUMENT_NOT_TRADING = "instrument_not_trading"
    ORDER_TYPE_UNSUPPORTED = "order_type_unsupported"
    POST_ONLY_UNSUPPORTED = "post_only_unsupported"
    QUOTE_QUANTITY_UNSUPPORTED = "quote_quantity_unsupported"
    SELF_TRADE_PREVENTION_UNSUPPORTED = "self_trade_prevention_unsupported"
    PRICE_TOO_LOW = "price_too_low"
    PRICE_TOO_HIGH = "price_too_high"
    PRICE_OFF_TICK = "price_off_tick"
    PRICE_OUTSIDE_BAND = "price_outside_band"
    QUANTITY_TOO_SMALL = "quantity_too_small"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    QUANTITY_OFF_LOT = "quantity_off_lot"
    MARKET_QUANTITY_TOO_SMALL = "market_quantity_too_small"
    MARKET_QUANTITY_TOO_LARGE = "market_quantity_too_large"
    MARKET_QUANTITY_OFF_LOT = "market_quantity_off_lot"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    NOTIONAL_TOO_LARGE = "notional_too_large"
    OPEN_ORDERS_EXCEEDED = "open_orders_exceeded"
    POSITION_EXCEEDED = "position_exceeded"
    CLIENT_ORDER_ID_DUPLICATE = "client_order_id_duplicate"
    BOOK_EMPTY = "book_empty"
    BOOK_BELOW_LOT = "book_below_lot"
    ASSET_UNKNOWN = "asset_unknown"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    POST_ONLY_WOULD_TAKE = "post_only_would_take"
    ORDER_UNKNOWN = "order_unknown"
    CLIENT_ORDER_ID_MISMATCH = "client_order_id_mismatch"
    ALREADY_EXISTS = "already_exists"
    KEY_UNKNOWN = "key_unknown"


class Refusal(Exception):
    """A request turned away before it became a command. Dialects subclass it with their own code and text."""
