"""Public questions about books, trades and candles.

Source: Binance REST, "Market Data endpoints"; WebSocket API, "Market data requests".
"""

import re
from collections.abc import Mapping
from typing import Final

from simexchange.dialects.binance import errors, params, shapes
from simexchange.dialects.binance.context import Context
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.general import STATUS, one_market, public
from simexchange.dialects.binance.names import amount8, text8
from simexchange.dialects.binance.params import Args, Param
from simexchange.dialects.binance.trading import SYMBOL
from simexchange.domain.enums import Side
from simexchange.services.clock import HOUR, MINUTE
from simexchange.services.market_data.candles import Candle
from simexchange.services.market_data.intervals import Interval
from simexchange.services.market_data.tape import TapeTrade

AVERAGE_MINUTES: Final = 5
DEPTH_WEIGHTS: Final = ((100, 5), (500, 25), (1000, 50))
DEEPEST_WEIGHT: Final = 250


def depth(context: Context, args: Args) -> object:
    """GET /api/v3/depth: the book as it is this instant."""
    market = one_market(context, args)
    limit = args.get("limit", 100)
    book = market.book
    return {
        "lastUpdateId": book.update_id,
        "bids": shapes.levels(book.depth(Side.BUY, limit)),
        "asks": shapes.levels(book.depth(Side.SELL, limit)),
    }


def recent_trades(context: Context, args: Args) -> object:
    market = context.symbols.market(args["symbol"])
    tape = context.door.market_data.feed(market.symbol).tape
    return [_trade(context, trade) for trade in tape.recent(args.get("limit", 500))]


def historical_trades(context: Context, args: Args) -> object:
    market = context.symbols.market(args["symbol"])
    tape, limit = context.door.market_data.feed(market.symbol).tape, args.get("limit", 500)
    trades = tape.since_id(args["fromId"], limit) if "fromId" in args else tape.recent(limit)
    return [_trade(context, trade) for trade in trades]


def _trade(context: Context, trade: TapeTrade) -> dict[str, object]:
    return {
        "id": trade.trade_id,
        "price": text8(trade.price),
        "qty": text8(trade.quantity),
        "quoteQty": amount8(trade.quote),
        "time": context.time(trade.ts_ns),
        "isBuyerMaker": trade.side is Side.SELL,
        "isBestMatch": True,
    }


def aggregate_trades(context: Context, args: Args) -> object:
    """GET /api/v3/aggTrades: from an id, within times, or the latest."""
    market = context.symbols.market(args["symbol"])
    start, end = args.get("startTime"), args.get("endTime")
    if "fromId" in args and (start is not None or end is not None):
        raise BinanceRefusal(errors.BAD_COMBINATION)
    tape = context.door.market_data.feed(market.symbol).tape
    rows = tape.aggregates(from_id=args.get("fromId"), start_ns=start, end_ns=end, limit=args.get("limit", 500))
    return [
        {
            "a": row.aggregate_id,
            "p": text8(row.price),
            "q": text8(row.quantity),
            "f": row.first_trade_id,
            "l": row.last_trade_id,
            "T": context.time(row.ts_ns),
            "m": row.side is Side.SELL,
            "M": True,
        }
        for row in rows
    ]


def klines(context: Context, args: Args) -> object:
    """GET /api/v3/klines and uiKlines: arrays, ascending, the current candle last."""
    market = context.symbols.market(args["symbol"])
    candles = context.door.market_data.feed(market.symbol).candles.query(
        args["interval"],
        args.get("startTime"),
        args.get("endTime"),
        args.get("limit", 500),
        args.get("timeZone", 0),
        context.now_ns,
    )
    return [_kline(context, candle) for candle in candles]


def _kline(context: Context, candle: Candle) -> list[object]:
    return [
        context.time(candle.open_ns),
        text8(candle.open),
        text8(candle.high),
        text8(candle.low),
        text8(candle.close),
        text8(candle.volume),
        context.time(candle.close_ns) - 1,
        amount8(candle.quote),
        candle.trades,
        text8(candle.taker_volume),
        amount8(candle.taker_quote),
        "0",
    ]


_ZONE: Final = re.compile(r"([+-]?)(\d{1,2})(?::(\d{2}))?", re.ASCII)
WESTERNMOST: Final = -12 * HOUR
EASTERNMOST: Final = 14 * HOUR


def time_zone(name: str, text: str) -> int:
    """A distance to UTC such as ``8``, ``-1:00`` or ``05:45``, in nanoseconds; -12:00 to +14:00."""
    match = _ZONE.fullmatch(text)
    if match is None or int(match[3] or 0) >= 60:
        raise BinanceRefusal(errors.BAD_VALUE, name)
    distance = int(match[2]) * HOUR + int(match[3] or 0) * MINUTE
    if match[1] == "-":
        distance = -distance
    if not WESTERNMOST <= distance <= EASTERNMOST:
        raise BinanceRefusal(errors.BAD_VALUE, name)
    return distance


def average_price(context: Context, args: Args) -> object:
    market = context.symbols.market(args["symbol"])
    last = context.door.market_data.feed(market.symbol).tape.recent(1)
    return {
        "mins": AVERAGE_MINUTES,
        "price": text8(market.average_price(context.now_ns, AVERAGE_MINUTES)),
        "closeTime": context.time(last[-1].ts_ns if last else context.now_ns),
    }


def no_block_trades(context: Context, args: Args) -> object:
    context.symbols.market(args["symbol"])
    return []


def _depth_weight(texts: Mapping[str, str]) -> int:
    text = texts.get("limit", "100")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    for most, weight in DEPTH_WEIGHTS:
        if limit <= most:
            return weight
    return DEEPEST_WEIGHT


LIMIT: Final = Param("limit", params.limit(500, 1000))
FROM_ID: Final = Param("fromId", params.long)
START: Final = Param("startTime", params.start_time)
END: Final = Param("endTime", params.end_time)
TIME_ZONE: Final = Param("timeZone", time_zone)
INTERVALS: Final = {interval.value: interval for interval in Interval}
_KLINES: Final = (
    SYMBOL,
    Param("interval", params.choice(INTERVALS, errors.BAD_INTERVAL), mandatory=True),
    START,
    END,
    TIME_ZONE,
    LIMIT,
)


OPERATIONS: Final = (
    public(
        "Order book", "depth", "depth", _depth_weight, depth, SYMBOL, Param("limit", params.limit(100, 5000)), STATUS
    ),
    public("Recent trades list", "trades", "trades.recent", 25, recent_trades, SYMBOL, LIMIT),
    public("Old trade lookup", "historicalTrades", "trades.historical", 25, historical_trades, SYMBOL, LIMIT, FROM_ID),
    public(
        "Historical block trades",
        "historicalBlockTrades",
        "blockTrades.historical",
        25,
        no_block_trades,
        SYMBOL,
        Param("fromId", params.long, mandatory=True),
        LIMIT,
        note="there are none",
    ),
    public(
        "Compressed/aggregate trades list",
        "aggTrades",
        "trades.aggregate",
        4,
        aggregate_trades,
        SYMBOL,
        FROM_ID,
        START,
        END,
        LIMIT,
    ),
    public("Kline/candlestick data", "klines", "klines", 2, klines, *_KLINES),
    public("UIKlines", "uiKlines", "uiKlines", 2, klines, *_KLINES),
    public("Current average price", "avgPrice", "avgPrice", 2, average_price, SYMBOL),
)
