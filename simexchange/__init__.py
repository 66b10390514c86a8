"""A simulated exchange to trade on: real venue protocols, a live market, and no money at stake."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from simexchange.handle.backend import Account, Refused, SimxError, Stopped
    from simexchange.handle.opening import NotServed, Serving
    from simexchange.handle.simx import Simx
    from simexchange.plugin.egress import EgressRefused, EgressWarning

__version__ = "0.1.0"

__all__ = [
    "Account",
    "EgressRefused",
    "EgressWarning",
    "NotServed",
    "Refused",
    "Simx",
    "SimxError",
    "Stopped",
    "__version__",
    "attach",
    "serve",
]
_HOMES: Final = {
    "Account": "handle.backend",
    "EgressRefused": "plugin.egress",
    "EgressWarning": "plugin.egress",
    "NotServed": "handle.opening",
    "Refused": "handle.backend",
    "Simx": "handle.simx",
    "SimxError": "handle.backend",
    "Stopped": "handle.backend",
}
"""Where the names above live: imported when they are first asked for, since most who import this package do not."""


def serve(
    scenario: "str | Path" = "calm",
    seed: int | None = None,
    clock: str | None = None,
    venues: Sequence[str] | None = None,
    limits: str | Mapping[str, int] = "venue",
    accounts: int = 0,
    speed: str | float | None = None,
    start: str | None = None,
    host: str = "127.0.0.1",
    port_base: int = 0,
) -> "Serving":
    """An exchange in this process: ``with serve(seed=7, clock="manual") as simx`` (or ``async with``).

    ``scenario`` is a shipped one's name or a file; what is None is as the scenario has it. ``limits`` is "venue",
    "off", or limits by name; ``accounts`` are generated beside the scenario's. Ports are free ones unless ``port_base``
    says where they begin. Entering the block raises NotServed where that cannot be.
    """
    from simexchange.handle.opening import Serving

    return Serving(
        scenario=scenario,
        seed=seed,
        clock=clock,
        venues=venues,
        limits=limits,
        accounts=accounts,
        speed=speed,
        start=start,
        host=host,
        port_base=port_base,
    )


def attach(url: str, token: str | None = None) -> "Simx":
    """The same handle for a running exchange: its control address, ``http://TOKEN@127.0.0.1:8787``, and its token."""
    from simexchange.handle.opening import attach

    return attach(url, token)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
