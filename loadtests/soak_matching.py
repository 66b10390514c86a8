"""Runs random commands through a venue and its reference exchange; prints what disagreed and how fast it went.

Usage: python loadtests/soak_matching.py --commands 1000000 --seed 7
The exit status is 1 if anything was violated.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from properties.comparison import Comparison
from properties.random_commands import RandomCommands, opening
from simexchange.services.clock import NANOSECONDS, monotonic_ns

SHOWN = 20


def soak(count: int, seed: int, thorough_every: int) -> int:
    """Run ``count`` commands; how many violations there were."""
    comparison, generator, found = Comparison(thorough_every), RandomCommands(seed), 0
    for command in opening():
        comparison.submit(command)
    started_ns = monotonic_ns()
    for _ in range(count):
        command, pause_ns = generator.next()
        batch, violations = comparison.submit(command, pause_ns)
        generator.observe(batch)
        for violation in violations[: max(0, SHOWN - found)]:
            print(violation)
        found += len(violations)
    final = list(comparison.thorough())
    print(*final[:SHOWN], sep="\n", end="\n" if final else "")
    found += len(final)
    elapsed_ns = max(1, monotonic_ns() - started_ns)
    print(f"seed {seed}: {count} commands, {comparison.facts.get('trade', 0)} trades, {found} violations")
    print(f"{count * NANOSECONDS // elapsed_ns} commands/s, with the reference and all checks beside the venue")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--commands", type=int, default=200_000, help="how many commands to run")
    parser.add_argument("--seed", type=int, default=1, help="what the commands derive from")
    parser.add_argument("--thorough-every", type=int, default=100, help="commands between two full walks")
    options = parser.parse_args()
    return 1 if soak(options.commands, options.seed, options.thorough_every) else 0


if __name__ == "__main__":
    sys.exit(main())
