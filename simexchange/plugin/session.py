"""One pytest run, or one worker of it: its servers, and what each test gets of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from simexchange.handle.backend import SimxError
from simexchange.handle.opening import attach, start
from simexchange.handle.simx import Simx
from simexchange.plugin.egress import EgressGuard
from simexchange.plugin.failure_report import describe
from simexchange.plugin.keeping import keep_running
from simexchange.plugin.markers import MARKER, MarkerError, Wanted, wanted_by
from simexchange.plugin.servers import Servers

SECTION: Final = "simexchange"
_GUARD: Final = pytest.StashKey[EgressGuard]()


class Session:
    """Lends exchanges to tests, each at its start. Raises pytest.UsageError for options that exclude each other."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._url: str | None = config.getoption("--simx-url")
        self._keeps: bool = config.getoption("--simx-keep")
        self._kept: tuple[str, Simx] | None = None
        if hasattr(config, "workerinput"):
            self._refuse_to_share()
        self._default = Wanted(seed=config.getoption("--simx-seed"))
        self._servers = Servers(self._start, self._default)

    def default(self) -> Simx:
        """The exchange of tests without a marker."""
        return self._servers.get(self._default)

    @contextmanager
    def lend(self, item: pytest.Item) -> Iterator[Simx]:
        """The exchange a test wants, at its start; only this machine can be reached meanwhile."""
        try:
            wanted = wanted_by(item.iter_markers(MARKER), self._default)
            simx = self._servers.get(wanted)
        except (MarkerError, SimxError, ValueError) as error:
            pytest.fail(str(error), pytrace=False)
        simx.reset()
        guard = item.stash[_GUARD] = self._guard(simx)
        try:
            with guard:
                yield simx
        finally:
            simx.close_clients()

    def tell(self, item: pytest.Item, report: pytest.TestReport, simx: Simx) -> None:
        """A test that used an exchange failed: what the exchange saw goes into the report."""
        report.sections.append((SECTION, describe(simx, item.stash[_GUARD].refused)))
        if self._keeps and self._kept is None:
            self._kept = (item.nodeid, simx)
            item.session.shouldstop = f"--simx-keep: the exchange of {item.nodeid} is kept"

    def wait_if_kept(self) -> None:
        """Keep the exchange of the test that failed until somebody presses Ctrl-C."""
        if self._kept is not None:
            keep_running(self._config, *self._kept)

    def stop(self) -> None:
        self._servers.stop()

    def _start(self, wanted: Wanted) -> Simx:
        if self._url is not None:
            if wanted != self._default:
                raise SimxError(
                    f"@pytest.mark.{MARKER} wants an exchange of its own, and --simx-url names a running one:"
                    " it is what it is"
                )
            return attach(self._url, os.environ.get("SIMX_CONTROL_TOKEN"))
        return start(
            scenario=wanted.scenario,
            seed=wanted.seed,
            clock=wanted.clock,
            venues=wanted.venues,
            limits=wanted.limits,
            accounts=wanted.accounts,
            speed=wanted.speed,
            start=wanted.start,
        )

    def _guard(self, simx: Simx) -> EgressGuard:
        is_off = bool(self._config.getoption("--simx-allow-egress"))
        return EgressGuard((*self._config.getini("simx_allow_hosts"), *simx.hosts()), is_off=is_off)

    def _refuse_to_share(self) -> None:
        for option, is_given in (("--simx-url", self._url is not None), ("--simx-keep", self._keeps)):
            if is_given:
                raise pytest.UsageError(f"{option} is for one process: without xdist's workers (-n 0)")
