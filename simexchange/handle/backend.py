"""How a handle reaches its exchange: by the operations of the control API, whichever way they are carried out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from simexchange.handle.socketless import Socketless


class SimxError(Exception):
    """Whatever a handle cannot do; the message says why, and what would pass."""


class Refused(SimxError, ValueError):
    """The exchange said no to what was asked of it. ``problem`` is the control API's own object."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = dict(problem)
        told = str(problem.get("detail") or problem.get("title") or f"status {status}")
        passes = problem.get("passes")
        super().__init__(f"{told}; what passes: {passes}" if passes and str(passes) not in told else told)

    def hinting(self, hint: str) -> "Refused":
        """The same with something more to say about it."""
        if not hint:
            return self
        return Refused(self.status, self.problem | {"detail": f"{self}; {hint}", "passes": ""})


class Stopped(SimxError):
    """The exchange is served no more."""


def refusal(status: int, problem: Mapping[str, Any]) -> SimxError:
    """What to raise for a problem of the control API."""
    told = Refused(status, problem)
    return Stopped(str(told)) if problem.get("state") == "stopping" else told


class Account(Struct, frozen=True):
    """One account of a venue, and what its owner signs with. Its repr keeps that to itself."""

    name: str
    permissions: list[str]
    api_key: str
    api_secret: str
    passphrase: str | None = None
    key_type: str = "hmac"

    def __repr__(self) -> str:
        return f"Account({self.name!r}, permissions={self.permissions!r})"


class VenueAddress(Struct, frozen=True):
    """Where a venue is served. Symbols are in its own spelling."""

    rest_url: str
    ws_url: str
    symbols: list[str]


class Served(Struct, frozen=True):
    """What is served, and where. The token's place is here and nowhere else."""

    version: str
    seed: int
    scenario: str
    control_url: str
    control_token: str
    venues: dict[str, VenueAddress]

    def __repr__(self) -> str:
        return f"Served({self.scenario!r}, seed={self.seed}, venues={list(self.venues)!r})"


class Backend(ABC):
    """One exchange. An operation goes by its name in the control API, ``POST /faults/{id}``."""

    served: Served

    @abstractmethod
    def ask(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The answer as plain data. Raises Refused with the exchange's reason, or Stopped."""

    @abstractmethod
    async def ask_later(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The same, while the caller's event loop goes on."""

    @abstractmethod
    def accounts(self, venue: str) -> list[Account]:
        """The accounts of a venue with their keys, the house's left out."""

    @abstractmethod
    def env(self) -> dict[str, str]:
        """SIMX_* for a bot's environment."""

    def application(self, venue: str) -> "Socketless":
        """A venue without its socket. Raises SimxError where the exchange is not in this process."""
        raise SimxError(f"the exchange is not in this process: {venue} can be reached by its rest_url alone")

    @abstractmethod
    def stop(self) -> None:
        """Let go of the exchange; one that was started by this backend ends."""

    @abstractmethod
    async def stop_later(self) -> None:
        """The same, while the caller's event loop goes on."""
