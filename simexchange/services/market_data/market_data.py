"""What a venue's market looks like from outside, projected from its batches: tape, candles, statistics.

Listens and never asks: everything comes from the batches, so it is the same whoever caused them. A trade costs a few
microseconds; sums are made when somebody asks.
"""

from simexchange.domain.enums import Side
from simexchange.domain.events import Batch, InstrumentListed, Trade
from simexchange.domain.ids import Symbol
from simexchange.services.bus import Bus, Stage
from simexchange.services.market_data.candles import Candles, Series
from simexchange.services.market_data.history import History
from simexchange.services.market_data.history_plan import HistoryPlan, plain_plan
from simexchange.services.market_data.live import LiveBars
from simexchange.services.market_data.tape import HistoryTape, Tape, Units
from simexchange.services.market_data.ticker import Ticker
from simexchange.services.randomness import Randomness


class InstrumentFeed:
    """One instrument's market data. Without a price to end at, or with the very first trade to come, no history."""

    def __init__(
        self, listed: InstrumentListed, randomness: Randomness, venue_name: str, plan: HistoryPlan, start_ns: int
    ) -> None:
        instrument, rules = listed.instrument, listed.rules
        units = Units(rules.tick_size, rules.lot_size, rules.tick_size * rules.lot_size * instrument.quote_factor)
        self.live = LiveBars()
        past = None
        if listed.last_price and listed.first_trade_id > 1:
            last_ticks = listed.last_price // rules.tick_size
            past = History(
                randomness,
                f"{venue_name}/{instrument.symbol}",
                plan,
                start_ns,
                last_ticks,
                plan.trade_quantity // rules.lot_size,
            )
        self.series = Series(past, units, self.live, start_ns)
        self.tape = Tape(
            listed.first_trade_id, HistoryTape(past, units, listed.first_trade_id) if past is not None else None
        )
        self.candles = Candles(self.series)
        self.ticker = Ticker(self.series, self.tape, instrument.quote_factor)

    def add(self, ts_ns: int, event: Trade) -> None:
        """Take in one match."""
        self.tape.add(ts_ns, event)
        self.live.add(ts_ns, event.price, event.quantity, event.quote, event.side is Side.BUY)
        self.candles.now_ns = max(self.candles.now_ns, ts_ns)


class MarketData:
    """Market data of one venue, instrument by instrument.

    ``start_ns`` is where generated history ends. Instruments that are listed later get theirs up to their listing.
    """

    def __init__(self, randomness: Randomness, venue_name: str, start_ns: int) -> None:
        self._randomness = randomness
        self._venue_name = venue_name
        self._start_ns = start_ns
        self._feeds: dict[Symbol, InstrumentFeed] = {}
        self._plans: dict[Symbol, HistoryPlan] = {}

    def listen_to(self, bus: Bus) -> None:
        """Hear every batch of the venue, ahead of all streams."""
        bus.listen(Stage.TAPE, self._hear)

    def plan(self, symbol: Symbol, plan: HistoryPlan) -> None:
        """Say what the history of an instrument is to be like, before it is listed."""
        self._plans[symbol] = plan

    def feed(self, symbol: Symbol) -> InstrumentFeed:
        """Market data of a listed instrument; KeyError if it is not listed."""
        return self._feeds[symbol]

    def _hear(self, batch: Batch) -> None:
        for event in batch.events:
            if type(event) is Trade:
                self._feeds[event.symbol].add(batch.ts_ns, event)
            elif type(event) is InstrumentListed:
                self._list(event, batch.ts_ns)

    def _list(self, event: InstrumentListed, ts_ns: int) -> None:
        symbol = event.instrument.symbol
        plan = self._plans.get(symbol) or plain_plan(event.instrument, event.rules, event.last_price)
        start_ns = max(self._start_ns, ts_ns)
        self._feeds[symbol] = InstrumentFeed(event, self._randomness, self._venue_name, plan, start_ns)
