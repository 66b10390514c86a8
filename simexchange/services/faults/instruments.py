"""What a venue does to its instruments and to single trades: halts, delists, other filters, price bands, busts."""

from functools import partial
from typing import Any, Final, Literal

from msgspec.structs import replace

from simexchange.domain.commands import BustTrade, ChangeRules, Command, RejectRequest
from simexchange.domain.enums import LIMIT, TradingStatus
from simexchange.domain.errors import RejectReason
from simexchange.domain.events import Batch, Trade
from simexchange.domain.ids import Symbol
from simexchange.domain.units import UnitsError, parse_units
from simexchange.services.durations import Duration
from simexchange.services.faults.armed import Armed
from simexchange.services.faults.event_names import facts_of
from simexchange.services.faults.facts import PLACEMENTS, Call
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.on_instruments import MATCHES, OnInstruments, lay_status, lift_status
from simexchange.services.faults.order_tools import Later, check_wait, is_new_order
from simexchange.services.faults.quantities import Ratio
from simexchange.services.faults.reading import RuleRefused
from simexchange.services.faults.stage import FaultyDoor, Stage
from simexchange.services.faults.verdicts import Verdict
from simexchange.venue.market import Market


class HaltParams(Params, frozen=True):
    action: Literal["halt", "break", "delist"] = "halt"
    """halt: orders stay and no new ones come; break: what rests is canceled too; delist: and the instrument leaves."""
    remove_after: Duration = Duration("60s")
    """How long after its last trade a delisted instrument is still listed as closed."""

    def __post_init__(self) -> None:
        check_wait("remove_after", self.remove_after)


