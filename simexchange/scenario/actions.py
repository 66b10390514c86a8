"""What a scenario's entries do to a world: one function for each action, which gives what takes it back again.

Everything goes through the doors as commands, or through the house and the fault plan. Nothing here may be called
while a batch is being published. An action that cannot be done raises ActionFailed, which says why; what it had done
before stays.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from simexchange.domain.commands import (
    ChangeRules,
    Command,
    Deposit,
    FillOrder,
    SetTradingStatus,
    Withdraw,
)
from simexchange.domain.enums import TradingStatus
from simexchange.domain.events import Batch, CommandRejected
from simexchange.domain.ids import Symbol
from simexchange.domain.instrument import PriceBand, Rules
from simexchange.domain.order import Order
from simexchange.domain.units import RATE_DECIMALS, RATE_ONE, UnitsError, mul_div, parse_units, round_down
from simexchange.scenario.key_actions import change_keys
from simexchange.scenario.timeline_specs import (
    BalanceSpec,
    DelistSpec,
    FaultSpec,
    FillSpec,
    HaltSpec,
    KeySpec,
    MoveSpec,
    ResumeSpec,
    RulesSpec,
    SpreadSpec,
)
from simexchange.scenario.venue_specs import BandSpec
from simexchange.services.durations import Duration
from simexchange.services.faults.facts import OrderFacts
from simexchange.services.market_models.house import House
from simexchange.venue.accounts import Account
from simexchange.world import Door, World

Undo: TypeAlias = Callable[[], object]
_AWAY: Final = (TradingStatus.CLOSED, TradingStatus.DELISTED)


class ActionFailed(ValueError):
    """An action that cannot be done; the message says which and why."""


class Occasion(Struct, frozen=True):
    """What an action is told beside its own fields: its name, how long it is to last, and what it follows on."""

    name: str
    lasts: Duration | None = None
    order: OrderFacts | None = None
    """The order that the entry's event was about."""


def act(world: World, action: str, spec: Any, occasion: Occasion) -> Undo | None:
    """Do it now; what takes it back, if that can be done. Raises ActionFailed."""
    try:
        return _ACTIONS[action](world, spec, occasion)
    except ActionFailed:
        raise
    except (ValueError, LookupError) as error:  # what the house, the fault plan and the units have to say
        raise ActionFailed(f"{action}: {error}") from error


def submit(door: Door, command: Command) -> Batch:
    """Have a venue do something. Raises ActionFailed for a command it rejects."""
    batch = door.submit(command)
    first = batch.events[0] if batch.events else None
    if isinstance(first, CommandRejected):
        raise ActionFailed(f"{type(command).__name__} on {door.name}: {first.rule or first.reason.value}")
    return batch


def doors_of(world: World, venue: str | None, symbol: Symbol | None = None) -> list[Door]:
    """The venues that are meant: the one that is named, or all that list the symbol."""
    doors = [
        door
        for door in world.doors.values()
        if venue in (None, door.name) and (symbol is None or symbol in door.venue.markets)
    ]
    if not doors:
        raise ActionFailed(f"there is no {symbol or 'instrument'} on {venue or 'any venue'}")
    return doors


def accounts_of(world: World, venue: str | None, name: str) -> list[tuple[Door, Account]]:
    """The account of that name on every venue that is meant and has it."""
    found = [(door, door.venue.views.account_named(name)) for door in doors_of(world, venue)]
    owned = [(door, account) for door, account in found if account is not None]
    if not owned:
        raise ActionFailed(f"there is no account {name} on {venue or 'any venue'}")
    return owned


def _all(undos: list[Undo]) -> None:
    """Take several things back, the last one first."""
    for undo in reversed(undos):
        undo()


def _move(world: World, spec: MoveSpec, _: Occasion) -> Undo:
    house: House = world.stage.house
    undos: list[Undo] = []
    for door in doors_of(world, spec.venue, spec.symbol):
        market = house.market(door.name, spec.symbol)
        undos.append(partial(market.move, market.move(spec.by, spec.over), spec.over))
    return partial(_all, undos)


def _fault(world: World, spec: FaultSpec, occasion: Occasion) -> None:
    rule = spec.as_rule() | {"id": occasion.name}
    if occasion.lasts is not None:
        rule.setdefault("ttl", str(occasion.lasts))
    world.faults.add(rule)


def _fill(world: World, spec: FillSpec, occasion: Occasion) -> None:
    """Whatever is open: how a bot has traded is no fault of the scenario's, so nothing to be filled is no failure."""
    for door, order in list(_orders_to_fill(world, spec, occasion.order)):
        terms = order.terms
        lot = door.venue.markets[terms.symbol].rules.lot_size
        quantity = round_down(mul_div(order.leaves_quantity, spec.ratio, RATE_ONE), lot)
        if quantity and order.status.is_open:
            submit(door, FillOrder(terms.symbol, terms.order_id, quantity))


def _orders_to_fill(world: World, spec: FillSpec, facts: OrderFacts | None) -> Iterator[tuple[Door, Order]]:
    """An order may be gone already: filled on its way in."""
    if facts is not None:
        door = world.doors[facts.venue]
        order = door.venue.views.order(facts.account_id, facts.symbol, facts.order_id)
        if order is not None and order.status.is_open:
            yield door, order
        return
    assert spec.account is not None, "a fill without an event names whose orders"
    for door, account in accounts_of(world, spec.venue, spec.account):
        for order in door.venue.views.open_orders(account.account_id, spec.symbol):
            yield door, order


def _halt(world: World, spec: HaltSpec, _: Occasion) -> Undo:
    return partial(_all, _set_status(world, spec.venue, spec.symbol, TradingStatus(spec.status)))


