"""Statistics over a window that ends now: the 24 h ticker, rolling windows, the trading day.

Summed from the same bars as candles: a few dozen of them for any window, so every window of every instrument may be
asked for once a second. Windows open on whole seconds; longer than an hour ago, on whole minutes (see ``live.KEPT``).
"""

from msgspec import Struct

from simexchange.domain.ids import TradeId
from simexchange.domain.units import Amount, Price, Quantity
from simexchange.services.clock import SECOND
from simexchange.services.market_data.bars import fold
from simexchange.services.market_data.candles import Series
from simexchange.services.market_data.tape import Tape


class WindowStats(Struct, frozen=True, gc=False):
    """One window. Volume in quantity units, ``quote`` an amount, the weighted average rounded down to a price.

    Without trades both ids are -1 and all else is 0, but for the close of the last trade before, if there was one: so
    answers Binance for symbols that have stopped trading.
    """

    open_ns: int
    close_ns: int
    open: Price
    high: Price
    low: Price
    last: Price
    last_quantity: Quantity
    previous_close: Price
    weighted_average: Price
    volume: Quantity
    quote: Amount
    first_trade_id: TradeId
    last_trade_id: TradeId
    trades: int


class Ticker:
    """One instrument's statistics."""

    def __init__(self, series: Series, tape: Tape, quote_factor: int) -> None:
        self._series = series
        self._tape = tape
        self._quote_factor = quote_factor

    def rolling(self, window_ns: int, now_ns: int) -> WindowStats:
        """The last ``window_ns`` up to ``now_ns``, which is not before the last trade."""
        open_ns = now_ns - window_ns
        from_ns = open_ns - open_ns % SECOND
        bars = self._series.cover(from_ns, now_ns - now_ns % SECOND + SECOND)
        before = self._series.close_before(from_ns) or 0
        if not bars:
            return WindowStats(open_ns, now_ns, 0, 0, 0, 0, 0, before, 0, 0, 0, -1, -1, 0)
        _, opened, high, low, close, trades, buy, buy_quote, sell, sell_quote = fold(from_ns, bars)
        volume, quote = buy + sell, buy_quote + sell_quote
        last_id = self._tape.last_trade_id
        trades = min(trades, last_id)  # ids begin at 1: history that has no room before them is not on the tape
        return WindowStats(
            open_ns,
            now_ns,
            opened,
            high,
            low,
            close,
            self._tape.recent(1)[-1].quantity,
            before or opened,
            quote // (volume * self._quote_factor),
            volume,
            quote,
            last_id - trades + 1,
            last_id,
            trades,
        )
