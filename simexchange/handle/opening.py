"""Ways to a handle: an exchange started in this process, or a running one reached by its control address."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from simexchange.app import StartFailure
from simexchange.handle.backend import SimxError
from simexchange.handle.in_process import InProcess
from simexchange.handle.simx import Simx
from simexchange.serving import UsageError, options


class NotServed(SimxError):
    """No exchange could be started as it was asked for; the message says what would pass."""


def start(
    scenario: str | Path = "calm",
    seed: int | None = None,
    clock: str | None = None,
    venues: Sequence[str] | None = None,
    limits: str | Mapping[str, int] = "venue",
    accounts: int = 0,
    speed: str | float | None = None,
    start: str | None = None,
    host: str = "127.0.0.1",
    port_base: int = 0,
) -> Simx:
    """Serve an exchange in this process, on free ports unless told otherwise. Raises NotServed.

    What is None is as the scenario has it. ``limits`` is "venue", "off", or limits by name.
    """
    if not isinstance(limits, str):
        limits = ",".join(f"{name}={value}" for name, value in limits.items())
    try:
        chosen = options(
            seed,
            accounts,
            host,
            port_base,
            str(scenario),
            (venues,) if isinstance(venues, str) else venues,
            limits,
            clock,
            None if speed is None else str(speed),
            start,
        )
        return Simx(InProcess(chosen))
    except (UsageError, StartFailure) as error:
        raise NotServed(str(error)) from error


def attach(url: str, token: str | None = None) -> Simx:
    """The handle of a running exchange, by its control address (``http://TOKEN@127.0.0.1:8787``) and its token."""
    from simexchange.handle.remote import Remote

    return Simx(Remote(url, token))


class Serving:
    """``with serve(...) as simx`` and ``async with serve(...) as simx``: an exchange for as long as the block runs."""

    def __init__(self, **wanted: object) -> None:
        self._wanted = wanted
        self._simx: Simx | None = None

    def __enter__(self) -> Simx:
        if self._simx is not None:
            raise SimxError("this exchange is served already; serve() makes one for each block")
        self._simx = start(**self._wanted)  # type: ignore[arg-type]  # the arguments of serve(), which has their types
        return self._simx

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        simx, self._simx = self._simx, None
        if simx is not None:
            simx.stop()

    async def __aenter__(self) -> Simx:
        """Starting takes milliseconds, for which the caller's event loop waits."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clients on the caller's event loop get to take their leave."""
        simx, self._simx = self._simx, None
        if simx is not None:
            await simx.astop()

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self._wanted.items())
        return f"simexchange.serve({said})"


__all__ = ["NotServed", "Serving", "attach", "start"]