def _resume(world: World, spec: ResumeSpec, _: Occasion) -> None:
    _set_status(world, spec.venue, spec.symbol, TradingStatus.CONTINUOUS)


def _delist(world: World, spec: DelistSpec, _: Occasion) -> None:
    _set_status(world, spec.venue, spec.symbol, TradingStatus.DELISTED)


def _set_status(world: World, venue: str | None, symbol: Symbol | None, status: TradingStatus) -> list[Undo]:
    """What is delisted stays so: naming it is an error. Of all, it is left out, and so is what is closed."""
    undos: list[Undo] = []
    for door in doors_of(world, venue, symbol):
        for market in list(door.venue.markets.values()):
            if symbol not in (None, market.symbol):
                continue
            was = market.status
            if was is TradingStatus.DELISTED and symbol is not None:
                raise ActionFailed(f"{symbol} on {door.name} is delisted for good")
            if was in _AWAY and symbol is None:
                continue
            submit(door, SetTradingStatus(market.symbol, status))
            undos.append(partial(_set_back, door, market.symbol, status, was))
    return undos


def _set_back(door: Door, symbol: Symbol, status: TradingStatus, was: TradingStatus) -> None:
    """Unless somebody has changed it again."""
    if door.venue.markets[symbol].status is status:
        submit(door, SetTradingStatus(symbol, was))


_PRICES: Final = {"tick": "tick_size", "min_price": "min_price", "max_price": "max_price"}
_QUANTITIES: Final = {
    "lot": "lot_size",
    "min_quantity": "min_quantity",
    "max_quantity": "max_quantity",
    "market_max_quantity": "market_max_quantity",
}
_NOTIONALS: Final = ("min_notional", "max_notional")


def _rules(world: World, spec: RulesSpec, _: Occasion) -> Undo:
    undos: list[Undo] = []
    for door in doors_of(world, spec.venue, spec.symbol):
        before = door.venue.markets[spec.symbol].rules
        changes = _changes(door, spec)
        submit(door, ChangeRules(spec.symbol, replace(before, **changes)))
        undos.append(partial(_restore_rules, door, spec.symbol, {name: getattr(before, name) for name in changes}))
    return partial(_all, undos)


def _changes(door: Door, spec: RulesSpec) -> dict[str, Any]:
    """Fields of ``Rules`` that change, in the instrument's units. Raises UnitsError."""
    instrument = door.venue.markets[spec.symbol].instrument
    changes: dict[str, Any] = {}
    for names, decimals in (
        (_PRICES, instrument.price_decimals),
        (_QUANTITIES, instrument.quantity_decimals),
        (dict.fromkeys(_NOTIONALS, ""), instrument.quote.decimals),
    ):
        for name, field in names.items():
            text = getattr(spec, name)
            if text is not None:
                try:
                    changes[field or name] = parse_units(text, decimals)
                except UnitsError as error:
                    raise ActionFailed(f"rules: {name} of {spec.symbol}: {error}") from error
    if spec.max_open_orders is not None:
        changes["max_open_orders"] = spec.max_open_orders
    if spec.band is not None:
        changes["price_band"] = band_of(spec.band)
    return changes


def band_of(spec: BandSpec) -> PriceBand:
    """A band in rates, the same for both sides."""
    up, down = (parse_units(text, RATE_DECIMALS) for text in (spec.up, spec.down))
    return PriceBand(up, down, up, down, spec.minutes)


def _restore_rules(door: Door, symbol: Symbol, before: dict[str, Any]) -> None:
    """What has been changed goes back; whatever else has changed meanwhile stays."""
    rules: Rules = door.venue.markets[symbol].rules
    submit(door, ChangeRules(symbol, replace(rules, **before)))


def _balance(world: World, spec: BalanceSpec, _: Occasion) -> None:
    """A withdrawal takes what is free at most: how much that is, is the bot's doing."""
    for door, account in accounts_of(world, spec.venue, spec.account):
        asset = door.venue.assets.get(spec.asset)
        if asset is None:
            raise ActionFailed(f"balance: {door.name} knows no {spec.asset}")
        if spec.deposit is not None:
            submit(door, Deposit(account.account_id, asset.name, parse_units(spec.deposit, asset.decimals)))
            continue
        assert spec.withdraw is not None, "a balance comes or goes"
        amount = min(parse_units(spec.withdraw, asset.decimals), account.balance(asset.name).free)
        if amount:
            submit(door, Withdraw(account.account_id, asset.name, amount))


def _key(world: World, spec: KeySpec, _: Occasion) -> Undo:
    undos: list[Undo] = []
    for door, account in accounts_of(world, spec.venue, spec.account):
        undos.append(change_keys(door, account, spec, world.randomness, submit))
    return partial(_all, undos)


def _spread(world: World, spec: SpreadSpec, _: Occasion) -> Undo:
    house: House = world.stage.house
    undos: list[Undo] = []
    for door in doors_of(world, spec.venue, spec.symbol):
        market = house.market(door.name, spec.symbol)
        undos.append(partial(market.undo, market.reshape(spec.ticks, spec.levels, spec.sizes, spec.trades)))
    return partial(_all, undos)


def _note(world: World, text: str, _: Occasion) -> None:
    world.journal.note(world.clock.now_ns(), "note", text)


_ACTIONS: Final[dict[str, Callable[[World, Any, Occasion], Undo | None]]] = {
    "move": _move,
    "fault": _fault,
    "fill": _fill,
    "halt": _halt,
    "resume": _resume,
    "delist": _delist,
    "rules": _rules,
    "balance": _balance,
    "key": _key,
    "spread": _spread,
    "note": _note,
}
