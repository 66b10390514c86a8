"""One pytest run, or one worker of it: its servers, and what each test gets of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from simexchange.handle.backend import SimxError
from simexchange.handle.opening import attach, start
from simexchange.handle.remote import TOKEN
from simexchange.handle.simx import Simx
from simexchange.plugin.egress import EgressGuard
from simexchange.plugin.failure_report import describe
from simexchange.plugin.keeping import keep_running
from simexchange.plugin.markers import MARKER, MarkerError, Wanted, wanted_by
from simexchange.plugin.servers import Servers

SECTION: Final = "simexchange"
_GUARD: Final = pytest.StashKey[EgressGuard]()


class Session:
    """Lends exchanges to tests, each at its start."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._url: str | None = config.getoption("--simx-url")
        self._keeps: bool = config.getoption("--simx-keep")
        self._running: Simx | None = None
        """The one that --simx-url names."""
        self._kept: tuple[str, Simx] | None = None
        self._default = Wanted(seed=config.getoption("--simx-seed"))
        self._servers = Servers(self._start, self._default)

    def default(self) -> Simx:
        """The exchange of tests without a marker."""
        return self._servers.get(self._default)

    @contextmanager
    def lend(self, item: pytest.Item) -> Iterator[Simx]:
        """The exchange a test wants, at its start; only this machine can be reached meanwhile."""
        simx = self._at_its_start(item)
        guard = item.stash[_GUARD] = self._guard(simx)
        try:
            with guard:
                yield simx
        finally:
            simx.close_clients()
            guard.warn()

    def _at_its_start(self, item: pytest.Item) -> Simx:
        """Fails the test where it wants what cannot be had."""
        try:
            wanted = wanted_by(item.iter_markers(MARKER), self._default)
            simx = self._servers.get(wanted)
            if self._url is None:
                simx.reset()
            else:
                self._adapt(simx, wanted)
            return simx
        except (MarkerError, SimxError) as error:
            told = str(error)
        pytest.fail(told, pytrace=False)

    def tell(self, item: pytest.Item, report: pytest.TestReport, simx: Simx) -> None:
        """A test that used an exchange failed: what the exchange saw goes into the report."""
        report.sections.append((SECTION, describe(simx, item.stash[_GUARD].take_refused())))
        if self._keeps and self._kept is None:
            self._kept = (item.nodeid, simx)
            item.session.shouldstop = f"--simx-keep: the exchange of {item.nodeid} is kept"

    def wait_if_kept(self) -> None:
        """Keep the exchange of the test that failed until somebody presses Ctrl-C."""
        if self._kept is not None:
            keep_running(self._config, *self._kept)

    def stop(self) -> None:
        self._servers.stop()

    def _adapt(self, simx: Simx, wanted: Wanted) -> None:
        """Make a running exchange what a test wants, as far as that goes. Raises SimxError."""
        fixed = {"limits": "venue", "accounts": 0, "start": None}
        for name, usual in fixed.items():
            if getattr(wanted, name) != usual:
                raise SimxError(f"{name}={getattr(wanted, name)!r} cannot be had of a running exchange (--simx-url)")
        if wanted.seed not in (None, simx.seed):
            raise SimxError(f"seed {wanted.seed} is wanted, and the exchange at {simx.control_url} has {simx.seed}")
        for venue in wanted.venues or ():
            if venue not in simx.venues:
                raise SimxError(f"the exchange at {simx.control_url} has no venue {venue!r}")
        if wanted.scenario != simx.scenario:
            simx.play(wanted.scenario)
        simx.reset()
        if wanted.clock is not None:
            simx.clock.set(wanted.clock, wanted.speed)

    def _start(self, wanted: Wanted) -> Simx:
        if self._url is not None:
            if self._running is None:
                self._running = attach(self._url, os.environ.get(TOKEN))
            return self._running
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
