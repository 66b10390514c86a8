"""What dormant orders cost the others, and what a cancel costs when many orders rest.

The same flow (60 % cancels, 30 % new orders, 10 % takers) runs on a venue without and with dormant orders that it
never triggers: plain stops far away, and trailing stops whose best price moves with the market. Then orders of each
kind are canceled one by one while few and while many are left.

Usage: python loadtests/bench_triggers.py --dormant 10000 --commands 30000
"""

import argparse
import gc
import random
import sys
from collections.abc import Callable, Iterator
from typing import Final

from simexchange.domain.commands import CancelOrder, Command, CreateAccount, Deposit, ListInstrument, PlaceOrder
from simexchange.domain.enums import BUY, IOC, LIMIT, SELL, OrderType, Side, TriggerKind
from simexchange.domain.instrument import Asset, Instrument, Rules
from simexchange.domain.trigger import Trigger
from simexchange.domain.units import RATE_ONE
from simexchange.services.clock import NANOSECONDS, monotonic_ns
from simexchange.venue.venue import Venue

SYMBOL: Final = "BTC/USDT"
WHOLE: Final = 10**8
CENTRE: Final = 60_000
TRADERS: Final = (2, 3, 4)
TAKER: Final = 5
SLEEPER: Final = 6
ROUNDS: Final = 7


def new_venue() -> Venue:
    venue = Venue("bench")
    rules = Rules(
        tick_size=WHOLE // 100,
        lot_size=1000,
        trail_above=(1, RATE_ONE),
        trail_below=(1, RATE_ONE),
        triggers=tuple((kind, order_type) for kind in TriggerKind for order_type in OrderType),
    )
    instrument = Instrument(SYMBOL, Asset("BTC"), Asset("USDT"))
    venue.execute(ListInstrument(instrument, rules, 100_000, 100_000, last_price=CENTRE * WHOLE), 0)
    for account_id in (*TRADERS, TAKER, SLEEPER):
        venue.execute(CreateAccount(account_id, f"trader-{account_id}"), 0)
        for asset in ("BTC", "USDT"):
            venue.execute(Deposit(account_id, asset, 10**32), 0)
    return venue


