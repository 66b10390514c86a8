"""Service levels: what must hold at the end of a run, or Locust exits with 1 and says what did not."""

from typing import Any

from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

from simexchange.locust.book import BOOK

MISSED = 1


def service_levels(
    *,
    failures: float | None = 0.01,
    p95_ms: float | None = None,
    p99_ms: float | None = None,
    refused: int | None = None,
    least_requests: int = 1,
) -> None:
    """Declare levels, in a locustfile: at most this share of failures, these milliseconds, this many 429 and 418.

    None is no level. A run with fewer than ``least_requests`` requests has shown nothing, and misses.
    """

    def judge(environment: Environment, **_: Any) -> None:
        if isinstance(environment.runner, WorkerRunner):
            return
        total = environment.stats.total
        most = {
            "share of failures": (total.fail_ratio, failures),
            "95th percentile, ms": (total.get_response_time_percentile(0.95) or 0.0, p95_ms),
            "99th percentile, ms": (total.get_response_time_percentile(0.99) or 0.0, p99_ms),
            "429 and 418": (float(sum(one.limited + one.banned for one in BOOK.venues.values())), refused),
        }
        missed = [
            f"{what}: {found:g}, at most {level:g}"
            for what, (found, level) in most.items()
            if level is not None and found > level
        ]
        if total.num_requests < least_requests:
            missed.append(f"requests: {total.num_requests}, at least {least_requests}")
        for line in missed:
            print(f"service level missed: {line}")  # noqa: T201
        if missed:
            environment.process_exit_code = MISSED
        elif environment.process_exit_code is None and total.num_failures:
            environment.process_exit_code = 0  # few enough, whatever Locust makes of any failure at all

    events.quitting.add_listener(judge)
