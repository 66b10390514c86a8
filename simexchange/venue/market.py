"""One listed instrument inside a venue: its rules, status, book, counters and recent average price."""

from collections import deque
from typing import Final

from simexchange.domain.enums import BUY, Side, TradingStatus, TriggerSource
from simexchange.domain.ids import OrderId
from simexchange.domain.instrument import Instrument, PriceBand, Rules
from simexchange.domain.order import Order
from simexchange.domain.units import RATE_ONE, Price, Quantity, Rate, mul_div
from simexchange.matching.order_book import OrderBook
from simexchange.matching.triggers import TriggerBook

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
        self.triggers = {source: TriggerBook() for source in TriggerSource}
        self.last_triggers = self.triggers[TriggerSource.LAST]
        self.mark_price: Price = 0
        self.index_price: Price = 0
        self.expiries: dict[OrderId, Order] = {}
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
        self._bounds: tuple[PriceBand | None, Price, tuple[Price, Price], tuple[Price, Price]] = (
            None,
            0,
            (0, 0),
            (0, 0),
        )

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
        """Volume-weighted price of the current minute and the ``minutes`` - 1 before it; the last price if none."""
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

    def price_bounds(self, band: PriceBand, side: Side, now_ns: int) -> tuple[Price, Price]:
        """Lowest and highest price the band allows an order of ``side`` now; (0, 0) while there is no price at all."""
        average = self.average_price(now_ns, band.minutes)
        cached = self._bounds
        if cached[0] is not band or cached[1] != average:
            cached = self._bounds = (
                band,
                average,
                (mul_div(average, band.bid_down, RATE_ONE, up=True), mul_div(average, band.bid_up, RATE_ONE)),
                (mul_div(average, band.ask_down, RATE_ONE, up=True), mul_div(average, band.ask_up, RATE_ONE)),
            )
        return cached[2] if side is BUY else cached[3]

    def reference_price(self, source: TriggerSource) -> Price:
        """The price a trigger of ``source`` looks at; the last price while no mark or index price is known."""
        if source is TriggerSource.MARK:
            return self.mark_price or self.last_price
        if source is TriggerSource.INDEX:
            return self.index_price or self.last_price
        return self.last_price

    def take_execution_id(self) -> int:
        execution_id = self.next_execution_id
        self.next_execution_id = execution_id + 1
        return execution_id
