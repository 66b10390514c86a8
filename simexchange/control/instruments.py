"""Instruments: their rules, trading status and market; moved, halted, delisted and reshaped while they trade.

In a path a symbol has no slash: BTCUSDT and BTC-USDT pass, in any case.
"""

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Body, duration, share, units
from simexchange.domain.commands import ChangeRules, SetTradingStatus
from simexchange.domain.enums import Side, TradingStatus
from simexchange.domain.instrument import Instrument, Rules
from simexchange.domain.units import RATE_DECIMALS, format_trimmed
from simexchange.services.durations import format_instant
from simexchange.services.market_models.course import MoveError
from simexchange.services.market_models.house import NoMarket
from simexchange.services.market_models.instrument_market import InstrumentMarket, ShapeError
from simexchange.venue.market import Market
from simexchange.venues import VENUES
from simexchange.world import Door

_PRICES: Final = {"tick": "tick_size", "min_price": "min_price", "max_price": "max_price"}
_QUANTITIES: Final = {
    "lot": "lot_size",
    "min_quantity": "min_quantity",
    "max_quantity": "max_quantity",
    "market_max_quantity": "market_max_quantity",
    "max_position": "max_position",
}
_QUOTES: Final = {"min_notional": "min_notional", "max_notional": "max_notional"}
_COUNTS: Final = {
    "max_open_orders": "max_open_orders",
    "max_triggered_orders": "max_triggered_orders",
    "max_iceberg_orders": "max_iceberg_orders",
    "max_iceberg_parts": "max_iceberg_parts",
    "max_order_lists": "max_order_lists",
    "max_amends": "max_amends",
}
Status = Literal["continuous", "post_only", "cancel_only", "halted", "closed", "delisted"]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class ShapeView(Struct, frozen=True):
    """The market makers' book; ``sizes`` and ``trades`` are factors."""

    spread_ticks: int
    levels: int
    sizes: str
    trades: str


class InstrumentView(Struct, frozen=True):
    symbol: str
    venue_symbol: str
    """As the venue spells it."""
    status: str
    rules: dict[str, str | int]
    """"0" and 0 switch a bound off."""
    fees: dict[str, str]
    last_price: str | None
    best_bid: str | None
    best_ask: str | None
    market: ShapeView | None
    """Null where nobody makes a market."""


class ShapeBody(Body, frozen=True):
    """The whole of the change ordered here; what is left out is as the scenario has it."""

    spread_ticks: int | None = None
    """1 to 1000000 passes."""
    levels: int | None = None
    """A side: 0 to 500 passes."""
    sizes: Annotated[str, Meta(examples=["0.5"])] | None = None
    """Multiplies the sizes of resting orders: "0.5" and "50%" pass."""
    trades: Annotated[str, Meta(examples=["10"])] | None = None
    """Multiplies how often noise trades: "10" passes."""


class InstrumentChange(Body, frozen=True):
    """At least one of them. New rules hold for new orders; what rests stays.

    Steps count from the least price and quantity: where those are one tick and one lot, they follow.
    """

    status: Status | None = None
    """continuous, post_only, cancel_only, halted, closed and delisted pass; the last two cancel all that rests."""
    tick: str | None = None
    """Decimal text above 0."""
    lot: str | None = None
    """Decimal text above 0."""
    min_price: str | None = None
    max_price: str | None = None
    min_quantity: str | None = None
    max_quantity: str | None = None
    market_max_quantity: str | None = None
    max_position: str | None = None
    min_notional: str | None = None
    max_notional: str | None = None
    max_open_orders: Count | None = None
    max_triggered_orders: Count | None = None
    max_iceberg_orders: Count | None = None
    max_iceberg_parts: Count | None = None
    max_order_lists: Count | None = None
    max_amends: Count | None = None
    market: ShapeBody | UnsetType | None = UNSET
    """Spread, levels, sizes, trades; null: as the scenario has them."""


class Move(Body, frozen=True):
    by: Annotated[str, Meta(examples=["-12%"])]
    """A part of the price: "-12%" and "0.05" pass, from -99% to +9900%."""
    over: Annotated[str, Meta(examples=["90s"])] = "0s"
    """How long it takes, as 90s; a jump by default."""


