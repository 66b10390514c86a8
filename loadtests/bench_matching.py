"""The book, the venue and the door under one flow of orders, beside the order books a package index has to offer.

60 % cancels, 30 % new orders, 10 % that take, over 1,000 price levels with 73,000 to 100,000 orders resting. Every
contestant is a process on the same core and carries out the same flow, one after the other, round by round.
Usage: python loadtests/bench_matching.py [--quick]
"""

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import flows
from benching import (
    Absent,
    Child,
    Contest,
    Figures,
    amount,
    chosen_rounds,
    options,
    peers_python,
    pin,
    report_absent,
    table,
    verdict,
)

ROUNDS: Final = 6
RESTING: Final = 100_000
STEPS: Final = 60_000
FEW: Final = 1_000
BUDGET_S: Final = 2.0

BOOK: Final = "the book alone"
VENUE: Final = "Venue.execute: checks, ledger, book, events"
DOOR: Final = "Door.submit: clock, journal, venue, market data"
BOOKS: Final = ("limit-order-book", "orderly-chaos", "litebook", "pyorderbook", "lightmatchingengine")
KINDS: Final = {
    "limit-order-book": "C++",
    "orderly-chaos": "C++",
    "litebook": "Rust",
    "pyorderbook": "Python",
    "lightmatchingengine": "Python",
}
SLOWEST: Final = "order-matching (Python), 1,000 resting"
NAUTILUS: Final = "nautilus_trader BacktestEngine (Rust, Cython), 1 resting"


def asking(child: Child) -> Callable[[], Figures]:
    return lambda: child.ask({"budget_s": BUDGET_S})


def enter(contest: Contest, stack: contextlib.ExitStack, folder: Path) -> None:
    flow, short = folder / "flow", folder / "short"
    flows.save(flows.Flow(RESTING, STEPS), flow)
    flows.save(flows.Flow(FEW, FEW), short)
    for name, floor in ((BOOK, "book"), (VENUE, "venue"), (DOOR, "door")):
        child = stack.enter_context(Child(("loadtests/own_matching.py", floor, str(flow))))
        contest.enter(name, asking(child))
    peers: list[tuple[str, tuple[str, ...]]] = [
        (f"{name} ({KINDS[name]})", ("loadtests/peer_books.py", name, str(flow))) for name in BOOKS
    ]
    peers.append((SLOWEST, ("loadtests/peer_books.py", "order-matching", str(short))))
    peers.append((NAUTILUS, ("loadtests/peer_nautilus.py",)))
    python = peers_python()
    for name, arguments in peers:
        try:
            if python is None:
                raise Absent("the peers' environment is missing; `make bench` makes it")
            child = stack.enter_context(Child(arguments, python=python))
        except Absent as absent:
            contest.absent[name] = str(absent)
        else:
            slow = not name.startswith(("limit-", "orderly", "litebook"))
            contest.enter(name, asking(child), at_most=3 if slow else 1_000)


def weights(folder: Path) -> dict[str, float]:
    """Bytes per resting order: of the book, and of the venue with the owner's lists beside it."""
    found = {}
    for name, floor in ((BOOK, "book"), (VENUE, "venue")):
        with Child(("loadtests/own_matching.py", floor, str(folder / "flow"), "weight")) as child:
            found[name] = float(child.ready["bytes"])
    return found


def show(contest: Contest, weighed: dict[str, float]) -> None:
    table(
        f"Commands per second: {RESTING // 1000} k orders resting at first, 60 % cancels, 30 % new, 10 % taking",
        ("engine", "commands/s", "of our book"),
        [
            (name, amount(contest.median(name, "rate")), f"{contest.ratio(name, 'rate'):.3f}")
            for name in sorted(contest.names, key=lambda name: -contest.ratio(name, "rate"))
        ],
    )
    report_absent(contest.absent)
    table(
        "Memory of a resting order",
        ("in", "bytes"),
        [(name, f"{value:.0f}") for name, value in weighed.items()],
    )
    print()
    verdict("Venue.execute, commands/s", contest.median(VENUE, "rate"), 200_000)
    if NAUTILUS in contest.names:
        times = contest.median(VENUE, "rate") / contest.median(NAUTILUS, "rate")
        verdict("Venue.execute, times nautilus_trader's BacktestEngine", times, 10)
    for name in contest.names:
        if name not in (BOOK, VENUE, DOOR, NAUTILUS) and not name.startswith("limit-order-book"):
            verdict(f"the book alone, times {name}", 1 / contest.ratio(name, "rate"), 1)
    verdict("bytes per resting order in the book", weighed[BOOK], 400, at_least=False)


def main() -> int:
    chosen = options(__doc__, ROUNDS).parse_args()
    pin(1)
    contest = Contest(BOOK)
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        enter(contest, stack, folder)
        weighed = weights(folder)
        contest.run(chosen_rounds(chosen), deadline_s=75)
    show(contest, weighed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
