"""What it costs to remember the whole world, to go back, and to begin anew; and what the memory of it costs others.

The built-in scenario with its dialect, on a clock moved by hand. Between two measurements the world lives: a short
test (20 orders, 5 s of market) or a long one (1,000 commands, 60 s). Medians and the slowest, in milliseconds.
Usage: python loadtests/bench_snapshots.py [--quick]
"""

import gc
import sys
from collections.abc import Callable
from typing import Final

from benching import Child, amount, answer_ready, chosen_rounds, elapsed_s, middle, options, pin, table, verdict
from simexchange.app import DEFAULT_SCENARIO, DEFAULT_SEED
from simexchange.domain.commands import CancelOrder, PlaceOrder
from simexchange.domain.enums import OrderType, Side
from simexchange.domain.events import OrderAccepted
from simexchange.memory import NEVER, YOUNG
from simexchange.scenario import build_world
from simexchange.services.checkpoint import Checkpoint
from simexchange.services.clock import SECOND, ManualClock, monotonic_ns
from simexchange.venues import VENUES

ROUNDS: Final = 40
QUICK_ROUNDS: Final = 10
START_NS: Final = 1_767_571_200 * SECOND
SYMBOL: Final = "BTC/USDT"
SHORT: Final = (20, 5)
LONG: Final = (1_000, 60)
"""Commands, and seconds of market."""
PACE: Final = 20_000
"""Commands per measurement of the way of an order."""
PACES: Final = ("without", "with")


class World:
    """The world that ``simexchange serve`` makes, without a socket."""

    def __init__(self) -> None:
        self.clock = ManualClock(START_NS)
        self.world = build_world(DEFAULT_SCENARIO, self.clock, DEFAULT_SEED).world
        self.parts: list[object] = [self.world]
        for name, door in self.world.doors.items():
            dialect = VENUES[name].open(door, self.world.randomness, "venue")
            dialect.start()
            self.world.keep(dialect)
            self.parts.append(dialect)
        self.door = self.world.doors["binance"]
        account = self.door.venue.views.account_named("alice")
        assert account is not None
        self._alice = account.account_id
        self._orders = 0

    def size(self) -> list[tuple[str, str]]:
        doors = self.world.doors.values()
        accounts = [account for door in doors for account in door.venue.accounts.values()]
        resting = sum(len(list(account.all_open_orders())) for account in accounts)
        return [
            ("venues", str(len(self.world.doors))),
            ("instruments", str(sum(len(door.venue.markets) for door in doors))),
            ("accounts, the house's included", str(len(accounts))),
            ("resting orders", str(resting)),
            ("objects saved", str(Checkpoint(self.parts).size)),
        ]

    def command(self, count: int) -> None:
        """New orders far from the market, and the cancel of nearly each: every tenth stays."""
        for _ in range(count * 10 // 19):
            self._orders += 1
            price = self.door.venue.markets[SYMBOL].last_price * 4 // 5 // 10**6 * 10**6
            name = f"bench-{self._orders}"
            order = PlaceOrder(self._alice, SYMBOL, Side.BUY, OrderType.LIMIT, name, 10**5, price)
            first = self.door.submit(order).events[0]
            if self._orders % 10 and isinstance(first, OrderAccepted):
                self.door.submit(CancelOrder(self._alice, SYMBOL, first.order.order_id))

    def live(self, commands: int, seconds: int) -> None:
        self.command(commands)
        self.clock.advance(seconds * SECOND)

    def pace(self) -> float:
        """Placing and canceling one order, per second."""
        price = self.door.venue.markets[SYMBOL].last_price * 4 // 5 // 10**6 * 10**6
        began_ns = monotonic_ns()
        for number in range(PACE // 2):
            order = PlaceOrder(self._alice, SYMBOL, Side.BUY, OrderType.LIMIT, f"pace-{number}", 10**5, price)
            first = self.door.submit(order).events[0]
            assert isinstance(first, OrderAccepted), first
            self.door.submit(CancelOrder(self._alice, SYMBOL, first.order.order_id))
        return PACE / elapsed_s(began_ns)


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    began_ns = monotonic_ns()
    action()
    return elapsed_s(began_ns) * 1e3


def measure(world: World, rounds: int) -> dict[str, list[float]]:
    """Every round lives a short and a long life, and goes back from each."""
    found: dict[str, list[float]] = {}

    def note(what: str, action: Callable[[], object]) -> None:
        found.setdefault(what, []).append(timed(action))

    live, state = world.live, world.world
    for _ in range(rounds):
        live(*SHORT)
        note("reset after 20 orders and 5 s", state.reset)
        note("reset, nothing happened", state.reset)
        live(*LONG)
        note("reset after 1,000 commands and 60 s", state.reset)
        live(*SHORT)
        note("snapshot", state.snapshot)
        snapshot = state.snapshots.list()[-1].snapshot_id
        live(*LONG)
        note("snapshot after 1,000 commands and 60 s", state.snapshot)
        live(*SHORT)
        note("revert after 1,000 commands and 65 s", lambda: state.revert(snapshot))  # noqa: B023 - called now
        state.drop(snapshot)
    for _ in range(3):
        note("digest of the state", state.state_hash)
    return found


def pace_with_and_without(rounds: int) -> tuple[list[float], list[float]]:
    """Processes of their own in turn, since code that met both kinds of world fits neither."""
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for found, name in zip(rates, PACES, strict=True):
            with Child(("loadtests/bench_snapshots.py", name), core=1) as child:
                found.append(float(child.ready["rate"]))
    return rates


def tell_pace(name: str) -> int:
    """The other end."""
    world = World()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, NEVER, NEVER)
    if name == PACES[1]:
        world.world.snapshots.begin()
    answer_ready({"rate": middle(world.pace() for _ in range(5))})
    return 0


def main() -> int:
    if sys.argv[1:2] and sys.argv[1] in PACES:
        return tell_pace(sys.argv[1])
    chosen = options(__doc__, ROUNDS, QUICK_ROUNDS).parse_args()
    rounds = chosen_rounds(chosen)
    pin(1)
    gc.set_threshold(YOUNG, NEVER, NEVER)  # as the served exchange does
    paces = pace_with_and_without(3 if chosen.quick else 7)
    world = World()
    gc.collect()
    gc.freeze()
    first_ms = timed(world.world.snapshots.begin)
    found = measure(world, rounds)
    table("The world", ("what", "how many"), world.size())
    table(
        f"Back in time, in milliseconds, {rounds} rounds",
        ("what", "median", "slowest"),
        [("the first checkpoint of the process", f"{first_ms:.2f}", "-")]
        + [(what, f"{middle(values):.2f}", f"{max(values):.2f}") for what, values in found.items()],
    )
    table(
        "The way of an order through the door, commands/s",
        ("no checkpoint yet", "with one", "ratio"),
        [(*(amount(middle(rates)) for rates in paces), f"{middle(paces[1]) / middle(paces[0]):.3f}")],
    )
    print()
    verdict("reset after 20 orders and 5 s, ms", middle(found["reset after 20 orders and 5 s"]), 1, at_least=False)
    verdict(
        "reset after 1,000 commands and 60 s, ms",
        middle(found["reset after 1,000 commands and 60 s"]),
        1,
        at_least=False,
    )
    verdict("snapshot, ms", middle(found["snapshot"]), 5, at_least=False)
    revert_ms = middle(found["revert after 1,000 commands and 65 s"])
    verdict("revert after 1,000 commands and 65 s, ms", revert_ms, 5, at_least=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