class Moved(Struct, frozen=True):
    symbol: str
    by: str
    over: str
    ends: str
    """When the move is over."""
    back: str
    """The move that takes this one back."""


class Halt(Body, frozen=True, rename={"for_": "for"}):
    for_: Annotated[str, Meta(examples=["45s"])] | None = None
    """How long, as 45s; until it is resumed, by default."""


def list_all(asked: Asked) -> list[InstrumentView]:
    door = asked.controls.door(asked.path["venue"])
    return [_view(asked.controls, door, market) for market in door.venue.markets.values()]


def show(asked: Asked) -> InstrumentView:
    return _view(asked.controls, *_place(asked))


def change(asked: Asked) -> InstrumentView:
    controls, body = asked.controls, asked.body
    door, market = _place(asked)
    if body == InstrumentChange():
        raise bad("", "nothing is to be changed", passes=", ".join(InstrumentChange.__struct_fields__))
    rules = _changed(market, body)
    if body.market is not UNSET:
        _reshape(controls, door, market, body.market)
    if rules != market.rules:
        controls.submit(door, ChangeRules(market.symbol, rules))
    if body.status is not None:
        controls.submit(door, SetTradingStatus(market.symbol, TradingStatus(body.status)))
    return _view(controls, door, market)


def move(asked: Asked) -> Moved:
    door, market = _place(asked)
    by, over_ns = share("by", asked.body.by), duration("over", asked.body.over)
    try:
        back = _made(asked.controls, door, market).move(by, over_ns)
    except MoveError as error:
        raise bad("by", str(error), sent=asked.body.by, passes="-99% to 9900%") from None
    ends = format_instant(door.clock.now_ns() + over_ns)
    return Moved(market.symbol, asked.body.by, asked.body.over, ends, format_trimmed(back, RATE_DECIMALS))


def halt(asked: Asked) -> InstrumentView:
    door, market = _place(asked)
    length_ns = None if asked.body.for_ is None else duration("for", asked.body.for_)
    asked.controls.submit(door, SetTradingStatus(market.symbol, TradingStatus.HALTED))
    if length_ns is not None:
        _resume_after(door, market.symbol, length_ns)
    return _view(asked.controls, door, market)


def resume(asked: Asked) -> InstrumentView:
    return _set_status(asked, TradingStatus.CONTINUOUS)


def delist(asked: Asked) -> InstrumentView:
    return _set_status(asked, TradingStatus.DELISTED)


def _set_status(asked: Asked, status: TradingStatus) -> InstrumentView:
    door, market = _place(asked)
    asked.controls.submit(door, SetTradingStatus(market.symbol, status))
    return _view(asked.controls, door, market)


def _resume_after(door: Door, symbol: str, length_ns: int) -> None:
    """Trading continues then, unless somebody has decided otherwise meanwhile."""

    def resume_trading() -> None:
        if door.venue.markets[symbol].status is TradingStatus.HALTED:
            door.submit(SetTradingStatus(symbol, TradingStatus.CONTINUOUS))

    door.clock.after(length_ns, resume_trading)


def _place(asked: Asked) -> tuple[Door, Market]:
    door = asked.controls.door(asked.path["venue"])
    return door, asked.controls.market(door, asked.path["symbol"])


def _made(controls: Controls, door: Door, market: Market) -> InstrumentMarket:
    """Raises Problem 409 where nobody makes a market."""
    house = controls.world.stage.house
    try:
        if house is None:
            raise NoMarket(f"nobody makes a market in {market.symbol} on {door.name}")
        made: InstrumentMarket = house.market(door.name, market.symbol)
    except NoMarket as error:
        raise Problem(409, str(error)) from None
    return made


def _reshape(controls: Controls, door: Door, market: Market, body: ShapeBody | None) -> None:
    """Put this change in the place of the one ordered before."""
    made = _made(controls, door, market)
    reshaping = None
    if body is not None:
        factors = {
            name: None if text is None else share(f"market.{name}", text)
            for name, text in (("sizes", body.sizes), ("trades", body.trades))
        }
        try:
            reshaping = made.reshape(body.spread_ticks, body.levels, **factors)
        except ShapeError as error:
            raise bad("market", str(error), sent=body) from None
    made.let_stand(reshaping)


