"""The backend of an exchange in this process: operations go straight to its event loop, without a socket."""

from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import Any

from msgspec.structs import replace

from simexchange import __version__
from simexchange.app import Options
from simexchange.control.direct import Direct
from simexchange.control.problems import Problem
from simexchange.description import Description, describe_venue, read_env
from simexchange.handle.backend import Account, Backend, Served, Stopped, VenueAddress, refusal
from simexchange.handle.server_thread import ServerThread
from simexchange.handle.socketless import Socketless
from simexchange.handle.waiting import outcome
from simexchange.transports.http import VenueApplication
from simexchange.venues import VENUES


class InProcess(Backend):
    """An exchange of its own, started here and ended by ``stop``. Raises StartFailure."""

    def __init__(self, options: Options) -> None:
        self._thread = ServerThread(options)
        self._thread.start()
        self.exchange = self._thread.exchange
        self._direct = Direct(self.exchange)
        self.served = self._described()

    def ask(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        future = self._thread.submit(self._ask(operation, path, query, body))
        try:
            return future.result()
        except CancelledError:
            raise Stopped(f"the exchange was stopped during {operation}") from None
        except BaseException:
            future.cancel()
            raise

    async def ask_later(
        self,
        operation: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        return await outcome(self._thread.submit(self._ask(operation, path, query, body)))

    async def _ask(
        self, operation: str, path: Mapping[str, str] | None, query: Mapping[str, Any] | None, body: Any
    ) -> Any:
        try:
            return await self._direct.ask(operation, path or {}, query or {}, body)
        except Problem as problem:
            raise refusal(problem.status, problem.shown) from None

    def _described(self) -> Served:
        description = self.exchange.description
        assert description is not None, "it was just started"
        return Served(
            version=__version__,
            seed=description.seed,
            scenario=description.scenario,
            control_url=description.control_url,
            control_token=description.control_token or "",
            venues={
                name: VenueAddress(venue.rest_url, venue.ws_url, venue.symbols)
                for name, venue in description.venues.items()
            },
        )

    def accounts(self, venue: str) -> list[Account]:
        known = self._describe().venues[venue].accounts
        return [
            Account(
                account.name,
                account.permissions,
                account.api_key,
                account.api_secret,
                account.passphrase,
                account.key_type,
            )
            for account in known
        ]

    def application(self, venue: str) -> Socketless:
        return Socketless(self._thread, VenueApplication(self.exchange.world.stage.controls[venue]))

    def env(self) -> dict[str, str]:
        return read_env(self._describe().as_env())

    def _describe(self) -> Description:
        """What is served, with the accounts and keys of this moment."""

        async def describe() -> Description:
            description = self.exchange.description
            assert description is not None, "it is served"
            doors = self.exchange.world.doors
            venues = {
                name: describe_venue(doors[name].venue, VENUES[name].spell, venue.rest_url.partition("://")[2])
                for name, venue in description.venues.items()
            }
            return replace(description, venues=venues)

        return self._thread.submit(describe()).result()

    def stop(self) -> None:
        self._thread.stop()

    async def stop_later(self) -> None:
        await outcome(self._thread.ask_to_stop())
        self._thread.join()
