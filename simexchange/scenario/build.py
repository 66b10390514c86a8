"""From a scenario to a world: venues opened, instruments listed, accounts funded, books full, models armed.

Everything goes in through the venues' doors, as commands. What comes out depends on the scenario, the seed and the
clock's time alone.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from simexchange.domain.commands import Command, CreateAccount, CreateKey, Deposit, ListInstrument
from simexchange.domain.enums import (
    Contingency,
    KeyKind,
    OrderType,
    Permission,
    SelfTradePrevention,
    TriggerKind,
)
from simexchange.domain.events import CommandRejected
from simexchange.domain.ids import FIRST_ACCOUNT, AccountId, AssetName
from simexchange.domain.instrument import Asset, Instrument, PriceBand, Rules
from simexchange.domain.secret import Secret
from simexchange.domain.units import RATE_DECIMALS, Rate, parse_units, round_down
from simexchange.scenario.library import load
from simexchange.scenario.motion import courses, history_plans
from simexchange.scenario.specs import BALANCES, AccountSpec, InstrumentSpec, Scenario, VenueSpec
from simexchange.services.clock import WorldClock
from simexchange.services.market_models.desk import Desk
from simexchange.services.market_models.house import House
from simexchange.services.market_models.instrument_market import InstrumentMarket
from simexchange.services.market_models.market_maker import MakerSettings, MarketMaker
from simexchange.services.market_models.noise_traders import NoiseTrader
from simexchange.services.market_models.price_path import PricePath
from simexchange.services.market_models.shape import Shape
from simexchange.services.randomness import Randomness
from simexchange.world import Door, World

MAKER: Final[AccountId] = FIRST_ACCOUNT
NOISE: Final[AccountId] = FIRST_ACCOUNT + 1
FIRST_OWNER: Final[AccountId] = 1001
HOUSE_WEALTH: Final = 10**12
"""Of every asset, for either house account: more than it can ever need."""


class BuiltAccount(Struct, frozen=True):
    """An account as its owner needs it. Balances are decimal texts."""

    account_id: AccountId
    name: str
    permissions: tuple[Permission, ...]
    api_key: str
    secret: Secret
    balances: dict[AssetName, str]
    ip_allow: tuple[str, ...]


class BuiltWorld(Struct, frozen=True):
    """A world in motion, the accounts of each venue, and the models that keep it going."""

    scenario: Scenario
    world: World
    accounts: dict[str, tuple[BuiltAccount, ...]]
    house: House


def build_world(
    scenario: Scenario | str,
    clock: WorldClock,
    seed: int | None = None,
    venues: Sequence[str] | None = None,
    accounts: int = 0,
) -> BuiltWorld:
    """The scenario (or the shipped one of that name) as a world, its books full and its models armed.

    ``seed`` and ``venues`` override the scenario's, ``accounts`` adds that many generated ones to each venue. Raises
    UnknownScenario for a name that no shipped one has, and ValueError for a scenario that makes no sense.
    """
    if isinstance(scenario, str):
        scenario = load(scenario)
    chosen = tuple(scenario.venues) if venues is None else venues
    missing = [name for name in chosen if name not in scenario.venues]
    if missing:
        raise ValueError(f"scenario {scenario.name} has no venue {', '.join(missing)}")
    scenario = replace(
        scenario,
        seed=scenario.seed if seed is None else seed,
        venues={name: scenario.venues[name] for name in chosen},
    )
    world = World(clock, scenario.seed)
    house = House(clock)
    path = PricePath(world.randomness, clock.now_ns())
    owners = {
        name: _build_venue(world.open_venue(name), spec, path, house, world.randomness, accounts)
        for name, spec in scenario.venues.items()
    }
    house.open_book()
    house.start()
    world.stage.house = house
    return BuiltWorld(scenario, world, owners, house)


def _submit(door: Door, command: Command) -> None:
    first = door.submit(command).events[0]
    if isinstance(first, CommandRejected):
        raise ValueError(f"{door.name}: {type(command).__name__}: {first.rule or first.reason.value}")


def _build_venue(
    door: Door, spec: VenueSpec, path: PricePath, house: House, randomness: Randomness, generated: int
) -> tuple[BuiltAccount, ...]:
    plans = history_plans(spec)
    for instrument in spec.instruments:
        door.market_data.plan(instrument.symbol, plans[instrument.symbol])
        _submit(door, _listing(instrument))
    for account_id, name in ((MAKER, "house-maker"), (NOISE, "house-noise")):
        _submit(door, CreateAccount(account_id, name, maker_fee=0, taker_fee=0, house=True))
        for asset in door.venue.assets.values():
            _submit(door, Deposit(account_id, asset.name, HOUSE_WEALTH * 10**asset.decimals))
    ways = courses(spec, door.clock.now_ns())
    for instrument in spec.instruments:
        market, plan = instrument.market, plans[instrument.symbol]
        if market.model == "none":
            continue
        mid = parse_units(market.mid, instrument.price_decimals)
        base, _, quote = instrument.symbol.partition("/")
        fair = path.add(plan, ways[base], ways.get(quote))
        shape = Shape(market.spread_ticks, market.levels, market.sizes)
        settings = MakerSettings(mid, plan.trade_quantity, shape)
        maker = MarketMaker(Desk(door, instrument.symbol, MAKER, "m"), fair, randomness, settings)
        noise_desk = Desk(door, instrument.symbol, NOISE, "n")
        noise = NoiseTrader(noise_desk, randomness, plan.trade_quantity, market.trades_per_second)
        house.add(InstrumentMarket(door.name, instrument.symbol, door.clock, fair, maker, noise))
    owners = (*spec.accounts, *_generated_accounts(randomness, generated, spec))
    return tuple(_open_account(door, owner, place, spec.key_length, randomness) for place, owner in enumerate(owners))


def _listing(spec: InstrumentSpec) -> ListInstrument:
    base, quote = (Asset(name) for name in spec.symbol.split("/"))
    instrument = Instrument(spec.symbol, base, quote, spec.price_decimals, spec.quantity_decimals)

    def price(text: str) -> int:
        return parse_units(text, spec.price_decimals)

    def quantity(text: str) -> int:
        return parse_units(text, spec.quantity_decimals)

    trail = _trail(spec)
    rules = Rules(
        tick_size=price(spec.tick),
        lot_size=quantity(spec.lot),
        min_price=price(spec.min_price or spec.tick),
        max_price=price(spec.max_price),
        min_quantity=quantity(spec.min_quantity or spec.lot),
        max_quantity=quantity(spec.max_quantity),
        market_max_quantity=quantity(spec.market_max_quantity),
        min_notional=parse_units(spec.min_notional, quote.decimals),
        max_notional=parse_units(spec.max_notional, quote.decimals),
        price_band=_band(spec),
        max_open_orders=spec.max_open_orders,
        max_position=quantity(spec.max_position),
        max_triggered_orders=spec.max_triggered_orders,
        max_iceberg_orders=spec.max_iceberg_orders,
        max_iceberg_parts=spec.max_iceberg_parts,
        max_amends=spec.max_amends,
        max_order_lists=spec.max_order_lists,
        trail_above=trail,
        trail_below=trail,
        order_types=tuple(OrderType(name) for name in spec.order_types),
        post_only=spec.post_only,
        triggers=tuple(_trigger(name) for name in spec.triggers),
        amend=spec.amend,
        pegs=spec.pegs,
        order_lists=tuple(Contingency(name) for name in spec.order_lists),
        pays_other=spec.pays_other,
        self_trade_prevention=tuple(SelfTradePrevention(name) for name in spec.self_trade_prevention),
    )
    return ListInstrument(
        instrument,
        rules,
        parse_units(spec.fees.maker, RATE_DECIMALS),
        parse_units(spec.fees.taker, RATE_DECIMALS),
        round_down(price(spec.market.mid), rules.tick_size),
        spec.first_trade_id,
    )


def _band(spec: InstrumentSpec) -> PriceBand | None:
    if spec.band is None:
        return None
    up, down = (parse_units(text, RATE_DECIMALS) for text in (spec.band.up, spec.band.down))
    return PriceBand(up, down, up, down, spec.band.minutes)


def _trail(spec: InstrumentSpec) -> tuple[Rate, Rate] | None:
    if spec.trailing is None:
        return None
    return parse_units(spec.trailing.least, RATE_DECIMALS), parse_units(spec.trailing.most, RATE_DECIMALS)


def _trigger(name: str) -> tuple[TriggerKind, OrderType]:
    """``take_profit_limit``: what triggers the order, and what it becomes."""
    kind, _, order_type = name.rpartition("_")
    return TriggerKind(kind), OrderType(order_type)


def _open_account(door: Door, spec: AccountSpec, place: int, key_length: int, randomness: Randomness) -> BuiltAccount:
    """An account with its one key, and its money in those assets that the venue knows.

    Keys hang on the venue and the account's place, not on its name: generated names may differ between machines.
    """
    account_id = FIRST_OWNER + place
    _submit(door, CreateAccount(account_id, spec.name))
    assets = door.venue.assets
    balances = {name: amount for name, amount in spec.balances.items() if name in assets}
    for name, amount in balances.items():
        _submit(door, Deposit(account_id, name, parse_units(amount, assets[name].decimals)))
    api_key = randomness.token(f"{door.name}/{place}/key", key_length)
    secret = Secret(randomness.token(f"{door.name}/{place}/secret", key_length))
    permissions = tuple(Permission(name) for name in spec.permissions)
    _submit(door, CreateKey(account_id, api_key, KeyKind.HMAC, secret, permissions, spec.ip_allow))
    return BuiltAccount(account_id, spec.name, permissions, api_key, secret, balances, spec.ip_allow)


def _generated_accounts(randomness: Randomness, count: int, spec: VenueSpec) -> Iterator[AccountSpec]:
    """Accounts with made-up names, no two alike, and the usual balances."""
    if not count:
        return
    from faker import Faker  # costs more to import than the whole world takes to build

    fake = Faker("en_US")
    fake.seed_instance(randomness.seed)
    taken = {account.name for account in spec.accounts}
    for number in range(count):
        name = fake.user_name()
        if name in taken:
            name = f"{name}-{number}"
        taken.add(name)
        yield AccountSpec(name, ("read", "trade"), BALANCES)
