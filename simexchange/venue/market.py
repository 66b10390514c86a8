"""One listed instrument inside a venue: its rules, status, book, counters and recent average price."""

from collections import deque
from typing import Final

from simexchange.domain.enums import TradingStatus
from simexchange.domain.instrument import Instrument, Rules
from simexchange.domain.units import Price, Quantity, Rate
from simexchange.matching.order_book import OrderBook

MINUTE_NS: Final = 60_000_000_000
KEPT_MINUTES: Final = 60


class Market:
    """Mutable state of one instrument. Only the venue's handlers write to it."""

    def __init__(self, instrument: Instrument, rules: Rules, maker_fee: Rate, taker_fee: Rate) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.rules = rules
        self.maker_fee = maker_fee
        self.taker_fee = taker_fee
        self.status = TradingStatus.CONTINUOUS
        self.book = OrderBook()
        self.last_price: Price = 0
        self.next_order_id = 1
        self.next_trade_id = 1
        self.next_execution_id = 1
        self.next_prevented_id = 0
        self.base_factor = instrument.base_factor
        self.quote_factor = instrument.quote_factor
        self.base_name = instrument.base.name
        self.quote_name = instrument.quote.name
        self._minutes: deque[list[int]] = deque(maxlen=KEPT_MINUTES)
        self._average: tuple[int, int, Price] = (-1, 0, 0)

    def note_trade(self, ts_ns: int, price: Price, quantity: Quantity) -> None:
        """A trade happened: it is the last price and counts in the average."""
        self.last_price = price
        self._average = (-1, 0, 0)
        minute = ts_ns // MINUTE_NS
        minutes = self._minutes
        if minutes and minutes[-1][0] == minute:
            bucket = minutes[-1]
            bucket[1] += price * quantity
            bucket[2] += quantity
        else:
            minutes.append([minute, price * quantity, quantity])

    def average_price(self, now_ns: int, minutes: int = 5) -> Price:
        """Volume-weighted price of the last ``minutes`` whole minutes and the current one; the last price if none."""
        minute_now = now_ns // MINUTE_NS
        cached = self._average
        if cached[0] == minute_now and cached[1] == minutes:
            return cached[2]
        notional = quantity = 0
        for minute, bucket_notional, bucket_quantity in reversed(self._minutes):
            if minute <= minute_now - minutes:
                break
            notional += bucket_notional
            quantity += bucket_quantity
        average = notional // quantity if quantity else self.last_price
        self._average = (minute_now, minutes, average)
        return average

    def take_execution_id(self) -> int:
        execution_id = self.next_execution_id
        self.next_execution_id = execution_id + 1
        return execution_id
