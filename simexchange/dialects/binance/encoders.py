"""Market events as the venue's JSON bytes: key order, number formats and time units as documented.

Written as text, since these run for every trade and every book change. Nothing here knows a client or a connection.
Source: "WebSocket Streams for Binance", detailed stream information.
"""

from collections.abc import Iterable
from enum import IntEnum

from simexchange.dialects.binance.names import amount8, text8
from simexchange.dialects.binance.tickers import percent3
from simexchange.domain.units import Price, Quantity
from simexchange.services.market_data.candles import Candle
from simexchange.services.market_data.tape import AggregateTrade
from simexchange.services.market_data.ticker import WindowStats

Levels = Iterable[tuple[Price, Quantity]]


class TimeUnit(IntEnum):
    """What the venue's times count; the value is that unit in ns."""

    MILLISECOND = 1_000_000
    MICROSECOND = 1_000


def trade(
    symbol: str, unit: int, ts_ns: int, trade_id: int, price: Price, quantity: Quantity, buyer_is_maker: bool
) -> bytes:
    at = ts_ns // unit
    return (
        f'{{"e":"trade","E":{at},"s":"{symbol}","t":{trade_id},"p":"{text8(price)}","q":"{text8(quantity)}",'
        f'"T":{at},"m":{"true" if buyer_is_maker else "false"},"M":true}}'
    ).encode()


def aggregate_trade(symbol: str, unit: int, event_ns: int, aggregate: AggregateTrade, buyer_is_maker: bool) -> bytes:
    return (
        f'{{"e":"aggTrade","E":{event_ns // unit},"s":"{symbol}","a":{aggregate.aggregate_id},'
        f'"p":"{text8(aggregate.price)}","q":"{text8(aggregate.quantity)}","f":{aggregate.first_trade_id},'
        f'"l":{aggregate.last_trade_id},"T":{aggregate.ts_ns // unit},'
        f'"m":{"true" if buyer_is_maker else "false"},"M":true}}'
    ).encode()


def _levels(levels: Levels) -> str:
    return ",".join(f'["{text8(price)}","{text8(quantity)}"]' for price, quantity in levels)


def depth_update(
    symbol: str, unit: int, event_ns: int, first_id: int, last_id: int, bids: Levels, asks: Levels
) -> bytes:
    return (
        f'{{"e":"depthUpdate","E":{event_ns // unit},"s":"{symbol}","U":{first_id},"u":{last_id},'
        f'"b":[{_levels(bids)}],"a":[{_levels(asks)}]}}'
    ).encode()


def partial_depth(update_id: int, bids: Levels, asks: Levels) -> bytes:
    return f'{{"lastUpdateId":{update_id},"bids":[{_levels(bids)}],"asks":[{_levels(asks)}]}}'.encode()


def book_ticker(
    symbol: str, update_id: int, bid: Price, bid_quantity: Quantity, ask: Price, ask_quantity: Quantity
) -> bytes:
    return (
        f'{{"u":{update_id},"s":"{symbol}","b":"{text8(bid)}","B":"{text8(bid_quantity)}",'
        f'"a":"{text8(ask)}","A":"{text8(ask_quantity)}"}}'
    ).encode()


def average_price(symbol: str, unit: int, event_ns: int, minutes: int, price: Price, last_trade_ns: int) -> bytes:
    return (
        f'{{"e":"avgPrice","E":{event_ns // unit},"s":"{symbol}","i":"{minutes}m","w":"{text8(price)}",'
        f'"T":{last_trade_ns // unit}}}'
    ).encode()


def kline(
    symbol: str,
    unit: int,
    event_ns: int,
    interval: str,
    candle: Candle,
    first_id: int,
    last_id: int,
    closed: bool,
) -> bytes:
    """``first_id`` and ``last_id`` are -1 for a candle without trades."""
    return (
        f'{{"e":"kline","E":{event_ns // unit},"s":"{symbol}","k":{{"t":{candle.open_ns // unit},'
        f'"T":{candle.close_ns // unit - 1},"s":"{symbol}","i":"{interval}","f":{first_id},"L":{last_id},'
        f'"o":"{text8(candle.open)}","c":"{text8(candle.close)}","h":"{text8(candle.high)}",'
        f'"l":"{text8(candle.low)}","v":"{text8(candle.volume)}","n":{candle.trades},'
        f'"x":{"true" if closed else "false"},"q":"{amount8(candle.quote)}","V":"{text8(candle.taker_volume)}",'
        f'"Q":"{amount8(candle.taker_quote)}","B":"0"}}}}'
    ).encode()


def mini_ticker(symbol: str, unit: int, event_ns: int, stats: WindowStats) -> bytes:
    return (
        f'{{"e":"24hrMiniTicker","E":{event_ns // unit},"s":"{symbol}","c":"{text8(stats.last)}",'
        f'"o":"{text8(stats.open)}","h":"{text8(stats.high)}","l":"{text8(stats.low)}",'
        f'"v":"{text8(stats.volume)}","q":"{amount8(stats.quote)}"}}'
    ).encode()


def ticker(
    symbol: str, unit: int, event_ns: int, stats: WindowStats, best: tuple[Price, Quantity, Price, Quantity]
) -> bytes:
    bid, bid_quantity, ask, ask_quantity = best
    return (
        f'{{"e":"24hrTicker","E":{event_ns // unit},"s":"{symbol}",{_change(stats)},'
        f'"w":"{text8(stats.weighted_average)}","x":"{text8(stats.previous_close)}","c":"{text8(stats.last)}",'
        f'"Q":"{text8(stats.last_quantity)}","b":"{text8(bid)}","B":"{text8(bid_quantity)}",'
        f'"a":"{text8(ask)}","A":"{text8(ask_quantity)}","o":"{text8(stats.open)}","h":"{text8(stats.high)}",'
        f'"l":"{text8(stats.low)}",{_totals(unit, stats)}}}'
    ).encode()


def window_ticker(symbol: str, unit: int, event_ns: int, window: str, stats: WindowStats) -> bytes:
    return (
        f'{{"e":"{window}Ticker","E":{event_ns // unit},"s":"{symbol}",{_change(stats)},'
        f'"o":"{text8(stats.open)}","h":"{text8(stats.high)}","l":"{text8(stats.low)}","c":"{text8(stats.last)}",'
        f'"w":"{text8(stats.weighted_average)}",{_totals(unit, stats)}}}'
    ).encode()


def _change(stats: WindowStats) -> str:
    change = stats.last - stats.open
    return f'"p":"{text8(change)}","P":"{percent3(change, stats.open)}"'


def _totals(unit: int, stats: WindowStats) -> str:
    return (
        f'"v":"{text8(stats.volume)}","q":"{amount8(stats.quote)}","O":{stats.open_ns // unit},'
        f'"C":{stats.close_ns // unit},"F":{stats.first_trade_id},"L":{stats.last_trade_id},"n":{stats.trades}'
    )
