"""Logs of the server's own life, to standard error: for people on a terminal, as a JSON object a line for programs.

What clients did stands in the journal. Nothing secret is ever logged, in no format.
"""

import logging
import sys
from typing import Any, Final

import msgspec

from simexchange.services.durations import format_instant

FORMATS: Final = ("console", "json")
FIELDS: Final = "fields"
"""What a record tells besides its message: ``log.info("...", extra={FIELDS: {...}})``."""
_CONSOLE: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_MICROSECONDS: Final = 1_000_000


class JsonFormatter(logging.Formatter):
    """One line per record: ts, level, logger, message; then its fields, and the exception as text."""

    def format(self, record: logging.LogRecord) -> str:
        shown: dict[str, Any] = {
            "ts": format_instant(int(record.created * _MICROSECONDS) * 1_000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in getattr(record, FIELDS, {}).items():
            shown.setdefault(name, value)
        if record.exc_info:
            shown["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(shown, enc_hook=str).decode()


def log_to_stderr(level: str, form: str | None = None) -> None:
    """Have logs of at least this level written; without a form as people read them on a terminal, else as JSON."""
    form = form or ("console" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(_CONSOLE))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    for noisy in ("asyncio", "uvicorn"):  # they tell of every connection, and of every loop
        logging.getLogger(noisy).setLevel(logging.WARNING)
