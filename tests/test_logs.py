import json
import logging
import sys
from collections.abc import Iterator

import pytest

from simexchange.logs import FIELDS, JsonFormatter, log_to_stderr


@pytest.fixture
def levels() -> Iterator[None]:
    """How loud everybody is, as it was in the end."""
    kept = {name: logging.getLogger(name).level for name in ("", "asyncio", "uvicorn")}
    yield
    for name, level in kept.items():
        logging.getLogger(name).setLevel(level)


def record(message: str, /, *values: object, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("simexchange.app", logging.WARNING, __file__, 1, message, values, None)
    made.created = 1_767_571_200.25
    setattr(made, FIELDS, fields)
    return made


def test_a_record_is_one_line_of_json_with_its_fields() -> None:
    line = JsonFormatter().format(record("port %d\nis taken", 443, control="http://127.0.0.1:1", message="not this"))
    assert "\n" not in line
    assert json.loads(line) == {
        "ts": "2026-01-05T00:00:00.250000Z",
        "level": "warning",
        "logger": "simexchange.app",
        "message": "port 443\nis taken",
        "control": "http://127.0.0.1:1",
    }


def test_a_bugs_traceback_is_in_the_line() -> None:
    failed = record("bug")
    try:
        raise ValueError("wrong")
    except ValueError:
        failed.exc_info = sys.exc_info()
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("ValueError: wrong")


class Terminal:
    """Standard error, or what is taken for it."""

    def __init__(self, is_terminal: bool) -> None:
        self._is_terminal = is_terminal
        self.text = ""

    def isatty(self) -> bool:
        return self._is_terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing waits."""


@pytest.mark.parametrize(
    ("form", "is_terminal", "is_json"),
    [(None, True, False), (None, False, True), ("json", True, True), ("console", False, False)],
)
@pytest.mark.usefixtures("levels")
def test_terminals_are_told_in_words_and_programs_in_json_unless_asked_otherwise(
    monkeypatch: pytest.MonkeyPatch, form: str | None, is_terminal: bool, is_json: bool
) -> None:
    terminal = Terminal(is_terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    log_to_stderr("info", form)
    logging.getLogger("simexchange.app").info("serving %s", "calm")
    logging.getLogger("uvicorn.error").info("connection open")
    logging.getLogger("simexchange.app").debug("not this")
    (line,) = terminal.text.splitlines()
    assert line.startswith("{") is is_json
    assert "serving calm" in line
