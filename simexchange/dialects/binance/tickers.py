"""Tickers: price statistics over a day, a trading day or a window, and the latest prices.

Each is asked for one symbol (an object comes back), for a list, or for all (an array). Source: Binance REST,
"Market Data endpoints", the ticker endpoints.
"""

from collections.abc import Callable, Mapping
from typing import Final

from simexchange.dialects.binance import errors, params
from simexchange.dialects.binance.context import Context, Operation
from simexchange.dialects.binance.errors import BinanceRefusal
from simexchange.dialects.binance.general import OPTIONAL_SYMBOL, STATUS, SYMBOLS, one_market, public
from simexchange.dialects.binance.market import TIME_ZONE
from simexchange.dialects.binance.names import TRADING_STATUS_WORDS, amount8, text8
from simexchange.dialects.binance.params import Args, Param
from simexchange.domain.enums import Side
from simexchange.services.clock import DAY, HOUR, MINUTE
from simexchange.services.market_data.ticker import WindowStats
from simexchange.venue.market import Market

MOST_SYMBOLS: Final = 100
WINDOWS: Final = {
    **{f"{number}m": number * MINUTE for number in range(1, 60)},
    **{f"{number}h": number * HOUR for number in range(1, 24)},
    **{f"{number}d": number * DAY for number in range(1, 8)},
}

Row = dict[str, object]


def _answer(context: Context, args: Args, row: Callable[[Market], Row], *, all_allowed: bool) -> object:
    """An object for ``symbol``, else an array of those that have the status asked for."""
    if "symbol" in args:
        if "symbols" in args:
            raise BinanceRefusal(errors.NOT_TOGETHER, "symbol", "symbols")
        return row(one_market(context, args))
    words = args.get("symbols")
    if words is None:
        if not all_allowed:
            raise BinanceRefusal(errors.EITHER_MANDATORY, "symbol", "symbols")
        markets = context.symbols.all()
    else:
        if not all_allowed and len(words) > MOST_SYMBOLS:
            raise BinanceRefusal(errors.TOO_MANY_VALUES, "symbols", MOST_SYMBOLS)
        markets = [context.symbols.market(word) for word in words]
    status = args.get("symbolStatus")
    return [row(market) for market in markets if status is None or TRADING_STATUS_WORDS[market.status] == status]


def day_ticker(context: Context, args: Args) -> object:
    """GET /api/v3/ticker/24hr: the last 24 hours, to the millisecond."""
    mini = args.get("type") == "MINI"

    def row(market: Market) -> Row:
        stats = _rolling(context, market, DAY)
        if mini:
            return _mini(context, market, stats, stats.open_ns, stats.close_ns)
        change = _change(context, market, stats)
        bid, bid_quantity = market.book.best(Side.BUY)
        ask, ask_quantity = market.book.best(Side.SELL)
        return {
            **change,
            "prevClosePrice": text8(stats.previous_close),
            "lastPrice": text8(stats.last),
            "lastQty": text8(stats.last_quantity),
            "bidPrice": text8(bid),
            "bidQty": text8(bid_quantity),
            "askPrice": text8(ask),
            "askQty": text8(ask_quantity),
            "openPrice": text8(stats.open),
            "highPrice": text8(stats.high),
            "lowPrice": text8(stats.low),
            **_sums(context, stats, stats.open_ns, stats.close_ns),
        }

    return _answer(context, args, row, all_allowed=True)


def window_ticker(context: Context, args: Args) -> object:
    """GET /api/v3/ticker: a window that opens on a whole minute and closes now."""
    mini = args.get("type") == "MINI"
    open_ns = context.now_ns - args.get("windowSize", DAY)
    open_ns -= open_ns % MINUTE

    def row(market: Market) -> Row:
        stats = _rolling(context, market, context.now_ns - open_ns)
        shape = _mini if mini else _full
        return shape(context, market, stats, open_ns, context.now_ns)

    return _answer(context, args, row, all_allowed=False)


def trading_day_ticker(context: Context, args: Args) -> object:
    """GET /api/v3/ticker/tradingDay: the day under way in a time zone."""
    mini = args.get("type") == "MINI"
    zone = args.get("timeZone", 0)
    local = context.now_ns + zone
    open_ns = local - local % DAY - zone

    def row(market: Market) -> Row:
        stats = _rolling(context, market, context.now_ns - open_ns)
        shape = _mini if mini else _full
        return shape(context, market, stats, open_ns, open_ns + DAY - 1)

    return _answer(context, args, row, all_allowed=False)


def _rolling(context: Context, market: Market, window_ns: int) -> WindowStats:
    return context.door.market_data.feed(market.symbol).ticker.rolling(window_ns, context.now_ns)


