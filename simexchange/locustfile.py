"""Writes a locustfile that sends what a recorded bot sent: the same requests, in the same shares, at the same pace.

Reads the journal as the control API shows it (``simexchange ctl --json journal``), where nothing secret is left: what
was masked is made anew by the user that sends. Imports nothing of Locust.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import parse_qsl

from msgspec import Struct

from simexchange.domain.secret import MASK
from simexchange.services.clock import SECOND

MADE_BY_THE_SENDER: Final = frozenset({"timestamp", "signature", "recvWindow", "newClientOrderId", "listClientOrderId"})
_NAMES_AN_ORDER: Final = frozenset({"orderId", "origClientOrderId", "orderListId"})
_HEAD: Final = '''"""What a recorded bot sends, from its journal: {requests} requests in {seconds} s.

    SIMX_ENV_FILE=simx.env locust -f {name} --headless -u 1 -t 60s
"""

from locust import constant_throughput, task

from simexchange.locust import ExchangeUser, service_levels

service_levels(failures=0.01)


class RecordedBot(ExchangeUser):
    venue = {venue!r}
    wait_time = constant_throughput({pace})
'''
_TASK: Final = """
    @task({weight})
    def {name}(self) -> None:
        self.call({arguments})
"""


class NothingRecorded(ValueError):
    """There is no request in the journal; the message says what was read."""


class Pattern(Struct, frozen=True):
    """Requests that are one to a load generator: same endpoint, same kind of parameters."""

    method: str
    path: str
    signed: bool
    params: tuple[tuple[str, str], ...]
    named: tuple[str, ...]
    """Parameters that the sender makes: client order ids."""


def read_journal(source: TextIO) -> list[Mapping[str, Any]]:
    """Entries from JSON (a list, or an object with ``entries``) or from JSON lines. Raises NothingRecorded."""
    text = source.read()
    try:
        data = json.loads(text)
    except ValueError:
        try:
            data = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise NothingRecorded(f"that is no journal: {error}; `simexchange ctl --json journal` prints one") from None
    entries = data.get("entries", []) if isinstance(data, dict) else data
    return [entry for entry in entries if isinstance(entry, dict)]


def write_locustfile(
    entries: Iterable[Mapping[str, Any]], name: str = "locustfile.py", account: str | None = None
) -> str:
    """The locustfile as text. Orders that a request names by the recorded venue's ids are left out: they are gone.

    Raises NothingRecorded.
    """
    requests = [
        entry
        for entry in entries
        if entry.get("kind") == "request"
        and entry.get("method")
        and not entry.get("upgrade")
        and (account is None or entry.get("account") == account)
    ]
    patterns = Counter(pattern for entry in requests if (pattern := _pattern(entry)) is not None)
    if not patterns:
        whose = "" if account is None else f" of {account}"
        raise NothingRecorded(f"no request{whose} over HTTP is in this journal")
    times = [int(entry["ts_ns"]) for entry in requests]
    lasted_ns = max(max(times) - min(times), SECOND)
    milli_pace = max(1, sum(patterns.values()) * 1_000 * SECOND // lasted_ns)
    text = _HEAD.format(
        requests=sum(patterns.values()),
        seconds=lasted_ns // SECOND,
        name=name,
        venue=str(requests[0].get("venue", "binance")),
        pace=f"{milli_pace // 1_000}.{milli_pace % 1_000:03}",
    )
    names: Counter[str] = Counter()
    for pattern, weight in patterns.most_common():
        word = _word(pattern)
        names[word] += 1
        text += _TASK.format(
            weight=weight, name=word if names[word] == 1 else f"{word}_{names[word]}", arguments=_arguments(pattern)
        )
    return text


def save(text: str, path: Path) -> None:
    """Write it; a file that is there already is not replaced (FileExistsError)."""
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _pattern(entry: Mapping[str, Any]) -> Pattern | None:
    pairs = parse_qsl(str(entry.get("query") or ""), keep_blank_values=True)
    pairs += parse_qsl(str(entry.get("body") or ""), keep_blank_values=True)
    names = {name for name, _ in pairs}
    if names & _NAMES_AN_ORDER or any(MASK in value for name, value in pairs if name not in MADE_BY_THE_SENDER):
        return None
    kept = tuple((name, value) for name, value in pairs if name not in MADE_BY_THE_SENDER)
    made = tuple(sorted(names & {"newClientOrderId", "listClientOrderId"}))
    return Pattern(str(entry["method"]), str(entry["path"]), "signature" in names, kept, made)


def _word(pattern: Pattern) -> str:
    path = re.sub(r"[^a-z0-9]+", "_", pattern.path.rpartition("/api/")[2].lower()).strip("_")
    return f"{pattern.method.lower()}_{path}"


def _arguments(pattern: Pattern) -> str:
    parts = [repr(pattern.method), repr(pattern.path)]
    if pattern.signed:
        parts.append("signed=True")
    parts += [f"{name}=self.next_id()" for name in pattern.named]
    plain = {name: value for name, value in pattern.params if name.isidentifier()}
    parts += [f"{name}={value!r}" for name, value in plain.items()]
    return ", ".join(parts)
