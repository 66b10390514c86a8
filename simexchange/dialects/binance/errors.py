"""The venue's errors: a table of (HTTP status, code, text), and what each reject of the core becomes.

Nothing else. Source: Binance "Error Codes" and "Filter failures"; HTTP statuses from "HTTP Return Codes".
Texts are templates: each ``{}`` is filled by the arguments of the refusal.
"""

from typing import Final

from msgspec import Struct

from simexchange.dialects.base import Fidelity
from simexchange.domain.errors import Refusal, RejectReason


class Entry(Struct, frozen=True):
    """One line of the table: the HTTP status, the venue's code and the text of ``msg``."""

    status: int
    code: int
    text: str
    fidelity: Fidelity = Fidelity.SAME
    note: str = ""


class BinanceRefusal(Refusal):
    """A no in the venue's own terms. ``retry_after_ns`` (epoch) is set on 429 and 418 alone.

    ``data`` is what a request that failed in part has to tell beside, ``status`` its own HTTP status.
    """

    def __init__(
        self,
        entry: Entry,
        *arguments: object,
        retry_after_ns: int | None = None,
        data: dict[str, object] | None = None,
        status: int | None = None,
    ) -> None:
        self.status = entry.status if status is None else status
        self.code = entry.code
        self.text = entry.text.format(*arguments) if arguments else entry.text
        self.retry_after_ns = retry_after_ns
        self.data = data
        super().__init__(self.text)

    @property
    def body(self) -> dict[str, object]:
        """The refusal as an answer shows it."""
        return {"code": self.code, "msg": self.text}


TABLE: Final[list[Entry]] = []


def _entry(code: int, text: str, status: int = 400, *, note: str = "") -> Entry:
    entry = Entry(status, code, text, Fidelity.SIMPLIFIED if note else Fidelity.SAME, note)
    TABLE.append(entry)
    return entry


