"""A run's result as JUnit XML: one test case for each expectation, and one for the run itself."""

import re
from typing import Final
from xml.etree import ElementTree

from simexchange.runs.result import BAD_SCENARIO, NEVER_CONNECTED, EndedBy, Result, bot_exit_words
from simexchange.runs.verdicts import VerdictState

NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, however written."""


def as_junit(result: Result) -> bytes:
    """The document, UTF-8 with its declaration."""
    name = _clean(result.scenario)
    suite = ElementTree.Element("testsuite", {"name": f"simexchange.{name}"})
    counts = {"failure": 0, "error": 0, "skipped": 0}

    def case(title: str, outcome: str = "", message: str = "") -> None:
        element = ElementTree.SubElement(
            suite, "testcase", {"classname": f"simexchange.{name}", "name": _clean(title), "time": "0"}
        )
        if outcome:
            counts[outcome] += 1
            ElementTree.SubElement(element, outcome, {"message": _clean(message)})

    case("the run", *_of_run(result))
    for verdict in result.verdicts:
        seqs = f" (journal {', '.join(str(seq) for seq in verdict.evidence)})" if verdict.evidence else ""
        outcome = {VerdictState.FAILED: "failure", VerdictState.SKIPPED: "skipped"}.get(verdict.state, "")
        if verdict.state is VerdictState.PENDING:
            outcome = "failure" if result.ended_by is EndedBy.BOT else "skipped"
        case(verdict.text, outcome, f"{verdict.why}{seqs}")
    suite.set("tests", str(len(result.verdicts) + 1))
    suite.set("failures", str(counts["failure"]))
    suite.set("errors", str(counts["error"]))
    suite.set("skipped", str(counts["skipped"]))
    suite.set("time", "0")
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _of_run(result: Result) -> tuple[str, str]:
    """How the run itself went: an error where it could not be judged, a failure where the bot failed."""
    failed = [
        f"{entry['when']} {entry['what']}: {entry['error']}" for entry in result.entries if entry["state"] == "failed"
    ]
    if failed:
        return "error", f"bad scenario: {'; '.join(failed)}"
    if result.exit_code in (BAD_SCENARIO, NEVER_CONNECTED) or result.ended_by in (EndedBy.SIGNAL, EndedBy.TIMEOUT):
        return "error", result.words if result.ended_by is EndedBy.BOT else result.ended_by.value
    if result.bot_exit and not result.ignores_bot_exit:
        return "failure", bot_exit_words(result.bot_exit)
    return "", ""


def _clean(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
