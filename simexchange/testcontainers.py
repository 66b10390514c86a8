"""The image as a container of a test run: ``with SimExchangeContainer() as exchange`` (extra ``testcontainers``).

Addresses are those that the engine maps the container's ports to. The control port is open to this machine, behind a
token made for this container.
"""

from typing import Any, Final, Self

from msgspec.structs import replace
from testcontainers.core.container import DockerContainer

from simexchange.handle.remote import Remote
from simexchange.handle.simx import Simx
from simexchange.health import is_ready
from simexchange.services.clock import SECOND, monotonic_ns
from simexchange.services.randomness import process_token
from simexchange.venues import VENUES

IMAGE: Final = "simexchange:latest"
CONTROL_PORT: Final = 8787
PATIENCE_S: Final = 30


class SimExchangeContainer(DockerContainer):
    """One exchange in one container. Further options are SIMX_* variables: ``SimExchangeContainer(clock="manual")``."""

    def __init__(self, image: str = IMAGE, *, token: str | None = None, **options: Any) -> None:
        super().__init__(image)
        self.token = token or process_token()
        self.with_exposed_ports(CONTROL_PORT, *(CONTROL_PORT + kind.port_offset for kind in VENUES.values()))
        self.with_env("SIMX_CONTROL_HOST", "0.0.0.0")
        self.with_env("SIMX_CONTROL_TOKEN", self.token)
        for name, value in options.items():
            self.with_env(f"SIMX_{name.upper()}", str(value).lower() if isinstance(value, bool) else str(value))

    def start(self) -> Self:
        """Start it and wait until it is ready. Raises TimeoutError."""
        super().start()
        host, port = self.get_container_host_ip(), int(self.get_exposed_port(CONTROL_PORT))
        began_ns = monotonic_ns()
        while not (asked := is_ready(host, port))[0]:
            if monotonic_ns() - began_ns > PATIENCE_S * SECOND:
                raise TimeoutError(f"the exchange was not ready within {PATIENCE_S} s: {asked[1]}")
        return self

    @property
    def control_url(self) -> str:
        return self._url("http", CONTROL_PORT)

    def rest_url(self, venue: str = "binance") -> str:
        return self._url("http", CONTROL_PORT + VENUES[venue].port_offset)

    def ws_url(self, venue: str = "binance") -> str:
        return self._url("ws", CONTROL_PORT + VENUES[venue].port_offset)

    def simx(self) -> Simx:
        """The same handle as in pytest: ``simx.faults.add(...)``, ``simx.verify(...)``."""
        remote = Remote(self.control_url, self.token)
        venues = {
            name: replace(address, rest_url=self.rest_url(name), ws_url=self.ws_url(name))
            for name, address in remote.served.venues.items()
        }
        remote.served = replace(remote.served, venues=venues)
        return Simx(remote)

    def _url(self, scheme: str, port: int) -> str:
        return f"{scheme}://{self.get_container_host_ip()}:{self.get_exposed_port(port)}"
