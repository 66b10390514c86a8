"""What the benchmarks share: contestants in processes of their own, paired rounds, medians, ratios, tables.

Absolute figures drift with the machine, so contestants take turns, round by round, and each figure stands beside the
ratio to a reference of the same round. Everything is bounded: in rounds, in seconds per round, and by a deadline.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from simexchange.services.clock import NANOSECONDS, monotonic_ns

ROOT: Final = Path(__file__).resolve().parent.parent
PEERS: Final = ROOT / ".venvs" / "bench"
TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
STARTUP_S: Final = 60.0
STOP_S: Final = 5.0

Figures = dict[str, float]
"""What one round of one contestant gave, by name."""


def options(doc: str | None, rounds: int, quick_rounds: int = 2) -> argparse.ArgumentParser:
    """``--quick`` for a first look, ``--rounds`` for a closer one."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{quick_rounds} short rounds: a first impression")
    parser.add_argument("--rounds", type=int, default=0, help=f"paired rounds (default {rounds})")
    parser.set_defaults(default_rounds=rounds, quick_rounds=quick_rounds)
    return parser


def chosen_rounds(chosen: argparse.Namespace) -> int:
    return int(chosen.rounds or (chosen.quick_rounds if chosen.quick else chosen.default_rounds))


def elapsed_s(since_ns: int) -> float:
    return (monotonic_ns() - since_ns) / NANOSECONDS


def pin(core: int) -> None:
    """Keep this process on one core, where the machine has several and lets us choose."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) > 1:
            os.sched_setaffinity(0, {cores[core % len(cores)]})


def cpu_s(pid: int) -> float:
    """Processor seconds a process has used so far, user and system (Linux; elsewhere nan)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int | str = "self") -> float:
    """Memory a process has in use (Linux; elsewhere nan)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * float(os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        return float("nan")


def peers_python() -> Path | None:
    """The interpreter of the peers' environment, if ``make bench`` has made it."""
    python = PEERS / "bin" / "python"
    return python if python.exists() else None


class Absent(Exception):
    """A contestant that cannot be here; the message says why."""


class Child:
    """A contestant's process: says one line of JSON once ready, then answers each line with one.

    The arguments follow the interpreter. Raises Absent if it ends, or stays silent, before it is ready.
    """

    def __init__(self, arguments: Sequence[str], python: Path | str = sys.executable, core: int | None = 0) -> None:
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT / "loadtests")}
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by ``stop``
        self._process = subprocess.Popen(
            [str(python), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            cwd=ROOT,
            env=environment,
            text=True,
        )
        self.pid = self._process.pid
        if core is not None and hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            if len(cores) > 1:
                os.sched_setaffinity(self.pid, {cores[core % len(cores)]})
        try:
            self.ready: dict[str, Any] = self.hear()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """One line to the process, one line back."""
        self.tell(question)
        return self.hear()

    def tell(self, question: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        process = self._process
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout, self._complaints):
            if pipe is not None:
                pipe.close()

    def hear(self) -> dict[str, Any]:
        process = self._process
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            status = process.wait(STOP_S)
            self._complaints.seek(0)
            raise Absent(self._complaints.read().strip().rpartition("\n")[2] or f"ended with status {status}")
        answer: dict[str, Any] = json.loads(line)
        if "absent" in answer:
            raise Absent(answer["absent"])
        return answer


def answer_ready(answer: Mapping[str, Any]) -> None:
    """One line of the other end of a ``Child``: that it is ready, or has done what it was asked."""
    print(json.dumps(answer), flush=True)


def answer_lines(ready: Mapping[str, Any], answer: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """The other end of a ``Child`` that does nothing but answer."""
    answer_ready(ready)
    for line in sys.stdin:
        answer_ready(answer(json.loads(line)))


class Contest:
    """Contestants by name, each a function that runs one round; and what all their rounds gave.

    Who cannot run the first round is absent; a later round that fails is left out.
    """

    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.rounds: dict[str, dict[int, Figures]] = {}
        self.absent: dict[str, str] = {}
        self._contestants: dict[str, tuple[Callable[[], Figures], int]] = {}

    def enter(self, name: str, run: Callable[[], Figures], at_most: int = 1_000) -> None:
        """``at_most`` bounds the rounds of a slow one."""
        self._contestants[name] = (run, at_most)
        self.rounds[name] = {}

    def run(self, rounds: int, deadline_s: float) -> None:
        """Rounds in which everybody has one turn, begun by another each time; none begins after the deadline."""
        began_ns = monotonic_ns()
        names = list(self._contestants)
        for number in range(rounds):
            if number and elapsed_s(began_ns) > deadline_s:
                break
            start = number % len(names)
            for name in names[start:] + names[:start]:
                run, at_most = self._contestants[name]
                if number < at_most and name not in self.absent:
                    self._take_turn(name, run, number)

    def _take_turn(self, name: str, run: Callable[[], Figures], number: int) -> None:
        try:
            self.rounds[name][number] = run()
        except Absent as absent:
            if self.rounds[name]:
                print(f"left out: round {number + 1} of {name}: {absent}")
            else:
                self.absent[name] = str(absent)

    def median(self, name: str, figure: str) -> float:
        """nan for who never ran."""
        return middle(figures[figure] for figures in self.rounds[name].values())

    def ratio(self, name: str, figure: str) -> float:
        """The median over rounds of the ratio to the reference in the same round."""
        own, other = self.rounds[name], self.rounds[self.reference]
        return middle(own[number][figure] / other[number][figure] for number in own if number in other)

    @property
    def names(self) -> list[str]:
        return [name for name in self._contestants if self.rounds[name]]


def middle(values: Iterable[float]) -> float:
    known = list(values)
    return statistics.median(known) if known else float("nan")


def amount(value: float) -> str:
    """Three significant digits: 38.1 k, 1.24 M, 912, 0.047."""
    if value != value:
        return "-"
    for unit, size in ((" M", 1e6), (" k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{unit}" if value < 999.5 * size else f"{value / size:.0f}{unit}"
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table in Markdown, its columns aligned."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    print(f"\n{title}\n")
    for number, line in enumerate(lines):
        cells = [cell.ljust(widths[0]) if not at else cell.rjust(widths[at]) for at, cell in enumerate(line)]
        print(f"| {' | '.join(cells)} |")
        if not number:
            rules = ["-" * (width + 2) if not at else "-" * (width + 1) + ":" for at, width in enumerate(widths)]
            print(f"|{'|'.join(rules)}|")
    sys.stdout.flush()


def report_absent(absent: Mapping[str, str]) -> None:
    for name, why in absent.items():
        print(f"absent: {name}: {why}")


def verdict(what: str, value: float, target: float, at_least: bool = True) -> None:
    """One line that says whether a goal of the project is met; never an exit status, since machines differ."""
    met = value >= target if at_least else value <= target
    relation = ">=" if at_least else "<="
    print(f"{'met   ' if met else 'MISSED'}  {what}: {amount(value)} (goal {relation} {amount(target)})")