def _change(context: Context, market: Market, stats: WindowStats) -> Row:
    change = stats.last - stats.open
    return {
        "symbol": context.symbols.word(market.symbol),
        "priceChange": text8(change),
        "priceChangePercent": percent3(change, stats.open),
        "weightedAvgPrice": text8(stats.weighted_average),
    }


def percent3(part: int, whole: int) -> str:
    """``part`` of ``whole`` in percent with three decimals, rounded half away from zero; 0.000 of nothing."""
    if whole == 0:
        return "0.000"
    thousandths = (abs(part) * 200_000 + whole) // (2 * whole)
    sign = "-" if part < 0 and thousandths else ""
    return f"{sign}{thousandths // 1000}.{thousandths % 1000:03d}"


def _sums(context: Context, stats: WindowStats, open_ns: int, close_ns: int) -> Row:
    return {
        "volume": text8(stats.volume),
        "quoteVolume": amount8(stats.quote),
        "openTime": context.time(open_ns),
        "closeTime": context.time(close_ns),
        "firstId": stats.first_trade_id,
        "lastId": stats.last_trade_id,
        "count": stats.trades,
    }


def _full(context: Context, market: Market, stats: WindowStats, open_ns: int, close_ns: int) -> Row:
    return {
        **_change(context, market, stats),
        "openPrice": text8(stats.open),
        "highPrice": text8(stats.high),
        "lowPrice": text8(stats.low),
        "lastPrice": text8(stats.last),
        **_sums(context, stats, open_ns, close_ns),
    }


def _mini(context: Context, market: Market, stats: WindowStats, open_ns: int, close_ns: int) -> Row:
    return {
        "symbol": context.symbols.word(market.symbol),
        "openPrice": text8(stats.open),
        "highPrice": text8(stats.high),
        "lowPrice": text8(stats.low),
        "lastPrice": text8(stats.last),
        **_sums(context, stats, open_ns, close_ns),
    }


def price_ticker(context: Context, args: Args) -> object:
    """GET /api/v3/ticker/price: the last trade's price."""

    def row(market: Market) -> Row:
        return {"symbol": context.symbols.word(market.symbol), "price": text8(market.last_price)}

    return _answer(context, args, row, all_allowed=True)


def book_ticker(context: Context, args: Args) -> object:
    """GET /api/v3/ticker/bookTicker: best bid and ask; zeros where a side is empty."""

    def row(market: Market) -> Row:
        bid, bid_quantity = market.book.best(Side.BUY)
        ask, ask_quantity = market.book.best(Side.SELL)
        return {
            "symbol": context.symbols.word(market.symbol),
            "bidPrice": text8(bid),
            "bidQty": text8(bid_quantity),
            "askPrice": text8(ask),
            "askQty": text8(ask_quantity),
        }

    return _answer(context, args, row, all_allowed=True)


def _named(texts: Mapping[str, str]) -> int:
    """How many symbols a request names; 0 for all of them."""
    if "symbols" in texts:
        return texts["symbols"].count(",") + 1
    return 1 if "symbol" in texts else 0


def _day_weight(texts: Mapping[str, str]) -> int:
    named = _named(texts)
    if not 0 < named <= MOST_SYMBOLS:
        return 80
    return 2 if named <= 20 else 40


def _window_weight(texts: Mapping[str, str]) -> int:
    return min(4 * max(_named(texts), 1), 200)


def _price_weight(texts: Mapping[str, str]) -> int:
    return 2 if "symbol" in texts else 4


_TYPE: Final = Param("type", params.choice({"FULL": "FULL", "MINI": "MINI"}, errors.BAD_TICKER_TYPE))
_SELECTION: Final = (OPTIONAL_SYMBOL, SYMBOLS)

OPERATIONS: Final[tuple[Operation, ...]] = (
    public(
        "24hr ticker price change statistics",
        "ticker/24hr",
        "ticker.24hr",
        _day_weight,
        day_ticker,
        *_SELECTION,
        _TYPE,
        STATUS,
    ),
    public(
        "Trading day ticker",
        "ticker/tradingDay",
        "ticker.tradingDay",
        _window_weight,
        trading_day_ticker,
        *_SELECTION,
        TIME_ZONE,
        _TYPE,
        STATUS,
    ),
    public("Symbol price ticker", "ticker/price", "ticker.price", _price_weight, price_ticker, *_SELECTION, STATUS),
    public(
        "Symbol order book ticker", "ticker/bookTicker", "ticker.book", _price_weight, book_ticker, *_SELECTION, STATUS
    ),
    public(
        "Rolling window price change statistics",
        "ticker",
        "ticker",
        _window_weight,
        window_ticker,
        *_SELECTION,
        Param("windowSize", params.choice(WINDOWS)),
        _TYPE,
        STATUS,
    ),
)
