import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from msgspec.structs import replace

from simexchange.runs.junit import as_junit
from simexchange.runs.result import EndedBy, Happening, Result
from simexchange.runs.summary import MOST_LINES, as_markdown, as_text
from simexchange.runs.verdicts import Verdict, VerdictState

PASSED = Verdict("never oversell", VerdictState.PASSED)
FAILED = Verdict("never <b> & \"q\" | 'a' \x07", VerdictState.FAILED, "seen: \x00 ]]> é", (3, 9))
PENDING = Verdict("within 5s after x see y", VerdictState.PENDING, "3s were left", (4,))
SKIPPED = Verdict("report card of alice: the total at least B", VerdictState.SKIPPED, "no report card in this version")


def result(*verdicts: Verdict, **changes: Any) -> Result:
    plain = Result(
        scenario="tested",
        seed=7,
        started="2026-01-05T08:00:00Z",
        elapsed_ns=62 * 10**9,
        ended_by=EndedBy.BOT,
        signal=0,
        bot_exit=0,
        ignores_bot_exit=False,
        requests=12,
        entries=({"id": "timeline-1", "when": "1s", "what": "halt", "state": "done", "at": "1s"},),
        happenings=(Happening(10**9, 5, "halt"),),
        verdicts=verdicts,
    )
    return replace(plain, **changes)


BROKEN = ({"id": "timeline-1", "when": "1s", "what": "halt", "state": "failed", "at": "1s", "error": "no"},)


@pytest.mark.parametrize(
    ("run", "code", "words"),
    [
        (result(PASSED), 0, "passed"),
        (result(PASSED, SKIPPED), 0, "passed"),
        (result(PASSED, FAILED), 1, "failed"),
        (result(PENDING), 1, "failed"),
        (result(PENDING, ended_by=EndedBy.SCENARIO, bot_exit=None), 0, "passed"),
        (result(bot_exit=7), 1, "failed"),
        (result(bot_exit=-9), 1, "failed"),
        (result(bot_exit=7, ignores_bot_exit=True), 0, "passed"),
        (result(ended_by=EndedBy.TIMEOUT), 1, "failed"),
        (result(FAILED, requests=0), 3, "the bot never connected"),
        (result(FAILED, entries=BROKEN, requests=0), 2, "bad scenario"),
        (result(FAILED, entries=BROKEN, ended_by=EndedBy.SIGNAL, signal=2), 130, "interrupted"),
        (result(ended_by=EndedBy.SIGNAL, signal=15), 143, "interrupted"),
    ],
)
def test_the_exit_code_says_how_it_went(run: Result, code: int, words: str) -> None:
    assert (run.exit_code, run.words) == (code, words)
    assert words.upper() in as_text(run)
    assert f"Exit code {code}." in as_markdown(run)


ATTRIBUTES = {
    "testsuites": set(),
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "time"},
    "failure": {"message"},
    "error": {"message"},
    "skipped": {"message"},
}
CHILDREN = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}, "testcase": {"failure", "error", "skipped"}}
"""What readers of JUnit XML agree on."""


@pytest.mark.parametrize(
    "run",
    [
        result(PASSED, FAILED, PENDING, SKIPPED),
        result(),
        result(PENDING, ended_by=EndedBy.SCENARIO),
        result(PASSED, entries=BROKEN),
        result(PASSED, requests=0),
        result(PASSED, bot_exit=7),
    ],
)
def test_junit_is_well_formed_and_its_counts_are_true(run: Result) -> None:
    document = as_junit(run)
    assert document.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    root = ElementTree.fromstring(document)
    for element in root.iter():
        assert set(element.attrib) == ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    suite = root[0]
    assert suite.attrib["time"] == "62.000"
    assert len(suite) == len(run.verdicts) + 1 == int(suite.attrib["tests"])
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[name]) == len(suite.findall(f"testcase/{tag}"))
    fails = bool(suite.findall("testcase/failure") or suite.findall("testcase/error"))
    assert fails is (run.exit_code != 0)


def test_junit_holds_words_that_xml_cannot() -> None:
    cases = ElementTree.fromstring(as_junit(result(FAILED)))[0]
    assert cases[1].attrib["name"] == "never <b> & \"q\" | 'a' \ufffd"
    assert cases[1][0].attrib["message"] == "seen: \ufffd ]]> é (journal 3, 9)"


def test_the_summary_says_what_must_not_be_overlooked() -> None:
    text = as_text(result(PASSED, FAILED, PENDING, SKIPPED, bot_exit=7))
    assert [" ".join(line.split()) for line in text.splitlines() if line.strip()] == [
        "simexchange run: scenario tested, seed 7",
        "1s halt",
        "passed never oversell",
        "FAILED never <b> & \"q\" | 'a' \ufffd: seen: \ufffd ]]> é [journal 3, 9]",
        "pending within 5s after x see y: 3s were left [journal 4]",
        "SKIPPED report card of alice: the total at least B: no report card in this version",
        "the bot exited with 7",
        "within 5s after x see y: the bot exited before its time was over (3s were left)",
        "1 of 4 expectations were skipped, which is not passed",
        "FAILED after 1m2s: the bot exited with 7, 12 requests",
    ]


def test_a_long_story_is_told_from_both_ends() -> None:
    story = tuple(Happening(second * 10**9, second, f"thing {second}") for second in range(500))
    lines = as_text(result(happenings=story)).splitlines()
    assert len([line for line in lines if "thing" in line]) == MOST_LINES
    assert any("... 440 more, which --json lists ..." in line for line in lines)
    assert any(line.endswith("thing 499") for line in lines)
