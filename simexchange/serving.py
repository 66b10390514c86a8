"""What ``simexchange serve`` does besides serving: reads options, writes logs, banner, JSON line and SIMX_* file."""

import os
import string
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from msgspec.structs import replace

from simexchange import logs
from simexchange.app import HIGHEST_PORT_BASE, Options, StartFailure, build_scenario, serve
from simexchange.banner import banner
from simexchange.description import Description, TlsOptions, VenueDescription, describe_venue
from simexchange.services.clock import ClockMode, Speed, WorldClock
from simexchange.services.durations import format_instant, parse_instant
from simexchange.transports.server import new_event_loop
from simexchange.venues import VENUES, LimitsError, check_limits

if TYPE_CHECKING:
    from simexchange.scenario.parse import Checks
    from simexchange.scenario.specs import Scenario

__all__ = ["StartFailure", "UsageError", "describe_offline", "fronted", "guarded", "options", "run"]

DEFAULT_SPEED: Final = Speed.parse("20")
EARLIEST_START_NS: Final = parse_instant("2000-01-01T00:00:00Z")
LATEST_START_NS: Final = parse_instant("2100-01-01T00:00:00Z")
SHORTEST_TOKEN: Final = 8
TOKEN_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "-._~")
"""What stands in a header, a cookie and an address as it is."""
HIGHEST_PORT: Final = 65_535
LOG_LEVELS: Final = ("debug", "info", "warning", "error")


class UsageError(ValueError):
    """The options make no sense."""


def options(
    seed: int | None,
    accounts: int,
    host: str,
    port_base: int,
    scenario: str,
    venues: Sequence[str] | None,
    limits: str,
    clock: str | None = None,
    speed: str | None = None,
    start: str | None = None,
) -> Options:
    """Checked options; None and what is left out is as the scenario has it. Raises UsageError."""
    spec = _scenario(scenario)
    chosen = tuple(dict.fromkeys(venues or spec.venues))
    for venue in chosen:
        if venue not in VENUES:
            raise UsageError(f"there is no venue {venue!r}; there is {', '.join(VENUES)}")
        if venue not in spec.venues:
            raise UsageError(f"scenario {spec.name} has no venue {venue!r}; it has {', '.join(spec.venues)}")
    if port_base > HIGHEST_PORT_BASE:
        raise UsageError(f"--port-base may be {HIGHEST_PORT_BASE} at most: the venues' ports follow it")
    try:
        check_limits(limits, chosen)
    except LimitsError as error:
        raise UsageError(str(error)) from error
    time = spec.clock
    if speed is None and clock in (None, time.mode) and time.speed is not None:
        speed = f"{time.speed:f}"
    if start is None and time.start is not None:
        start = str(time.start)
    mode, pace, start_ns = _time(clock or time.mode, speed, start)
    seed = spec.seed if seed is None else seed
    return Options(seed, accounts, host, port_base, spec.name, chosen, limits, mode, pace, start_ns, spec)


def guarded(chosen: Options, token: str | None, names: Sequence[str], control_host: str | None = None) -> Options:
    """The same options with this control token, for clients that call the control port by these names too.

    ``control_host`` is the address it listens on, where that is another than the venues'.

    Raises UsageError.
    """
    if token is not None and not (len(token) >= SHORTEST_TOKEN and set(token) <= TOKEN_CHARACTERS):
        raise UsageError(
            f"--control-token (SIMX_CONTROL_TOKEN) is {len(token)} characters long; {SHORTEST_TOKEN} or more letters,"
            " digits, - . _ and ~ pass"
        )
    return replace(chosen, control_token=token, control_names=tuple(names), control_host=control_host)


def fronted(chosen: Options, tls: bool, ports: str | None, ca_dir: str | None) -> Options:
    """The same options with a TLS front, if there is to be one. Raises UsageError."""
    if not tls:
        return chosen
    from simexchange.transports.authority import folder_of

    return replace(chosen, tls=TlsOptions(read_ports(ports), folder_of(ca_dir)))


def read_ports(text: str | None) -> tuple[int, ...] | None:
    """``443,9443`` as numbers. Raises UsageError."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 6 and int(part) <= HIGHEST_PORT for part in parts):
        raise UsageError(f"--tls-ports {text!r} is no list of ports: 443,9443 passes, or 0 for a free one")
    return tuple(dict.fromkeys(map(int, parts)))


def _scenario(name_or_path: str) -> "Scenario":
    from simexchange.scenario import ScenarioError, UnknownScenario, load

    try:
        return load(name_or_path, _all_checks)
    except (ScenarioError, UnknownScenario) as error:
        raise UsageError(str(error)) from error


def _all_checks() -> "Checks":
    from simexchange.scenario_checks import all_checks

    return all_checks()


def _time(clock: str, speed: str | None, start: str | None) -> tuple[ClockMode, Speed, int | None]:
    """How time runs, how fast, and from when."""
    try:
        mode = ClockMode.named(clock)
        pace = DEFAULT_SPEED if speed is None else Speed.parse(speed)
        start_ns = None if start is None else parse_instant(start)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if speed is not None and mode is not ClockMode.SCALED:
        raise UsageError(f"--speed {speed} is for --clock scaled; this is --clock {mode.value}")
    if start_ns is not None and not EARLIEST_START_NS <= start_ns < LATEST_START_NS:
        earliest, latest = format_instant(EARLIEST_START_NS), format_instant(LATEST_START_NS)
        raise UsageError(f"--start {start} is not from {earliest} to before {latest}")
    return mode, pace, start_ns


def run(chosen: Options, json_line: bool, env_out: Path | None, log_level: str, log_format: str | None = None) -> None:
    """Serve until told to stop. Raises StartFailure or UsageError."""
    log_to_stderr(log_level, log_format)

    def announce(description: Description) -> None:
        if env_out is not None:
            write_private(env_out, "".join(f"{line}\n" for line in description.as_env()))
        if json_line:
            sys.stdout.write(description.as_json() + "\n")
        else:
            sys.stdout.write(banner(description, in_color=wants_color(sys.stdout)))
        sys.stdout.flush()

    loop = new_event_loop()
    try:
        loop.run_until_complete(serve(chosen, announce))
    finally:
        loop.close()


def describe_offline(chosen: Options, venue: str) -> VenueDescription:
    """A venue as it would be served, its accounts and keys included; nothing is."""
    world = build_scenario(chosen, WorldClock())
    port = chosen.port(VENUES[venue].port_offset)
    return describe_venue(world.doors[venue].venue, VENUES[venue].spell, f"{chosen.host}:{port}")


def log_to_stderr(level: str, form: str | None = "console") -> None:
    """Have logs of at least this level written to standard error; None: as it suits who reads. Raises UsageError."""
    if level not in LOG_LEVELS:
        raise UsageError(f"--log-level is one of {', '.join(LOG_LEVELS)}")
    if form is not None and form not in logs.FORMATS:
        raise UsageError(f"--log-format is one of {', '.join(logs.FORMATS)}")
    logs.log_to_stderr(level, form)


def wants_color(stream: TextIO) -> bool:
    """Colour is for terminals whose owner has not asked to be spared (NO_COLOR, TERM=dumb)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, whole at once: who waits for it never sees a part. Or StartFailure."""
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    except OSError as error:
        raise StartFailure(f"cannot write {path}: {error.strerror}") from error
