"""The pytest plugin: fixtures ``simx``, ``simx_server`` and ``simx_ccxt``, the marker ``simx``, and options.

Loaded in every pytest run of every project that has simexchange installed, most of which use it in few tests: it
imports nothing but pytest until a fixture is asked for.
"""

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from simexchange.handle.simx import Simx
    from simexchange.plugin.session import Session

_MARKER = (
    "simx(scenario, seed, clock, venues, limits, accounts, speed, start): the exchange that this test's `simx` is; "
    "time stands still unless clock says otherwise"
)
_SESSION: "pytest.StashKey[Session]" = pytest.StashKey()
_USED: "pytest.StashKey[Simx]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("simexchange", "simexchange: a simulated exchange for trading bots")
    group.addoption(
        "--simx-url",
        metavar="URL",
        help="control address of a running simexchange to use instead of starting one; its token is in"
        " SIMX_CONTROL_TOKEN, or stands before an @: http://TOKEN@127.0.0.1:8787",
    )
    group.addoption("--simx-seed", type=int, metavar="N", help="seed of every exchange whose marker names none")
    group.addoption(
        "--simx-keep",
        action="store_true",
        help="after the first failure of a test that uses simx, keep its exchange running and say how to look at it",
    )
    group.addoption(
        "--simx-allow-egress",
        action="store_true",
        help="let tests that use simx reach other machines, real exchanges included",
    )
    parser.addini(
        "simx_allow_hosts", "hosts and networks that tests which use simx may reach beside this machine", "linelist"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    is_spread = config.getoption("dist", "no") != "no"
    for option in ("--simx-url", "--simx-keep"):
        if is_spread and config.getoption(option):
            raise pytest.UsageError(f"{option} is for one exchange, and xdist's workers have one each: leave out -n")


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(_SESSION, None)
    if session is not None:
        session.stop()


def _session(config: pytest.Config) -> "Session":
    """What this run, or this worker of it, shares; begun when it is first asked for."""
    if _SESSION not in config.stash:
        from simexchange.plugin.session import Session

        config.stash[_SESSION] = Session(config)
    return config.stash[_SESSION]


@pytest.fixture(scope="session")
def simx_server(request: pytest.FixtureRequest) -> "Simx":
    """The exchange that tests without a marker share, as the last of them left it."""
    return _session(request.config).default()


@pytest.fixture
def simx(request: pytest.FixtureRequest) -> "Iterator[Simx]":
    """An exchange at its scenario's start, as the marker ``simx`` wants it; other machines cannot be reached."""
    with _session(request.config).lend(request.node) as handle:
        request.node.stash[_USED] = handle
        yield handle


@pytest.fixture
def simx_ccxt(simx: "Simx") -> Callable[..., Any]:
    """Makes a ccxt exchange object: ``simx_ccxt("alice", flavor="async", venue="binance", **options)``."""

    def make(account: str = "alice", *, flavor: str = "", venue: str = "", **options: Any) -> Any:
        of = simx.venues[venue] if venue else next(iter(simx.venues.values()))
        return of.client(f"ccxt_{flavor}" if flavor else "ccxt", account, **options)

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the exchange saw, beside what failed."""
    report = yield
    handle = item.stash.get(_USED, None)
    if handle is not None and report.failed:
        _session(item.config).tell(item, report, handle)
    if call.when == "teardown" and handle is not None:
        del item.stash[_USED]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With --simx-keep: everything still runs, and waits to be looked at."""
    ours = session.config.stash.get(_SESSION, None)
    if ours is not None:
        ours.wait_if_kept()
