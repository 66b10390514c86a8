"""A simulated exchange to trade on: real venue protocols, a live market, and no money at stake."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from simexchange.handle.opening import Serving
    from simexchange.handle.simx import Simx

__version__ = "0.1.0"

__all__ = ["__version__", "attach", "serve"]


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
