"""One errand under one fault, judged by what the server knows.

A bot rests three entries, each for 0.1 BTC; somebody fills the second; it moves the third; it takes everything off.
Meanwhile it listens to its account and keeps the book of a market that goes on. The fault comes before the entries or
while they rest, and goes before the end, so that whoever can recover has recovered by then.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Any, Final, Generic, NamedTuple, TypeVar

from bots.contract import Beliefs, Bot
from bots.market import BTC, Market
from bots.venue_client import VenueClient
from dialects.binance.rest_bench import amount
from order_fault_bench import OrderFaultBench
from simexchange.dialects.binance.names import text8
from simexchange.domain.commands import FillOrder, Withdraw
from simexchange.domain.enums import Side
from simexchange.domain.events import Batch, OrderAccepted, Trade
from simexchange.services.bus import Stage
from simexchange.services.clock import MILLISECOND, SECOND

# What every bot promises on every errand.
UP: Final = "stays up"
ONE_ORDER: Final = "one order for one intent"
NO_MORE: Final = "buys no more than it means"
ALL_PLACED: Final = "enters and moves everything"
SANE: Final = "sends no absurd price"
INFORMED: Final = "sends nothing on wrong prices"
TRUTHFUL: Final = "claims what is true"
FRESH: Final = "quotes what is fresh"
TIDY: Final = "leaves nothing open"
SELF: Final = "is soon itself again"
POSITION: Final = "knows its position"
BOOK: Final = "has the book"

T = TypeVar("T")
QUANTITY: Final = Decimal("0.1")
ENTRIES: Final = {"first": Decimal("59505.5"), "second": Decimal("59405.5"), "third": Decimal("59305.5")}
MOVED: Final = Decimal("59355.5")
"""Where the third entry is moved to."""
FILLED: Final = 594
FILL_AFTER_NS: Final = 5 * SECOND
CLAIM_AGE_NS: Final = 7 * SECOND
"""How old the truth may be that a bot tells of its orders and its position."""
RECOVERY_NS: Final = 10 * SECOND
"""How long after the fault a bot may say that it does not know."""
PRICE_AGE_NS: Final = 3200 * MILLISECOND
"""How old a price may be that it would act on; a venue tells changes every 100 ms."""
FARTHEST: Final = Decimal("0.05")
"""A price farther from the market is absurd."""


def intent_of(price: Decimal) -> int:
    """Which intent an order belongs to: they are a hundred apart, wherever they are moved to."""
    return int(price // 100)


class Truth(Generic[T]):
    """What was true when."""

    def __init__(self, value: T) -> None:
        self._since: list[int] = [0]
        self._values: list[T] = [value]

    @property
    def now(self) -> T:
        return self._values[-1]

    def becomes(self, value: T, now_ns: int) -> None:
        if value != self._values[-1]:
            self._since.append(now_ns)
            self._values.append(value)

    def since(self, instant_ns: int) -> list[T]:
        """Everything that was true at any time since then."""
        return self._values[max(bisect_left(self._since, instant_ns) - 1, 0) :]


class Promise(NamedTuple):
    """Something that a bot owes on one errand in particular."""

    name: str
    is_kept: Callable[["Mission"], bool]


@dataclass(frozen=True)
class Errand:
    """What is particular about one mission: the rules, when they come, who it is for and what else is asked."""

    rules: tuple[dict[str, Any], ...] = ()
    while_resting: bool = False
    """The fault comes once the entries rest, not before they are sent."""
    lead_ns: int = 0
    """How long the fault has been there when the next thing is done."""
    purse: str = "100000"
    uses_listen_key: bool = False
    promises: tuple[Promise, ...] = ()
    """What is asked besides."""
    excused: tuple[str, ...] = ()
    """What the fault makes impossible."""

    def with_effect(self, effect: str) -> "Errand":
        """The same with the command carried out (apply) or not (discard), where the first rule decides that."""
        first, *others = self.rules
        return replace(self, rules=(first | {"effect": effect}, *others))


@dataclass
class Observed:
    """What was seen of the server and of the bot, for the verdict."""

    most_orders: int = 0
    most_exposed: Decimal = Decimal(0)
    """What was bought and was to be bought for one intent at one time."""
    bought: dict[int, Decimal] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)
    has_moved: bool = False
    is_uninformed: bool = False
    """Whether an order was sent while what the bot took for the market was not the market."""
    has_strayed: bool = False
    """Whether an order was sent at a price that made no sense."""
    false_claims: list[str] = field(default_factory=list)
    stale_prices: list[str] = field(default_factory=list)
    samples: int = 0
    unknown_ns: int = 0
    """When the bot last said of anything that it did not know."""
    crash: Exception | None = None


class Mission:
    """``broken`` are the promises that were not kept, once it has been run."""

    def __init__(self, make: Callable[[VenueClient], Bot], errand: Errand) -> None:
        self.errand = errand
        self.bench = OrderFaultBench()
        self.bench.hears_alice.hang_up()
        self.alice = self.bench.alice.account_id
        poorer = amount("100000") - amount(errand.purse)
        if poorer:
            self.bench.door.submit(Withdraw(self.alice, "USDT", poorer))
        self.market = Market(self.bench)
        self.bench.world.stage.house = self.market
        self.seen = Observed()
        self.position = Truth(Decimal(0))
        self.working: Truth[frozenset[Decimal]] = Truth(frozenset())
        self.top = Truth(self._top())
        self.bench.door.bus.listen(Stage.DASHBOARD, self._on_batch)
        self.bot = make(VenueClient(self.bench, self.bench.alice, errand.uses_listen_key))
        self._over_ns = 0
        self._rules = [self.bench.plan.read(rule) for rule in errand.rules]

    def run(self) -> "Mission":
        try:
            self._go()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as crash:
            self.seen.crash = crash
            self._end_fault()
        return self

    def _go(self) -> None:
        bot = self.bot
        bot.start()
        bot.run(2 * SECOND)
        self.bench.clock.after(SECOND, self._sample)
        if not self.errand.while_resting:
            self._arm()
        for intent, price in ENTRIES.items():
            bot.enter(intent, price, QUANTITY)
        bot.run(SECOND)
        if self.errand.while_resting:
            self._arm()
        bot.run(10 * SECOND)
        bot.move("third", MOVED)
        bot.run(5 * SECOND)
        bot.leave()
        bot.run(5 * SECOND)
        self._end_fault()
        bot.run(20 * SECOND)
        self.market.stop()
        bot.run(SECOND)

    def _arm(self) -> None:
        for rule in self._rules:
            self.bench.plan.add(rule)
        self.bot.run(self.errand.lead_ns)

    def _end_fault(self) -> None:
        self.bench.plan.clear()
        self._over_ns = self.bench.clock.now_ns()

    # What the server knows.

    def _top(self) -> tuple[Decimal, Decimal]:
        book = self.bench.market.book
        bid, ask = (book.best(side)[0] for side in (Side.BUY, Side.SELL))
        return Decimal(text8(bid)), Decimal(text8(ask))

    def _on_batch(self, batch: Batch) -> None:
        now_ns = batch.ts_ns
        for event in batch.events:
            if isinstance(event, OrderAccepted) and event.order.account_id == self.alice:
                price = Decimal(text8(event.order.price))
                self.seen.placed.add(intent_of(price))
                tops = self.top.since(now_ns - PRICE_AGE_NS)
                believed = self.bot.beliefs().top
                self.seen.is_uninformed |= believed is not None and believed not in tops
                self.seen.has_strayed |= all(abs((bid + ask) / 2 - price) > FARTHEST * price for bid, ask in tops)
                self.seen.has_moved |= intent_of(price) == intent_of(MOVED) and price > ENTRIES["third"]
                if intent_of(price) == FILLED:
                    self.bench.clock.after(FILL_AFTER_NS, partial(self._fill, event.order.order_id))
            elif isinstance(event, Trade):
                for side in (event.taker, event.maker):
                    if side.order.account_id == self.alice:
                        self._on_fill(Decimal(text8(side.order.price)), Decimal(text8(event.quantity)), now_ns)
        open_now = self.bench.door.venue.views.open_orders(self.alice)
        self.working.becomes(frozenset(Decimal(text8(order.terms.price)) for order in open_now), now_ns)
        for intent in self.seen.placed:
            left = [
                order.leaves_quantity for order in open_now if intent_of(Decimal(text8(order.terms.price))) == intent
            ]
            exposed = Decimal(text8(sum(left))) + self.seen.bought.get(intent, Decimal(0))
            self.seen.most_orders = max(self.seen.most_orders, len(left))
            self.seen.most_exposed = max(self.seen.most_exposed, exposed)
        self.top.becomes(self._top(), now_ns)

    def _on_fill(self, price: Decimal, quantity: Decimal, now_ns: int) -> None:
        intent = intent_of(price)
        self.seen.bought[intent] = self.seen.bought.get(intent, Decimal(0)) + quantity
        self.position.becomes(self.position.now + quantity, now_ns)

    def _fill(self, order_id: int) -> None:
        order = self.bench.door.venue.views.order(self.alice, BTC, order_id)
        if order is not None and order.status.is_open:
            self.bench.door.submit(FillOrder(BTC, order_id, order.leaves_quantity))

    # What the bot says.

    def _sample(self) -> None:
        """Once a second: what the bot would act on must have been true not long ago."""
        now_ns, said, seen = self.bench.clock.now_ns(), self.bot.beliefs(), self.seen
        seen.samples += 1
        if None in said[:3]:
            seen.unknown_ns = now_ns
        since_ns = now_ns - CLAIM_AGE_NS
        if said.position is not None and said.position not in self.position.since(since_ns):
            seen.false_claims.append(f"{now_ns}: position {said.position}, is {self.position.now}")
        if said.working is not None:
            window = self.working.since(since_ns)
            if not frozenset.intersection(*window) <= said.working <= frozenset.union(*window):
                seen.false_claims.append(f"{now_ns}: working {said.working}, are {self.working.now}")
        if said.top is not None and said.top not in self.top.since(now_ns - PRICE_AGE_NS):
            seen.stale_prices.append(f"{now_ns}: {said.top}, is {self.top.now}")
        self.bench.clock.after(SECOND, self._sample)

    def has_the_servers_book(self, said: Beliefs) -> bool:
        book = self.bench.market.book
        bids, asks = (
            {text8(price): text8(quantity) for price, quantity in book.depth(side, 5_000)}
            for side in (Side.BUY, Side.SELL)
        )
        return said.book == (bids, asks)

    @property
    def story(self) -> str:
        """What to look at first when a promise was broken that should not have been."""
        seen = self.seen
        return f"{seen.crash!r} {seen.false_claims[:3]} {seen.stale_prices[:3]} {self.bot.reports}"

    @property
    def broken(self) -> tuple[str, ...]:
        """The promises that were not kept, by name."""
        seen, said = self.seen, self.bot.beliefs()
        has_third = seen.has_moved or seen.bought.get(intent_of(MOVED)) == QUANTITY
        kept = {
            UP: seen.crash is None,
            ONE_ORDER: seen.most_orders <= 1,
            NO_MORE: seen.most_exposed <= QUANTITY,
            ALL_PLACED: len(seen.placed) == len(ENTRIES) and has_third,
            SANE: not seen.has_strayed,
            INFORMED: not seen.is_uninformed,
            TRUTHFUL: not seen.false_claims,
            FRESH: not seen.stale_prices,
            TIDY: not self.working.now,
            SELF: seen.unknown_ns <= self._over_ns + RECOVERY_NS,
            POSITION: said.position == self.position.now,
            BOOK: self.has_the_servers_book(said),
        }
        kept |= {promise.name: promise.is_kept(self) for promise in self.errand.promises}
        return tuple(name for name, is_kept in kept.items() if not is_kept and name not in self.errand.excused)