def _changed(market: Market, body: InstrumentChange) -> Rules:
    """The rules as they are to be. Raises Problem."""
    changes: dict[str, Any] = {}
    for table, decimals in _scales(market.instrument):
        for field, name in table.items():
            text = getattr(body, field)
            if text is not None:
                changes[name] = units(field, text, decimals)
                if not changes[name] and field in ("tick", "lot"):
                    raise bad(field, "is 0, and there must be a step", sent=text, passes="more than 0")
    for step, least in (("tick_size", "min_price"), ("lot_size", "min_quantity")):
        if step in changes and least not in changes and getattr(market.rules, least) == getattr(market.rules, step):
            changes[least] = changes[step]  # one step was the least there could be, and still is
    changes |= {name: value for field, name in _COUNTS.items() if (value := getattr(body, field)) is not None}
    return replace(market.rules, **changes)


def _scales(instrument: Instrument) -> tuple[tuple[dict[str, str], int], ...]:
    return (
        (_PRICES, instrument.price_decimals),
        (_QUANTITIES, instrument.quantity_decimals),
        (_QUOTES, instrument.quote.decimals),
    )


def _view(controls: Controls, door: Door, market: Market) -> InstrumentView:
    instrument = market.instrument
    rules: dict[str, str | int] = {}
    for table, decimals in _scales(instrument):
        rules |= {field: format_trimmed(getattr(market.rules, name), decimals) for field, name in table.items()}
    rules |= {field: getattr(market.rules, name) for field, name in _COUNTS.items()}

    def price(value: int) -> str | None:
        return format_trimmed(value, instrument.price_decimals) if value else None

    fees = {"maker": market.maker_fee, "taker": market.taker_fee}
    return InstrumentView(
        market.symbol,
        VENUES[door.name].spell(market.symbol) if door.name in VENUES else market.symbol,
        market.status.value,
        rules,
        {name: format_trimmed(rate, RATE_DECIMALS) for name, rate in fees.items()},
        price(market.last_price),
        price(market.book.best(Side.BUY)[0]),
        price(market.book.best(Side.SELL)[0]),
        _shape(controls, door, market),
    )


def _shape(controls: Controls, door: Door, market: Market) -> ShapeView | None:
    try:
        shape = _made(controls, door, market).shape
    except Problem:
        return None
    factors = (format_trimmed(int(factor), RATE_DECIMALS) for factor in (shape.sizes, shape.trades))
    return ShapeView(shape.spread_ticks, shape.levels, *factors)


_ALL: Final = "/venues/{venue}/instruments"
_ONE: Final = "/venues/{venue}/instruments/{symbol}"
OPERATIONS: Final = (
    Operation("GET", _ALL, "A venue's instruments", list_all, list[InstrumentView], problems=(404,)),
    Operation("GET", _ONE, "One instrument", show, InstrumentView, problems=(404,)),
    Operation(
        "PATCH",
        _ONE,
        "Change filters, trading status, or the makers' book",
        change,
        InstrumentView,
        body=InstrumentChange,
        problems=(404, 409),
        example={"tick": "0.1", "market": {"spread_ticks": 20, "levels": 3}},
    ),
    Operation(
        "POST",
        f"{_ONE}/move",
        "Move the price by a part of it, at once or over a time",
        move,
        Moved,
        body=Move,
        problems=(404, 409),
        example={"by": "-12%", "over": "90s"},
    ),
    Operation(
        "POST",
        f"{_ONE}/halt",
        "Halt trading, for a time or until it is resumed",
        halt,
        InstrumentView,
        body=Halt,
        problems=(404,),
        example={"for": "45s"},
    ),
    Operation("POST", f"{_ONE}/resume", "Let trading continue", resume, InstrumentView, problems=(404,)),
    Operation(
        "POST",
        f"{_ONE}/delist",
        "Delist the instrument: all that rests is canceled, and clients hear no more of it",
        delist,
        InstrumentView,
        problems=(404,),
    ),
)