class Halt(OnInstruments[HaltParams]):
    def __init__(self, params: HaltParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.stopped: list[tuple[str, Symbol]] = []

    def act(self, door: FaultyDoor, market: Market) -> None:
        self.stopped.append((door.name, market.symbol))
        halts = self.params.action == "halt"
        lay_status(self.stage, self.armed.id, door, market, TradingStatus.HALTED if halts else TradingStatus.CLOSED)
        if self.params.action == "delist":
            gone = partial(lay_status, self.stage, self.armed.id, door, market, TradingStatus.DELISTED)
            self.later(self.params.remove_after, gone)

    def disarm(self) -> None:
        super().disarm()
        while self.stopped:
            venue, symbol = self.stopped.pop()
            door = self.stage.door(venue)
            lift_status(self.stage, self.armed.id, door, door.venue.markets[symbol])


class FiltersParams(Params, frozen=True):
    tick: str | None = None
    """The least step of a price."""
    lot: str | None = None
    """The least step of a quantity."""
    min_quantity: str | None = None
    """The least quantity of an order."""
    max_quantity: str | None = None
    """The greatest quantity of an order."""
    min_notional: str | None = None
    """The least value of an order, in the quote asset."""


_FILTERS: Final = {
    "tick": "tick_size",
    "lot": "lot_size",
    "min_quantity": "min_quantity",
    "max_quantity": "max_quantity",
    "min_notional": "min_notional",
}
COARSER: Final = 10


class Filters(OnInstruments[FiltersParams]):
    """What the rule does not name stays; one that names nothing makes tick and lot ten times coarser.

    Steps are counted from the least price and quantity, so those go up to a whole number of the new ones.
    """

    def __init__(self, params: FiltersParams, armed: Armed, stage: Stage) -> None:
        super().__init__(params, armed, stage)
        self.changed: list[tuple[str, Symbol, tuple[str, ...]]] = []
        for _, market in self.matched():
            self.wanted(market)

    def wanted(self, market: Market) -> dict[str, int]:
        """The rules that change, in the instrument's units. Raises RuleRefused."""
        instrument, rules, changes = market.instrument, market.rules, {}
        decimals = {
            "tick": instrument.price_decimals,
            "lot": instrument.quantity_decimals,
            "min_quantity": instrument.quantity_decimals,
            "max_quantity": instrument.quantity_decimals,
            "min_notional": instrument.quote.decimals,
        }
        for name, field in _FILTERS.items():
            text = getattr(self.params, name)
            if text is None:
                continue
            try:
                changes[field] = parse_units(text, decimals[name])
            except UnitsError:
                changes[field] = 0
            if changes[field] <= 0:
                raise RuleRefused(name, f"{text!r} is no {name} of {market.symbol}: a number above 0 passes, as 0.01")
        changes = changes or {"tick_size": rules.tick_size * COARSER, "lot_size": rules.lot_size * COARSER}
        for step, least in (("tick_size", "min_price"), ("lot_size", "min_quantity")):
            if step in changes and least not in changes:
                changes[least] = -(-getattr(rules, least) // changes[step]) * changes[step]
        return changes

    def act(self, door: FaultyDoor, market: Market) -> None:
        layers, rules, wanted = self.stage.layers, market.rules, self.wanted(market)
        self.changed.append((door.name, market.symbol, tuple(wanted)))
        changes: dict[str, Any] = {
            field: layers.put((door.name, market.symbol, field), self.armed.id, value, getattr(rules, field))
            for field, value in wanted.items()
        }
        door.submit(ChangeRules(market.symbol, replace(rules, **changes)))

    def disarm(self) -> None:
        super().disarm()
        while self.changed:
            venue, symbol, fields = self.changed.pop()
            door = self.stage.door(venue)
            rules = door.venue.markets[symbol].rules
            left: dict[str, Any] = {
                field: self.stage.layers.take((venue, symbol, field), self.armed.id, getattr(rules, field))
                for field in fields
            }
            door.submit(ChangeRules(symbol, replace(rules, **left)))


class BandParams(Params, frozen=True):
    band: Ratio = Ratio("1%")
    """How far from the last price an order's price may lie."""

    def __post_init__(self) -> None:
        if self.band.ppm < 0:
            raise ValueError(f"band is {self.band}: 0 and more passes, as 0.01 or 1%")


class Band(Fault[BandParams]):
    """Only an order whose price lies outside is a match; the venue's filters say nothing of it."""

    counts_itself = True

    def on_call(self, call: Call) -> Verdict:  # noqa: ARG002  (its price shows at the engine)
        return Verdict(at_engine=self.refuse)

    def refuse(self, call: Call, command: Command) -> Command:
        if not is_new_order(command) or command.order_type is not LIMIT or not command.price:
            return command
        last = self.stage.door(call.venue).venue.markets[command.symbol].last_price
        if abs(command.price - last) <= self.params.band.of(last) or self.armed.fires(call) is None:
            return command
        return RejectRequest(command, RejectReason.PRICE_OUTSIDE_BAND)


class BustParams(Params, frozen=True):
    after: Duration = Duration("1s")
    """How long after the trade it is annulled."""

    def __post_init__(self) -> None:
        check_wait("after", self.after)


class Bust(Later[BustParams]):
    """A trade of an account that the rule matches. It stands if one of its sides has spent what it got."""

    def on_batch(self, door: FaultyDoor, batch: Batch) -> None:
        for event in batch.events:
            if isinstance(event, Trade) and self._is_chosen(door, event):
                bust = partial(door.submit, BustTrade(event.symbol, event.trade_id))
                door.afterwards(partial(self.later, self.params.after, bust))

    def _is_chosen(self, door: FaultyDoor, trade: Trade) -> bool:
        for execution in (trade.taker, trade.maker):
            facts = facts_of(door, execution.order)
            if facts is not None and self.armed.spec.match.fits(facts) and self.armed.fires(facts) is not None:
                return True
        return False


KINDS: Final = (
    Kind(
        name="symbol-halt-delist",
        family="market",
        priority="P0",
        summary="Trading in an instrument stops; it may lose its orders, and leave the venue's list.",
        correct_bot="Stops there, holds what it has for unpriceable, not worthless, and goes on elsewhere.",
        params=HaltParams,
        make=Halt,
        matches=MATCHES,
        evidence=("freqtrade/freqtrade#11414", "freqtrade/freqtrade#3769", "ccxt/binance-trade-bot#402"),
    ),
    Kind(
        name="filters-change-runtime",
        family="market",
        priority="P0",
        summary="Tick, lot or least value of orders change while clients have the old ones in mind.",
        correct_bot="Asks for the rules once after a filter's refusal, rounds anew, sends again.",
        params=FiltersParams,
        make=Filters,
        matches=MATCHES,
        evidence=("freqtrade/freqtrade#5481", "chrisleekr/binance-trading-bot#284"),
    ),
    Kind(
        name="price-band-reject",
        family="market",
        priority="P2",
        summary="An order too far from the last price is turned down, by a rule that is not told.",
        correct_bot="Prices anew, a bounded number of times.",
        params=BandParams,
        make=Band,
        purposes=PLACEMENTS,
    ),
    Kind(
        name="trade-bust",
        family="market",
        priority="P2",
        summary="A trade is annulled: what changed hands goes back, and the trade leaves the list of fills.",
        correct_bot="Reconciles its position with balances and fills, and trusts those above its own record.",
        params=BustParams,
        make=Bust,
        matches=("venue", "account", "symbol", "side"),
    ),
)
