"""How a run went: what happened when, what became of the expectations, and the exit code that says so.

Exit codes: 0 passed; 1 an expectation failed, the bot failed or the run took too long; 2 a bad scenario; 3 the bot
never connected; 130 and 143 the run was interrupted (SIGINT, SIGTERM).
"""

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct

from simexchange.domain.enums import Word
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.services.clock import MILLISECOND
from simexchange.services.durations import format_duration
from simexchange.signals import SIGNALED

PASSED: Final = 0
FAILED: Final = 1
BAD_SCENARIO: Final = 2
NEVER_CONNECTED: Final = 3


class EndedBy(Word):
    BOT = "the bot exited"
    SCENARIO = "the scenario ended"
    TIMEOUT = "the run took too long"
    SIGNAL = "the run was interrupted"


class Happening(Struct, frozen=True):
    """One line of what happened when: nanoseconds since the start, the journal's number, the words."""

    since_ns: int
    seq: int
    text: str


class Result(Struct, frozen=True):
    """One run. ``bot_exit`` is None where the bot was ended from outside; negative for a signal of its own."""

    scenario: str
    seed: int
    started: str
    elapsed_ns: int
    """Of the world's time."""
    ended_by: EndedBy
    signal: int
    bot_exit: int | None
    ignores_bot_exit: bool
    requests: int
    entries: tuple[dict[str, Any], ...]
    happenings: tuple[Happening, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def elapsed(self) -> str:
        """How long it took, to the millisecond."""
        return format_duration(self.elapsed_ns // MILLISECOND * MILLISECOND)

    @property
    def exit_code(self) -> int:
        """What the process says."""
        if self.ended_by is EndedBy.SIGNAL:
            return SIGNALED + self.signal
        if any(entry["state"] == "failed" for entry in self.entries):
            return BAD_SCENARIO
        if not self.requests:
            return NEVER_CONNECTED
        return FAILED if list(self.failures()) else PASSED

    def failures(self) -> Iterator[str]:
        """Every reason for not having passed, beside the scenario's own faults."""
        for verdict in self.verdicts:
            if verdict.state is VerdictState.FAILED:
                yield f"{verdict.text}: {verdict.why}"
        yield from self.other_failures()

    def other_failures(self) -> Iterator[str]:
        """Those that are no failed expectations."""
        if self.ended_by is EndedBy.TIMEOUT:
            yield f"the run took too long, and was cut off after {self.elapsed}"
        if self.bot_exit and not self.ignores_bot_exit:
            yield bot_exit_words(self.bot_exit)
        if self.ended_by is EndedBy.BOT:
            for verdict in self.verdicts:
                if verdict.state is VerdictState.PENDING:
                    yield f"{verdict.text}: the bot exited before its time was over ({verdict.why})"

    @property
    def words(self) -> str:
        """The outcome in a word or two."""
        return {
            PASSED: "passed",
            FAILED: "failed",
            BAD_SCENARIO: "bad scenario",
            NEVER_CONNECTED: "the bot never connected",
        }.get(self.exit_code, "interrupted")

    def plain(self) -> dict[str, Any]:
        """As plain data, for ``--json``."""
        return {
            "outcome": self.words,
            "exit_code": self.exit_code,
            "scenario": self.scenario,
            "seed": self.seed,
            "started": self.started,
            "elapsed": self.elapsed,
            "ended_by": self.ended_by.value,
            "bot_exit": self.bot_exit,
            "requests": self.requests,
            "failures": list(self.failures()),
            "entries": list(self.entries),
            "happenings": [{"since_ns": one.since_ns, "seq": one.seq, "text": one.text} for one in self.happenings],
            "expectations": [verdict.shown() for verdict in self.verdicts],
        }


def bot_exit_words(code: int) -> str:
    """``the bot exited with 7``, ``the bot was ended by signal 9``."""
    return f"the bot exited with {code}" if code > 0 else f"the bot was ended by signal {-code}"
