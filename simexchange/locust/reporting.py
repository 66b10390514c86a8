"""Locust's events, wired once: workers tell the master their figures, whoever reports prints them at the end."""

from typing import Any

from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

from simexchange.locust.book import BOOK

_KEY = "simexchange"


@events.report_to_master.add_listener
def _tell(client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG001  (locust calls it so)
    data[_KEY] = BOOK.take()


@events.worker_report.add_listener
def _hear(client_id: str, data: dict[str, Any]) -> None:  # noqa: ARG001
    BOOK.join(data.get(_KEY, {}))


@events.quitting.add_listener
def _print(environment: Environment, **_: Any) -> None:
    if isinstance(environment.runner, WorkerRunner) or not BOOK.venues:
        return
    print("\nWhere this load meets the venue's limits")  # noqa: T201  (Locust's own report goes there too)
    for line in BOOK.lines():
        print(f"  {line}")  # noqa: T201
