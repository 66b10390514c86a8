"""A run's result as JUnit XML: one test case for each expectation, and one for the run itself."""

import re
from typing import Final
from xml.etree import ElementTree

from simexchange.domain.units import format_units
from simexchange.runs.result import NEVER_CONNECTED, EndedBy, Result, bot_exit_words
from simexchange.runs.verdicts import Verdict, VerdictState
from simexchange.services.clock import MILLISECOND

_SECOND_DECIMALS: Final = 3
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, however written."""


def as_junit(result: Result) -> bytes:
    """The document, UTF-8 with its declaration. Times are the world's."""
    name = f"simexchange.{_clean(result.scenario)}"
    seconds = format_units(result.elapsed_ns // MILLISECOND, _SECOND_DECIMALS)
    cases = [_case(name, "the run", seconds, *_of_run(result))]
    cases += [_case(name, verdict.text, "0", *_of_verdict(verdict, result)) for verdict in result.verdicts]
    outcomes = [outcome.tag for case in cases for outcome in case]
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": name,
            "tests": str(len(cases)),
            "failures": str(outcomes.count("failure")),
            "errors": str(outcomes.count("error")),
            "skipped": str(outcomes.count("skipped")),
            "time": seconds,
        },
    )
    suite.extend(cases)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _case(suite: str, title: str, seconds: str, outcome: str, message: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": suite, "name": _clean(title), "time": seconds})
    if outcome:
        ElementTree.SubElement(case, outcome, {"message": _clean(message)})
    return case


def _of_run(result: Result) -> tuple[str, str]:
    """How the run itself went: an error where it could not be judged, a failure where the bot failed."""
    failed = [
        f"{entry['when']} {entry['what']}: {entry['error']}" for entry in result.entries if entry["state"] == "failed"
    ]
    if failed:
        return "error", f"bad scenario: {'; '.join(failed)}"
    if result.ended_by in (EndedBy.SIGNAL, EndedBy.TIMEOUT):
        return "error", result.ended_by.value
    if result.exit_code == NEVER_CONNECTED:
        return "error", result.words
    if result.bot_exit and not result.ignores_bot_exit:
        return "failure", bot_exit_words(result.bot_exit)
    return "", ""


def _of_verdict(verdict: Verdict, result: Result) -> tuple[str, str]:
    outcome = {VerdictState.FAILED: "failure", VerdictState.SKIPPED: "skipped"}.get(verdict.state, "")
    if verdict.state is VerdictState.PENDING:
        outcome = "failure" if result.ended_by is EndedBy.BOT else "skipped"
    seqs = f" (journal {', '.join(str(seq) for seq in verdict.evidence)})" if verdict.evidence else ""
    return outcome, f"{verdict.why}{seqs}"


def _clean(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