METHOD_NOT_SUPPORTED: Final = _entry(-1000, "Request method '{}' not supported", 405, note="seen on /sapi")
INTERNAL: Final = _entry(
    -1001,
    "Internal error; unable to process your request. Please try again.",
    500,
    note="its HTTP status is not documented",
)
UNAUTHORIZED: Final = _entry(
    -1002,
    "You are not authorized to execute this request.",
    401,
    note="what a wallet request beyond the key's permissions gets in public logs",
)
WEIGHT_EXCEEDED: Final = _entry(
    -1003,
    "Too much request weight used; current limit is {} request weight per {}. "
    "Please use WebSocket Streams for live updates to avoid polling the API.",
    429,
)
IP_BANNED: Final = _entry(
    -1003,
    "Way too much request weight used; IP banned until {}. "
    "Please use WebSocket Streams for live updates to avoid bans.",
    418,
)
REQUESTS_EXCEEDED: Final = _entry(
    -1003,
    "Too many requests; current limit is {} raw requests per {}. "
    "Please use WebSocket Streams for live updates to avoid polling the API.",
    429,
    note="the venue publishes no text for RAW_REQUESTS",
)
UNEXPECTED_RESPONSE: Final = _entry(
    -1006,
    "An unexpected response was received from the message bus. Execution status unknown.",
    500,
    note="only ever said by a fault; its HTTP status is not documented",
)
TIMEOUT: Final = _entry(
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    504,
    note="only ever said by a fault; its HTTP status is not documented beyond 5XX",
)
OVERLOADED: Final = _entry(
    -1008, "Server is currently overloaded with other requests. Please try again in a few minutes.", 503
)
UNSUPPORTED_COMBINATION: Final = _entry(
    -1014,
    "Unsupported order combination.",
    note="documented without a code of its own: for an iceberg that is not GTC, and a primary peg that is not",
)
ORDERS_EXCEEDED: Final = _entry(-1015, "Too many new orders; current limit is {} orders per {}.", 429)
SHUTTING_DOWN: Final = _entry(
    -1016,
    "This service is no longer available.",
    503,
    note="only ever said by a fault; its HTTP status is not documented",
)
OUTSIDE_RECV_WINDOW: Final = _entry(-1021, "Timestamp for this request is outside of the recvWindow.")
AHEAD_OF_SERVER: Final = _entry(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
BAD_SIGNATURE: Final = _entry(-1022, "Signature for this request is not valid.")
UNSUPPORTED_OPERATION: Final = _entry(-1020, "This operation is not supported.")

ILLEGAL_CHARACTERS: Final = _entry(-1100, "Illegal characters found in parameter '{}'; legal range is '{}'.")
TOO_MANY_PARAMETERS: Final = _entry(-1101, "Too many parameters; expected '{}' and received '{}'.")
TOO_MANY_VALUES: Final = _entry(-1101, "Too many values sent for parameter '{}', maximum allowed up to {}.")
DUPLICATE_PARAMETER: Final = _entry(-1101, "Duplicate values for a parameter detected.")
MANDATORY: Final = _entry(-1102, "Mandatory parameter '{}' was not sent, was empty/null, or malformed.")
EITHER_MANDATORY: Final = _entry(-1102, "Param '{}' or '{}' must be sent, but both were empty/null!")
TOO_LARGE: Final = _entry(-1102, "'{}' contains unexpected value. Cannot be greater than {}.")
UNREAD_PARAMETERS: Final = _entry(-1104, "Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.")
EMPTY: Final = _entry(-1105, "Parameter '{}' was empty.")
NOT_REQUIRED: Final = _entry(-1106, "Parameter '{}' sent when not required.")
OVERFLOW: Final = _entry(-1108, "Parameter '{}' overflowed.")
TOO_PRECISE: Final = _entry(-1111, "Parameter '{}' has too much precision.")
BAD_TIME_IN_FORCE: Final = _entry(-1115, "Invalid timeInForce.")
BAD_ORDER_TYPE: Final = _entry(-1116, "Invalid orderType.")
BAD_SIDE: Final = _entry(-1117, "Invalid side.")
BAD_INTERVAL: Final = _entry(-1120, "Invalid interval.")
BAD_SYMBOL: Final = _entry(-1121, "Invalid symbol.")
BAD_SYMBOL_STATUS: Final = _entry(-1122, "Invalid symbolStatus.")
LISTEN_KEY_UNKNOWN: Final = _entry(-1125, "This listenKey does not exist.")
RANGE_TOO_LONG: Final = _entry(-1127, "More than {} hours between startTime and endTime.")
BAD_COMBINATION: Final = _entry(-1128, "Combination of optional parameters invalid.")
NOT_TOGETHER: Final = _entry(
    -1128,
    "Combination of optional parameters invalid. Recommendation: '{}' and '{}' cannot both be sent.",
)
ALSO_NEEDED: Final = _entry(
    -1128, "Combination of optional parameters invalid. Recommendation: '{}' should also be sent."
)
NEEDED_TOGETHER: Final = _entry(
    -1128, "Combination of optional fields invalid. Recommendation: '{}' and '{}' must both be sent."
)
BAD_VALUE: Final = _entry(-1130, "Data sent for parameter '{}' is not valid.")
BAD_RECV_WINDOW: Final = _entry(-1131, "'recvWindow' must be less than 60000.")
BAD_STRATEGY_TYPE: Final = _entry(-1134, "`strategyType` was less than 1000000.")
BAD_TICKER_TYPE: Final = _entry(-1139, "Invalid ticker type.")
BAD_CANCEL_RESTRICTIONS: Final = _entry(-1145, "Invalid cancelRestrictions")
DUPLICATE_SYMBOLS: Final = _entry(-1151, "Symbol is present multiple times in the list.")
OCO_TYPE: Final = _entry(-1158, "Order type not supported in OCO.")
OCO_ICEBERG: Final = _entry(
    -1160, "Parameter '{}' is not supported if `aboveTimeInForce`/`belowTimeInForce` is not GTC."
)
OCO_BUY_LIMIT: Final = _entry(-1165, "A limit order in a buy OCO must be below.")
OCO_SELL_LIMIT: Final = _entry(-1166, "A limit order in a sell OCO must be above.")
OCO_BOTH_LIMIT: Final = _entry(-1168, "At least one OCO order must be contingent.")
BAD_TIME_UNIT: Final = _entry(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
OCO_BUY_STOP: Final = _entry(-1196, "A stop loss order in a buy OCO must be above.")
OCO_SELL_STOP: Final = _entry(-1197, "A stop loss order in a sell OCO must be below.")
OCO_BUY_PROFIT: Final = _entry(-1198, "A take profit order in a buy OCO must be below.")
OCO_SELL_PROFIT: Final = _entry(-1199, "A take profit order in a sell OCO must be above.")
BAD_PEG_PRICE_TYPE: Final = _entry(-1210, "Invalid pegPriceType.")
BAD_PEG_OFFSET_TYPE: Final = _entry(-1211, "Invalid pegOffsetType.")
OPO_WORKING_SELLS: Final = _entry(-1222, "Working order in an OPO list must be a bid.")
OPO_PENDING_BUYS: Final = _entry(-1223, "Pending orders in an OPO list must be asks.")
STATUS_MISMATCH: Final = _entry(-1220, "The symbol's status does not match the requested symbolStatus.")

INVALID_QUANTITY: Final = _entry(-1013, "Invalid quantity.")
INVALID_PRICE: Final = _entry(-1013, "Invalid price.")
MARKET_CLOSED: Final = _entry(-1013, "Market is closed.")
STP_NOT_ALLOWED: Final = _entry(-1013, "This symbol does not allow the specified self-trade prevention mode.")
NOT_SUPPORTED: Final = _entry(-1013, "{} orders are not supported for this symbol.")
QUOTE_QUANTITY_NOT_SUPPORTED: Final = _entry(-1013, "Quote order qty market orders are not support for this symbol.")
OCO_NOT_SUPPORTED: Final = _entry(-1013, "OCO orders are not supported for this symbol")
NO_SOR: Final = _entry(-1013, "This symbol has no SOR.")
PEG_NOT_FOR_TYPE: Final = _entry(-1013, "This order type may not use pegged price.")
PEG_NOT_WITH_TYPE: Final = _entry(-1013, "This price peg cannot be used with this order type.")
FILTER: Final = _entry(-1013, "Filter failure: {}")

REJECTED_ACCOUNT: Final = _entry(-2010, "This account may not place or cancel orders.")
REJECTED_DUPLICATE: Final = _entry(-2010, "Duplicate order sent.")
REJECTED_BALANCE: Final = _entry(-2010, "Account has insufficient balance for requested action.")
REJECTED_WOULD_TAKE: Final = _entry(-2010, "Order would immediately match and take.")
REJECTED_WOULD_TRIGGER: Final = _entry(-2010, "Order would trigger immediately.")
REJECTED_ICEBERG: Final = _entry(-2010, "IcebergQty exceeds QTY.")
REJECTED_PEG: Final = _entry(-2010, "Order book liquidity is too low for this pegged order.")
REJECTED_LIST_PRICES: Final = _entry(-2010, "The relationship of the prices for the orders is not correct.")
REJECTED_BOOK_EMPTY: Final = _entry(-2010, "Order book liquidity is less than symbol minimum quantity.")
REJECTED_BOOK_BELOW_LOT: Final = _entry(-2010, "Order book liquidity is less than `LOT_SIZE` filter minimum quantity.")
CANCEL_REJECTED: Final = _entry(-2011, "Unknown order sent.")
CANCEL_ACCOUNT: Final = _entry(-2011, "This account may not place or cancel orders.")
CANCEL_RESTRICTED: Final = _entry(-2011, "Order was not canceled due to cancel restrictions.")
LIST_UNKNOWN: Final = _entry(-2018, "Order list does not exist.", note="seen in public logs, not documented")
REPLACE_FAILED_PARTLY: Final = _entry(-2021, "Order cancel-replace partially failed.", 409)
REPLACE_FAILED: Final = _entry(-2022, "Order cancel-replace failed.")
ORDER_UNKNOWN: Final = _entry(-2013, "Order does not exist.")
BAD_KEY_FORMAT: Final = _entry(-2014, "API-key format invalid.", 401)
BAD_KEY: Final = _entry(-2015, "Invalid API-key, IP, or permissions for action.", 401)
SUBSCRIPTION_ACTIVE: Final = _entry(-2035, "User Data Stream subscription already active.")
SUBSCRIPTION_INACTIVE: Final = _entry(-2036, "User Data Stream subscription not active.")
AMEND_NOT_SUPPORTED: Final = _entry(-2038, "Order amend is not supported for this symbol.")
AMEND_INCREASE: Final = _entry(
    -2038,
    "Order amend (quantity increase) is not supported.",
    note="also for a quantity that is filled already, for which no answer is documented",
)
AMEND_NO_CHANGE: Final = _entry(-2038, "The requested action would change no state; rejecting")
AMEND_PENDING: Final = _entry(-2038, "Order amend (pending OPO order) is not supported.")
CLIENT_ID_MISMATCH: Final = _entry(-2039, "Client order ID is not correct for this order ID.")
SUBSCRIPTIONS_EXHAUSTED: Final = _entry(-2042, "Maximum subscription ID reached for this connection.")
NO_REFERENCE_PRICE: Final = _entry(-2043, "This symbol doesn't have a reference price.")

_WALLET: Final = "the wallet's texts are not documented; these are seen in the field"
WITHDRAW_DISABLED: Final = _entry(-4015, "Withdrawals are disabled on this account.", note=_WALLET)
WITHDRAW_BAD_ASSET: Final = _entry(-4019, "The current currency is not open for withdrawal", note=_WALLET)
WITHDRAW_BAD_AMOUNT: Final = _entry(-4022, "The amount must be bigger than 0.", note=_WALLET)
WITHDRAW_NOT_ENOUGH: Final = _entry(-4026, "User has insufficient balance", note=_WALLET)


def _filter(name: str) -> Entry:
    return Entry(FILTER.status, FILTER.code, FILTER.text.format(name))


REJECTS: Final[dict[RejectReason, Entry]] = {
    RejectReason.INSTRUMENT_UNKNOWN: BAD_SYMBOL,
    RejectReason.ACCOUNT_UNKNOWN: REJECTED_ACCOUNT,
    RejectReason.ACCOUNT_DISABLED: REJECTED_ACCOUNT,
    RejectReason.INSTRUMENT_NOT_TRADING: MARKET_CLOSED,
    RejectReason.ORDER_TYPE_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Market")),
    RejectReason.POST_ONLY_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Limit maker")),
    RejectReason.QUOTE_QUANTITY_UNSUPPORTED: QUOTE_QUANTITY_NOT_SUPPORTED,
    RejectReason.TRIGGER_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Stop loss")),
    RejectReason.TRAILING_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Trailing stop")),
    RejectReason.ICEBERG_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Iceberg")),
    RejectReason.HIDDEN_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Hidden")),
    RejectReason.PEG_UNSUPPORTED: Entry(400, -1013, NOT_SUPPORTED.text.format("Pegged")),
    RejectReason.ORDER_LIST_UNSUPPORTED: OCO_NOT_SUPPORTED,
    RejectReason.AMEND_UNSUPPORTED: AMEND_NOT_SUPPORTED,
    RejectReason.SELF_TRADE_PREVENTION_UNSUPPORTED: STP_NOT_ALLOWED,
    RejectReason.PEG_WITHOUT_PRICE: REJECTED_PEG,
    RejectReason.ICEBERG_EXCEEDS_QUANTITY: REJECTED_ICEBERG,
    RejectReason.ICEBERG_PARTS_EXCEEDED: _filter("ICEBERG_PARTS"),
    RejectReason.TRAIL_OUT_OF_RANGE: _filter("TRAILING_DELTA"),
    RejectReason.TRIGGERED_ORDERS_EXCEEDED: _filter("MAX_NUM_ALGO_ORDERS"),
    RejectReason.ICEBERG_ORDERS_EXCEEDED: _filter("MAX_NUM_ICEBERG_ORDERS"),
    RejectReason.ORDER_LISTS_EXCEEDED: _filter("MAX_NUM_ORDER_LISTS"),
    RejectReason.AMENDS_EXCEEDED: _filter("MAX_NUM_ORDER_AMENDS"),
    RejectReason.LIST_PRICES_WRONG: REJECTED_LIST_PRICES,
    RejectReason.WOULD_TRIGGER_IMMEDIATELY: REJECTED_WOULD_TRIGGER,
    RejectReason.ORDER_LIST_UNKNOWN: CANCEL_REJECTED,
    RejectReason.AMEND_NOT_SMALLER: AMEND_INCREASE,
    RejectReason.AMEND_WITHOUT_CHANGE: AMEND_NO_CHANGE,
    RejectReason.AMEND_BELOW_FILLED: AMEND_INCREASE,
    RejectReason.AMEND_NOT_POSSIBLE: AMEND_PENDING,
    RejectReason.PRICE_TOO_LOW: _filter("PRICE_FILTER"),
    RejectReason.PRICE_TOO_HIGH: _filter("PRICE_FILTER"),
    RejectReason.PRICE_OFF_TICK: _filter("PRICE_FILTER"),
    RejectReason.PRICE_OUTSIDE_BAND: _filter("PERCENT_PRICE_BY_SIDE"),
    RejectReason.QUANTITY_TOO_SMALL: _filter("LOT_SIZE"),
    RejectReason.QUANTITY_TOO_LARGE: _filter("LOT_SIZE"),
    RejectReason.QUANTITY_OFF_LOT: _filter("LOT_SIZE"),
    RejectReason.MARKET_QUANTITY_TOO_SMALL: _filter("MARKET_LOT_SIZE"),
    RejectReason.MARKET_QUANTITY_TOO_LARGE: _filter("MARKET_LOT_SIZE"),
    RejectReason.MARKET_QUANTITY_OFF_LOT: _filter("MARKET_LOT_SIZE"),
    RejectReason.NOTIONAL_TOO_SMALL: _filter("NOTIONAL"),
    RejectReason.NOTIONAL_TOO_LARGE: _filter("NOTIONAL"),
    RejectReason.OPEN_ORDERS_EXCEEDED: _filter("MAX_NUM_ORDERS"),
    RejectReason.POSITION_EXCEEDED: _filter("MAX_POSITION"),
    RejectReason.CLIENT_ORDER_ID_DUPLICATE: REJECTED_DUPLICATE,
    RejectReason.BOOK_EMPTY: REJECTED_BOOK_EMPTY,
    RejectReason.BOOK_BELOW_LOT: REJECTED_BOOK_BELOW_LOT,
    RejectReason.INSUFFICIENT_BALANCE: REJECTED_BALANCE,
    RejectReason.POST_ONLY_WOULD_TAKE: REJECTED_WOULD_TAKE,
    RejectReason.ORDER_UNKNOWN: CANCEL_REJECTED,
    RejectReason.CLIENT_ORDER_ID_MISMATCH: CLIENT_ID_MISMATCH,
    RejectReason.ASSET_UNKNOWN: WITHDRAW_BAD_ASSET,
    RejectReason.AMOUNT_NOT_POSITIVE: WITHDRAW_BAD_AMOUNT,
    RejectReason.ALREADY_EXISTS: REJECTED_DUPLICATE,
    RejectReason.KEY_UNKNOWN: BAD_KEY,
    RejectReason.TRADE_UNKNOWN: ORDER_UNKNOWN,
}
"""What the venue answers when an order is refused: one line for every member of RejectReason."""

CANCEL_REJECTS: Final[dict[RejectReason, Entry]] = REJECTS | {
    RejectReason.ACCOUNT_UNKNOWN: CANCEL_ACCOUNT,
    RejectReason.ACCOUNT_DISABLED: CANCEL_ACCOUNT,
}
"""The same where a cancel is refused, which has a code of its own."""

_SAME_FOR_AMENDS: Final = (RejectReason.INSTRUMENT_UNKNOWN, RejectReason.CLIENT_ORDER_ID_MISMATCH)
AMEND_REJECTS: Final[dict[RejectReason, Entry]] = {
    reason: entry if reason in _SAME_FOR_AMENDS else Entry(400, AMEND_NOT_SUPPORTED.code, entry.text)
    for reason, entry in REJECTS.items()
}
"""The same texts where an amendment is refused: filters and unknown orders too have the amendments' code."""
