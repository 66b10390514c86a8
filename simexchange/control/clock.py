"""The world's time: how it runs, and moving it by hand. A move answers once all that was due has happened."""

from collections.abc import Awaitable
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from simexchange.control.controls import Controls
from simexchange.control.operations import Asked, Operation
from simexchange.control.problems import Problem, bad
from simexchange.control.reading import Body, duration, instant
from simexchange.services.clock import ClockError, ClockMode, Speed
from simexchange.services.durations import format_instant
from simexchange.transports.pacemaker import Stopped


class ClockState(Struct, frozen=True):
    mode: str
    """real, scaled or manual."""
    speed: str
    """The world's seconds per second of the machine: "1" in real time, "0" in manual time."""
    scaled_speed: str
    """The speed of scaled time, whether it is on or not: it is kept meanwhile."""
    now: str
    """The world's time."""
    now_ns: int
    machine_time: bool
    """Whether the world's time is the machine's."""
    next_timer: str | None
    """When something will happen next by itself."""


class ClockChange(Body, frozen=True):
    """At least one of them."""

    mode: Literal["real", "scaled", "manual"] | None = None
    """real, scaled or manual passes."""
    speed: Annotated[str | int | float, Meta(examples=["20"])] | None = None
    """Of scaled time: 0.001 to 100000."""
    now: Annotated[str, Meta(examples=["2026-01-05T12:00:00Z"])] | None = None
    """Go on from this later instant; all that was due until then happens first."""


class Advance(Body, frozen=True):
    """Exactly one of them."""

    by: Annotated[str, Meta(examples=["5s"])] | None = None
    """How far: 400ms, 7s, 1m30s, 24h and 3d pass."""
    to: Annotated[str, Meta(examples=["2026-01-05T12:00:00Z"])] | None = None
    """An instant that is not past: 2026-01-05T00:00:00Z passes."""


class Advanced(Struct, frozen=True):
    now: str
    now_ns: int
    ran: int
    """How many timers ran on the way."""


def show(asked: Asked) -> ClockState:
    return _state(asked.controls)


async def change(asked: Asked) -> ClockState:
    controls, body = asked.controls, asked.body
    if body.mode is None and body.speed is None and body.now is None:
        raise bad("", "nothing is to be changed", passes="mode, speed or now")
    clock = controls.world.clock
    mode = clock.mode if body.mode is None else ClockMode.named(body.mode)
    if body.speed is not None and mode is not ClockMode.SCALED:
        raise bad("speed", f"only scaled time has one, and this is {mode.value}", sent=body.speed, passes='"scaled"')
    speed = None if body.speed is None else _speed(body.speed)
    at_ns = None if body.now is None else _later(controls, "now", body.now)
    if body.mode is not None or speed is not None:
        clock.set_mode(mode, speed)
        controls.world.journal.note(controls.now_ns, "clock changed", mode.value)
    if at_ns is not None:
        await _arrival(controls.exchange.pacemaker.advance_to(at_ns))
    return _state(controls)


async def advance(asked: Asked) -> Advanced:
    controls, body = asked.controls, asked.body
    pacemaker = controls.exchange.pacemaker
    if (body.by is None) is (body.to is None):
        raise bad("", "one of by and to is wanted, and not both", passes='{"by": "5s"}')
    if body.by is not None:
        ran = await _arrival(pacemaker.advance(duration("by", body.by)))
    else:
        ran = await _arrival(pacemaker.advance_to(_later(controls, "to", body.to)))
    now_ns = controls.now_ns
    return Advanced(format_instant(now_ns), now_ns, ran)


async def _arrival(move: Awaitable[int]) -> int:
    try:
        return await move
    except Stopped:
        raise Problem(503, "the exchange stops, and time stands where it was by then", state="stopping") from None


def _state(controls: Controls) -> ClockState:
    clock = controls.world.clock
    now_ns, due_ns = clock.now_ns(), clock.next_due_ns()
    return ClockState(
        clock.mode.value,
        str(clock.pace),
        str(clock.speed),
        format_instant(now_ns),
        now_ns,
        clock.is_machine_time,
        None if due_ns is None else format_instant(due_ns),
    )


def _later(controls: Controls, field: str, text: str) -> int:
    at_ns, now_ns = instant(field, text), controls.now_ns
    if at_ns < now_ns:
        raise bad(field, f"{text} is past, and time does not go back", sent=text, passes=f"{format_instant(now_ns)} on")
    return at_ns


def _speed(value: str | float) -> Speed:
    text = value if isinstance(value, str) else f"{value:.9f}".rstrip("0").rstrip(".")
    try:
        return Speed.parse(text)
    except ClockError as error:
        raise bad("speed", str(error), sent=value, passes="0.001 to 100000") from None


OPERATIONS: Final = (
    Operation("GET", "/clock", "How time runs, and what time it is", show, ClockState),
    Operation(
        "PATCH",
        "/clock",
        "Switch between real, scaled and manual time, or jump ahead",
        change,
        ClockState,
        body=ClockChange,
        problems=(503,),
        example={"mode": "manual"},
    ),
    Operation(
        "POST",
        "/clock/advance",
        "Move time; answers once all that was due has happened, in order",
        advance,
        Advanced,
        body=Advance,
        problems=(503,),
        example={"by": "5s"},
    ),
)
