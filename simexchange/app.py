"""The whole exchange in one process: ``async with Exchange(options) as exchange`` builds it, serves it, and ends it."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterable
from functools import cached_property
from ipaddress import ip_address
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct

from simexchange import __version__, signals
from simexchange.description import Description, TlsOptions, describe_clock, describe_venue
from simexchange.dialects.base import Dialect
from simexchange.dialects.gate import Gate
from simexchange.logs import FIELDS
from simexchange.memory import Housekeeper
from simexchange.runs.runner import Runner
from simexchange.services.clock import AS_FAST, ClockMode, Speed, WorldClock
from simexchange.services.randomness import process_token
from simexchange.transports.pacemaker import Pacemaker
from simexchange.transports.server import (
    AddressUnusable,
    ApplicationServer,
    PortTaken,
    Server,
    VenueServer,
    open_socket,
)
from simexchange.transports.stragglers import Stragglers
from simexchange.venues import PORTS, VENUES
from simexchange.world import World

if TYPE_CHECKING:
    from simexchange.control.controls import Controls
    from simexchange.front import Front
    from simexchange.scenario.specs import Scenario

log = logging.getLogger(__name__)

DEFAULT_SEED: Final = 42
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT_BASE: Final = 8787
DEFAULT_SCENARIO: Final = "calm"
HIGHEST_PORT_BASE: Final = 65_536 - PORTS


class Options(Struct, frozen=True):
    """What ``simexchange serve`` can be told. ``accounts`` are generated ones, beside the scenario's."""

    seed: int = DEFAULT_SEED
    accounts: int = 0
    host: str = DEFAULT_HOST
    port_base: int = DEFAULT_PORT_BASE
    scenario: str = DEFAULT_SCENARIO
    venues: tuple[str, ...] = tuple(VENUES)
    limits: str = "venue"
    clock: ClockMode = ClockMode.REAL
    speed: Speed = AS_FAST
    start_ns: int | None = None
    """When virtual time begins; now, by default."""
    spec: "Scenario | None" = None
    """The scenario itself, where it was read already; else it is the shipped one of that name."""
    control_host: str | None = None
    """The address the control port listens on; the same as the venues', by default."""
    control_token: str | None = None
    """What guards the control port; a new one on every start, by default."""
    control_names: tuple[str, ...] = ()
    """Host names by which clients may call the control port, beside the loopback's and the one it is bound to."""
    tls: TlsOptions | None = None
    """The TLS front, if there is to be one."""

    def __repr__(self) -> str:
        return f"Options({self.scenario!r}, seed={self.seed})"

    def port(self, offset: int) -> int:
        """The port at an offset from the base; 0, for a free one, when the base is 0."""
        return self.port_base + offset if self.port_base else 0

    def limits_of(self, venue: str) -> str:
        """A venue's rate limits: those asked for, else the scenario's."""
        if self.limits != "venue" or self.spec is None:
            return self.limits
        return self.spec.venues[venue].limits_text


DEFAULT_OPTIONS: Final = Options()


class StartFailure(Exception):
    """The exchange cannot be started here; the message is for the person who tried."""


Build = Callable[[Options, WorldClock], World]


def build_scenario(options: Options, clock: WorldClock) -> World:
    """The options' scenario as a world, its market seeded."""
    from simexchange.scenario import build_world

    return build_world(options.spec or options.scenario, clock, options.seed, options.venues, options.accounts).world


