"""/metrics: the exchange's figures in the text format of Prometheus (version 0.0.4), which is written by hand.

Nothing secret is in them. Counters begin when they are first asked for, with what the journal still holds then.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from simexchange import __version__
from simexchange.control.operations import Asked, Operation, Text
from simexchange.services.clock import SECOND

if TYPE_CHECKING:
    from simexchange.control.controls import Controls
    from simexchange.control.tally import Tally

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_STATM: Final = Path("/proc/self/statm")
Sample: TypeAlias = tuple[dict[str, str], float]
Family: TypeAlias = tuple[str, str, str, Iterable[Sample]]
"""Name, counter or gauge, what it says, and its samples by labels."""


def show(asked: Asked) -> Text:
    controls = asked.controls
    tally = controls.tally
    tally.fold()
    families = [*_counted(tally), *_venues(controls), *_world(controls, tally), *_process()]
    return Text("".join(_family(*family) for family in families), MEDIA_TYPE)


def _counted(tally: "Tally") -> Iterator[Family]:
    yield (
        "simexchange_requests_total",
        "counter",
        "Requests answered, by endpoint and class of status (none: a fault kept the answer).",
        [
            ({"venue": venue, "endpoint": endpoint, "status": status}, count)
            for (venue, endpoint, status), count in sorted(tally.requests.items())
        ],
    )
    yield (
        "simexchange_rate_limit_refusals_total",
        "counter",
        "Requests refused for a rate limit (429) or a ban (418).",
        [({"venue": venue, "status": status}, count) for (venue, status), count in sorted(tally.limited.items())],
    )
    yield (
        "simexchange_orders_total",
        "counter",
        "Clients' orders accepted and rejected.",
        [({"venue": venue, "outcome": outcome}, count) for (venue, outcome), count in sorted(tally.orders.items())],
    )
    yield (
        "simexchange_trades_total",
        "counter",
        "Trades, the market makers' own included.",
        [({"venue": venue}, count) for venue, count in sorted(tally.trades.items())],
    )
    yield (
        "simexchange_faults_fired_total",
        "counter",
        "Faults that fired, by kind.",
        [({"kind": kind}, count) for kind, count in sorted(tally.fired.items())],
    )
    yield (
        "simexchange_journal_overruns_total",
        "counter",
        "How often entries were forgotten before they were counted here.",
        [({}, tally.overruns)],
    )


def _venues(controls: "Controls") -> Iterator[Family]:
    stage = controls.world.stage
    names = list(stage.controls)
    yield (
        "simexchange_streams_open",
        "gauge",
        "WebSockets open now.",
        [({"venue": name}, len(stage.controls[name].sockets())) for name in names],
    )
    yield (
        "simexchange_connections_open",
        "gauge",
        "Connections open now, WebSockets included.",
        [({"venue": name}, len(stage.ports[name].connections())) for name in names],
    )
    yield (
        "simexchange_bans",
        "gauge",
        "Addresses banned now.",
        [({"venue": name}, sum(row.is_ban for row in controls.dialect(name).limits_in_use())) for name in names],
    )


def _world(controls: "Controls", tally: "Tally") -> Iterator[Family]:
    world = controls.world
    journal, clock = world.journal, world.clock
    about = {"version": __version__, "scenario": controls.exchange.runner.scenario.name, "seed": str(world.seed)}
    entries = journal.kept
    for name, kind, told, value in (
        ("faults_armed", "gauge", "Fault rules armed now.", len(world.faults.rules)),
        ("journal_sequence", "gauge", "The number of the journal's latest entry.", journal.seq),
        ("journal_entries", "gauge", "Entries that the journal keeps now.", entries),
        ("clock_seconds", "gauge", "The world's time, in seconds since the epoch.", clock.now_ns() / SECOND),
        ("timers_run_total", "counter", "Timers of the world's clock that ran.", clock.ran),
        ("loop_lag_seconds", "gauge", "The longest the event loop came late since the last look.", tally.take_lag()),
    ):
        yield f"simexchange_{name}", kind, told, [({}, value)]
    yield "simexchange_info", "gauge", "What is served.", [(about, 1)]


def _process() -> Iterator[Family]:
    used = os.times()
    yield "process_cpu_seconds_total", "counter", "Processor time used.", [({}, used.user + used.system)]
    if _STATM.exists():
        pages = int(_STATM.read_text().split()[1])
        told = "Memory that the process has in use."
        yield "process_resident_memory_bytes", "gauge", told, [({}, pages * os.sysconf("SC_PAGE_SIZE"))]


def _family(name: str, kind: str, told: str, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{name}{{{shown}}} {_number(value)}" if shown else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(round(value, 9))


OPERATIONS: Final = (
    Operation(
        "GET",
        "/metrics",
        "The exchange's figures for Prometheus; counters begin when they are first asked for",
        show,
        str,
        media_type="text/plain",
    ),
)