def limit(account_id: int, number: int, side: Side, whole_price: int, **more: object) -> PlaceOrder:
    price = whole_price * WHOLE
    return PlaceOrder(account_id, SYMBOL, side, LIMIT, f"order-{number}", WHOLE // 100, price, **more)  # type: ignore[arg-type]


def flow(count: int, first_id: int, seed: int) -> list[Command]:
    """Commands around the middle price. A fill may leave a cancel without its order; that costs like any reject."""
    chance = random.Random(seed)
    commands: list[Command] = []
    open_ids: list[tuple[int, int]] = []
    number = first_id
    while len(commands) < count:
        draw = chance.random()
        if draw < 0.6 and len(open_ids) > 500:
            index = chance.randrange(len(open_ids))
            open_ids[index], open_ids[-1] = open_ids[-1], open_ids[index]
            account_id, order_id = open_ids.pop()
            commands.append(CancelOrder(account_id, SYMBOL, order_id))
            continue
        side = chance.choice((BUY, SELL))
        away = 1 if side is SELL else -1
        if draw < 0.9:
            account_id = chance.choice(TRADERS)
            open_ids.append((account_id, number))
            commands.append(limit(account_id, number, side, CENTRE + away * chance.randint(1, 2000)))
        else:
            commands.append(limit(TAKER, number, side, CENTRE - away * 500, time_in_force=IOC))
        number += 1
    return commands


def plain_stop(number: int) -> PlaceOrder:
    side = SELL if number % 2 else BUY
    away = CENTRE // 2 + number % 5000
    stop = CENTRE - away if side is SELL else CENTRE + away
    return limit(SLEEPER, number, side, CENTRE, trigger=Trigger(TriggerKind.STOP, stop * WHOLE))


def trailing_stop(number: int) -> PlaceOrder:
    """A retreat of 30 to 50 %, in steps of a hundredth of a percent."""
    side = SELL if number % 2 else BUY
    trail_rate = RATE_ONE * 3 // 10 + number % 2000 * (RATE_ONE // 10_000)
    return limit(SLEEPER, number, side, CENTRE, trigger=Trigger(TriggerKind.STOP, trail_rate=trail_rate))


def resting(number: int) -> PlaceOrder:
    return limit(SLEEPER, number, BUY if number % 2 else SELL, CENTRE + (-1 if number % 2 else 1) * (1 + number % 5000))


KINDS: Final[dict[str, Callable[[int], PlaceOrder]]] = {
    "resting": resting,
    "plain stops": plain_stop,
    "trailing stops": trailing_stop,
}


def commands_per_second(sleeper: Callable[[int], PlaceOrder] | None, dormant: int, commands: int, seed: int) -> int:
    venue = new_venue()
    placed = dormant if sleeper is not None else 0
    for number in range(1, placed + 1):
        assert sleeper is not None, "counted as none"
        venue.execute(sleeper(number), 0)
    script = flow(commands, placed + 1, seed)
    gc.collect()
    gc.freeze()
    started = monotonic_ns()
    for command in script:
        venue.execute(command, 0)
    elapsed = monotonic_ns() - started
    gc.unfreeze()
    assert len(venue.markets[SYMBOL].last_triggers) == placed, "the flow triggered a dormant order"
    return commands * NANOSECONDS // elapsed


def ratios(dormant: int, commands: int) -> Iterator[tuple[str, int, float]]:
    """(kind, best commands/s, share of the best without any), the rounds taken in turns."""
    kinds: dict[str, Callable[[int], PlaceOrder] | None] = {
        "none": None,
        "plain stops": plain_stop,
        "trailing stops": trailing_stop,
    }
    best = dict.fromkeys(kinds, 0)
    for seed in range(ROUNDS):
        for name, sleeper in kinds.items():
            best[name] = max(best[name], commands_per_second(sleeper, dormant, commands, seed=1 + seed % 2))
    for name, figure in best.items():
        yield name, figure, figure / best["none"]


def cancel_ns(kind: str, count: int) -> int:
    """Nanoseconds per cancel while about ``count`` orders of a kind are there; the best of a few samples."""
    venue = new_venue()
    for number in range(1, count + 1):
        venue.execute(KINDS[kind](number), 0)
    sample = min(count // 2, 1000)
    ids = random.Random(1).sample(range(1, count + 1), sample)
    best = 0
    for _ in range(ROUNDS):
        gc.collect()
        gc.freeze()
        started = monotonic_ns()
        for order_id in ids:
            venue.execute(CancelOrder(SLEEPER, SYMBOL, order_id), 0)
        elapsed = (monotonic_ns() - started) // sample
        gc.unfreeze()
        best = min(best or elapsed, elapsed)
        for index, order_id in enumerate(ids):
            venue.execute(KINDS[kind](order_id), 0)
            ids[index] = venue.markets[SYMBOL].next_order_id - 1
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dormant", type=int, default=10_000, help="how many orders sleep")
    parser.add_argument("--commands", type=int, default=30_000, help="how many commands the flow has")
    parser.add_argument("--quick", action="store_true", help="a tenth of the flow: a first impression")
    options = parser.parse_args()
    if options.quick:
        options.commands //= 10
    print(f"{options.dormant} dormant orders, a flow of {options.commands} commands that triggers none:")
    for name, figure, share in ratios(options.dormant, options.commands):
        print(f"  {name:15} {figure:8} commands/s  {share:.3f}")
    print("nanoseconds per cancel, by how many orders of the kind there are:")
    print(f"  {'':15} {'100':>8} {'10000':>8} {'100000':>8}")
    for kind in KINDS:
        figures = [cancel_ns(kind, count) for count in (100, 10_000, 100_000)]
        print(f"  {kind:15} " + " ".join(f"{figure:8}" for figure in figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
