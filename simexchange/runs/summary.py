"""A run's result as text: for the terminal, and as Markdown for a report."""

from collections.abc import Iterator

from simexchange.runs.result import EndedBy, Result, bot_exit_words
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.services.clock import MILLISECOND
from simexchange.services.durations import format_duration

_MARKS = {
    VerdictState.PASSED: "passed ",
    VerdictState.FAILED: "FAILED ",
    VerdictState.PENDING: "pending",
    VerdictState.SKIPPED: "SKIPPED",
}
MOST_LINES = 60
"""Of what happened; of more, the first and the last are shown."""


def as_text(result: Result) -> str:
    """The summary for a terminal, with a line break at its end."""
    lines = ["", f"simexchange run: scenario {result.scenario}, seed {result.seed}", ""]
    lines += [f"  {_since(since_ns):>11}  {text}" for since_ns, text in _story(result)]
    if result.happenings:
        lines.append("")
    lines += [f"  {_MARKS[verdict.state]}  {_told(verdict)}" for verdict in result.verdicts]
    if result.verdicts:
        lines.append("")
    lines += [f"  {line}" for line in _remarks(result)]
    lines.append(f"  {result.words.upper()} after {result.elapsed}: {_ending(result)}, {result.requests} requests")
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in "\n".join(lines)) + "\n"


def as_markdown(result: Result) -> str:
    """The same as a report."""
    about = (
        f"Seed {result.seed}, started {result.started}, {result.elapsed} of the world's time,"
        f" {result.requests} requests; {_ending(result)}. Exit code {result.exit_code}."
    )
    lines = [f"# {_escaped(result.scenario)}: {result.words}", "", about, ""]
    if result.verdicts:
        lines += ["| expectation | outcome | why | journal |", "|---|---|---|---|"]
        for one in result.verdicts:
            evidence = ", ".join(str(seq) for seq in one.evidence)
            lines.append(f"| {_escaped(one.text)} | {one.state.value} | {_escaped(one.why)} | {evidence} |")
        lines.append("")
    lines += [f"- {_escaped(line)}" for line in _remarks(result)]
    lines += ["", "| time | what happened |", "|---|---|"]
    lines += [f"| {_since(since_ns)} | {_escaped(text)} |" for since_ns, text in _story(result)]
    return "\n".join(lines) + "\n"


def _story(result: Result) -> Iterator[tuple[int, str]]:
    told = [(one.since_ns, one.text) for one in result.happenings]
    if len(told) > MOST_LINES:
        half = MOST_LINES // 2
        left_out = f"... {len(told) - 2 * half} more, which --json lists ..."
        told = [*told[:half], (told[half][0], left_out), *told[-half:]]
    yield from told


def _remarks(result: Result) -> Iterator[str]:
    """What must not be overlooked."""
    for entry in result.entries:
        if entry["state"] == "failed":
            yield f"bad scenario: {entry['when']} {entry['what']}: {entry['error']}"
    if not result.requests:
        yield "the bot never connected: no request came to any venue (are its addresses taken from SIMX_*?)"
    yield from result.other_failures()
    skipped = sum(verdict.state is VerdictState.SKIPPED for verdict in result.verdicts)
    if skipped:
        yield f"{skipped} of {len(result.verdicts)} expectations were skipped, which is not passed"
    if result.bot_exit and result.ignores_bot_exit:
        yield f"{bot_exit_words(result.bot_exit)}, which was to be ignored"


def _told(verdict: Verdict) -> str:
    seqs = f" [journal {', '.join(str(seq) for seq in verdict.evidence)}]" if verdict.evidence else ""
    return verdict.text + (f": {verdict.why}" if verdict.why else "") + seqs


def _ending(result: Result) -> str:
    if result.ended_by is EndedBy.BOT and result.bot_exit:
        return bot_exit_words(result.bot_exit)
    return result.ended_by.value


def _since(since_ns: int) -> str:
    return format_duration(since_ns // MILLISECOND * MILLISECOND)


def _escaped(text: str) -> str:
    """Text inside of a table's cell."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
