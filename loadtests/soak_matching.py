"""Runs random commands of every kind through a venue and its reference exchange; prints what disagreed and how fast.

Usage: python loadtests/soak_matching.py --commands 10000000 --seed 7
Now and then it starts over with a new venue and the next seed, so that it can run for as long as one likes.
The exit status is 1 if anything was violated.
"""

import argparse
import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from properties.comparison import Comparison
from properties.random_commands import RandomCommands, opening
from simexchange.services.clock import NANOSECONDS, monotonic_ns

SHOWN = 20


def soak(length: int, seed: int, thorough_every: int) -> tuple[int, int]:
    """Run ``length`` commands on a new venue; how many violations there were, and how many trades."""
    comparison, generator, found = Comparison(thorough_every), RandomCommands(seed), 0
    for command in opening():
        comparison.submit(command)
    for _ in range(length):
        command, pause_ns = generator.next()
        batch, violations = comparison.submit(command, pause_ns)
        generator.observe(batch)
        for violation in violations[: max(0, SHOWN - found)]:
            print(violation)
        found += len(violations)
    final = list(comparison.thorough())
    print(*final[:SHOWN], sep="\n", end="\n" if final else "")
    return found + len(final), comparison.facts.get("trade", 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--commands", type=int, default=200_000, help="how many commands to run")
    parser.add_argument("--seed", type=int, default=1, help="what the commands derive from")
    parser.add_argument("--thorough-every", type=int, default=100, help="commands between two full walks")
    parser.add_argument("--venue-for", type=int, default=200_000, help="commands until a new venue and the next seed")
    options = parser.parse_args()
    done = trades = violations = 0
    started_ns = monotonic_ns()
    for seed in count(options.seed):
        length = min(options.venue_for, options.commands - done)
        found, traded = soak(length, seed, options.thorough_every)
        done, trades, violations = done + length, trades + traded, violations + found
        elapsed_ns = max(1, monotonic_ns() - started_ns)
        print(
            f"{done} commands, {trades} trades, {violations} violations, {done * NANOSECONDS // elapsed_ns} commands/s"
        )
        if done >= options.commands:
            break
    print("the speed is that of the venue with the reference and all checks beside it")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