class Exchange:
    """One world being served: a port per venue, one for control, and the clock that keeps it going."""

    def __init__(self, options: Options = DEFAULT_OPTIONS, build: Build = build_scenario) -> None:
        self.options = options
        self.world: World
        self.description: Description | None = None
        """Set once everything is being served."""
        self._build = build
        self.clock = WorldClock(options.clock, options.speed, options.start_ns)
        self._servers: list[Server] = []
        self._dialects: list[Dialect] = []
        self._authorities: dict[str, str] = {}
        self._control_authority = ""
        self.front: Front | None = None
        """The TLS front, once it is open, if there is one."""
        self.pacemaker: Pacemaker
        """Set with the world; moves its time."""
        self.runner: Runner
        """Set with the world; carries the scenario out."""
        self.control_token = options.control_token or process_token()
        self.control_port = 0
        """Known once it is taken."""

    @cached_property
    def controls(self) -> "Controls":
        """The one hand that all of the control API, and a handle in this process, lay on it."""
        from simexchange.control.controls import Controls

        return Controls(self)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Take the ports, build the world, then serve it. Raises StartFailure, and leaves nothing behind."""
        options = self.options
        control_socket, *venue_sockets = self._open_sockets()
        try:
            self._check_control(control_socket)
            self.front = self._open_front()
            world = self.world = self._build(options, self.clock)
            stragglers = Stragglers()
            self.pacemaker = Pacemaker(self.clock, asyncio.get_running_loop(), stragglers)
            control = ApplicationServer(self._control, control_socket, options.control_host or options.host)
            venues, gates = {}, []
            for name, listening in zip(options.venues, venue_sockets, strict=True):
                dialect = VENUES[name].open(world.doors[name], world.randomness, options.limits_of(name))
                dialect.start()
                gate = Gate(dialect, world.doors[name], world.faults, world.journal)
                world.stage.controls[name] = gate
                gates.append(gate)
                world.keep(dialect)
                world.snapshots.before_turning_back.append(gate.drop_held)
                venues[name] = VenueServer(gate, listening, options.host, stragglers=stragglers)
                world.stage.ports[name] = venues[name]
                world.snapshots.before_turning_back.append(venues[name].reset_unanswered)
        except BaseException:
            _close((control_socket, *venue_sockets))
            if self.front is not None:
                self.front.close()
            raise
        self._dialects = [gate.dialect for gate in gates]
        self._servers = [*venues.values(), control]
        for server in self._servers:
            await server.start()
        if self.front is not None:
            await self.front.start(venues)
        self.runner = Runner(world, self._scenario(), gates)
        world.snapshots.begin()
        self.pacemaker.start()
        self._authorities = {name: server.authority for name, server in venues.items()}
        self._control_authority = control.authority
        self.runner.begin()
        self.description = self.describe()

    def describe(self) -> Description:
        """What is being served, as it is now: keys may have been replaced since the start."""
        options = self.options
        return Description(
            seed=options.seed,
            scenario=self.runner.scenario.name,
            clock=describe_clock(self.clock),
            control_url=f"http://{self._control_authority}",
            control_token=self.control_token,
            venues={
                name: describe_venue(self.world.doors[name].venue, VENUES[name].spell, authority)
                for name, authority in self._authorities.items()
            },
            tls=None if self.front is None else self.front.describe(),
        )

    async def stop(self) -> None:
        """Take leave of every client and close the ports; well under a second, whatever the clients do."""
        self.description = None
        if self._servers:
            self.pacemaker.stop()
        for dialect in self._dialects:
            dialect.shut_down()
        if self.front is not None:
            await self.front.stop()
        servers, self._servers = self._servers, []
        await asyncio.gather(*(server.stop() for server in servers))

    def _open_sockets(self) -> list[socket.socket]:
        """The control port's, then one per venue."""
        options = self.options
        wanted = [("control", 0, options.control_host or options.host)]
        wanted += [(name, VENUES[name].port_offset, options.host) for name in options.venues]
        sockets: list[socket.socket] = []
        try:
            for _, offset, host in wanted:
                sockets.append(open_socket(host, options.port(offset)))
        except PortTaken as taken:
            _close(sockets)
            raise StartFailure(_explain(taken, wanted[len(sockets)][0])) from taken
        except AddressUnusable as unusable:
            _close(sockets)
            option = (
                "--host (SIMX_HOST)" if sockets or not options.control_host else "--control-host (SIMX_CONTROL_HOST)"
            )
            raise StartFailure(f"{unusable}; {option} names the address to listen on") from unusable
        return sockets

    def _open_front(self) -> "Front | None":
        """Imported only where there is one: certificates take a library that is slow to load."""
        options = self.options
        if options.tls is None:
            return None
        from simexchange.front import Front
        from simexchange.transports.authority import AuthorityUnusable

        try:
            return Front(options.tls, options.host, self.clock.wall_ns, are_free=not options.port_base)
        except PortTaken as taken:
            raise StartFailure(
                f"port {taken.port} on {taken.host}, wanted for TLS, is taken; `ss -ltnp 'sport = :{taken.port}'` shows"
                " by whom.\nChoose others with --tls-ports (SIMX_TLS_PORTS): 0 takes a free one."
            ) from taken
        except AddressUnusable as unusable:
            raise StartFailure(f"{unusable}; --tls-ports (SIMX_TLS_PORTS) names other ports") from unusable
        except AuthorityUnusable as unusable:
            raise StartFailure(str(unusable)) from unusable

    def _check_control(self, listening: socket.socket) -> None:
        """Whoever reaches the controls from elsewhere must hold a token that somebody chose. Raises StartFailure."""
        address, self.control_port = listening.getsockname()[:2]
        if self.options.control_token is None and not ip_address(address.partition("%")[0]).is_loopback:
            raise StartFailure(
                f"on {self.options.control_host or self.options.host} other machines can reach the control port: choose"
                " its token with --control-token (SIMX_CONTROL_TOKEN), or keep it here with --control-host 127.0.0.1"
            )

    def _scenario(self) -> "Scenario":
        from simexchange.scenario import load

        return self.options.spec or load(self.options.scenario)

    def _control(self) -> object:
        from simexchange.control.application import control_application

        names = (self.options.control_host or self.options.host, *self.options.control_names)
        return control_application(self, self.control_token, names, self.control_port)


def _close(sockets: Iterable[socket.socket]) -> None:
    for taken in sockets:
        taken.close()


def _explain(taken: PortTaken, wanted_for: str) -> str:
    return (
        f"port {taken.port} on {taken.host}, wanted for {wanted_for}, is taken, perhaps by another simexchange;"
        f" `ss -ltnp 'sport = :{taken.port}'` shows by whom.\n"
        f"Choose other ports with --port-base (SIMX_PORT_BASE): 0 takes free ones."
    )


async def serve(options: Options, on_ready: Callable[[Description], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``on_ready`` is called once the market is open. A second signal ends at once."""
    stopping = asyncio.Event()
    housekeeper = Housekeeper(asyncio.get_running_loop())

    def on_signal(number: int) -> None:
        if stopping.is_set():
            os._exit(signals.SIGNALED + number)
        log.info("stopping: %s", signal.Signals(number).name)
        stopping.set()

    with signals.heard(on_signal):
        async with Exchange(options) as exchange:
            assert exchange.description is not None
            _log_start(exchange.description)
            housekeeper.start()
            try:
                if not stopping.is_set():
                    on_ready(exchange.description)
                await stopping.wait()
            finally:
                housekeeper.stop()
    log.info("stopped")


def _log_start(description: Description) -> None:
    ports = {name: venue.rest_url for name, venue in description.venues.items()}
    told = {"version": __version__, "seed": description.seed, "scenario": description.scenario}
    where = {"control": description.control_url, "venues": ports}
    log.info("serving %s on %s", description.scenario, description.control_url, extra={FIELDS: told | where})
