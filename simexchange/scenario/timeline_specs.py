"""What happens in a scenario, and when: entries of a trigger and one action.

An entry's time is counted from the scenario's start. An entry with ``on`` happens when its event has happened for the
n-th time, once. ``for`` takes the action back after that long: a fault is removed, a halt ends, a move goes back.
"""

from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, field

from simexchange.scenario.values import WHOLE, Decimal, Duration, Name, PositiveDecimal, Share, Symbol, Word
from simexchange.scenario.venue_specs import BandSpec, Count, Levels, Permissions, Spec, Ticks
from simexchange.services.faults.event_names import NAMES

EventName: TypeAlias = Annotated[str, Meta(title="event", extra={"words": NAMES})]


class EventSpec(Spec, frozen=True):
    """The n-th event of a name, of those that fit all that is said."""

    event: EventName
    account: Name | None = None
    venue: Name | None = None
    symbol: Symbol | None = None
    nth: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class MoveSpec(Spec, frozen=True):
    """Move the fair price; other instruments of the base asset move along. No venue: on all that list the symbol."""

    symbol: Symbol
    by: Share
    over: Duration = Duration("0s")
    venue: Name | None = None


class MatchSpec(Spec, frozen=True):
    """Which requests, messages and orders a fault is about; no field: all of them."""

    venue: Name | None = None
    account: Name | None = None
    key: Word | None = None
    endpoint: Word | None = None
    """As the venue writes it: POST /api/v3/order, or order.place."""
    symbol: Word | None = None
    side: Literal["buy", "sell", "BUY", "SELL"] | None = None
    channel: Word | None = None
    connection: Count | None = None
    source_ip: Word | None = None


class WhenSpec(Spec, frozen=True):
    """Which of the matches a fault acts on; all that is said must hold."""

    skip: Count | None = None
    count: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    every_nth: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    probability: Share | None = None
    window: tuple[Duration, ...] | None = None
    """Two durations since the fault was armed: from, to."""
    on_event: EventName | None = None
    once_per_key: bool | None = None


class FaultSpec(Spec, frozen=True):
    """A fault to arm. Fields beside these are the kind's own parameters."""

    REST: ClassVar[str] = "params"

    kind: Word
    match: MatchSpec = MatchSpec()
    when: WhenSpec = WhenSpec()
    effect: Literal["apply", "discard"] | None = None
    """Whether the engine takes the command that the fault hides."""
    ttl: Duration | None = None
    params: dict[str, Any] = field(default_factory=dict)

    def as_rule(self) -> dict[str, Any]:
        """The fault as plain data, as the fault engine and the control API take it."""
        rule: dict[str, Any] = msgspec.to_builtins(self, enc_hook=str)
        own: dict[str, Any] = rule.pop("params", {})
        return rule | own


class FillSpec(Spec, frozen=True):
    """Fill the order the entry's event was about or, without one, every open order that fits."""

    ratio: Share = WHOLE
    """Of what is left of the order."""
    account: Name | None = None
    symbol: Symbol | None = None
    venue: Name | None = None


class HaltSpec(Spec, frozen=True):
    """Stop an instrument's trading (no symbol: all)."""

    symbol: Symbol | None = None
    venue: Name | None = None
    status: Literal["halted", "post_only", "cancel_only"] = "halted"


class ResumeSpec(Spec, frozen=True):
    """Trade an instrument again (no symbol: all)."""

    symbol: Symbol | None = None
    venue: Name | None = None


class DelistSpec(Spec, frozen=True):
    """Delist an instrument for good: resting orders are canceled, its book empties, and clients find it no more."""

    symbol: Symbol
    venue: Name | None = None


class RulesSpec(Spec, frozen=True):
    """Change an instrument's rules while orders rest."""

    ANY_OF: ClassVar = (
        (
            "tick",
            "lot",
            "min_price",
            "max_price",
            "min_quantity",
            "max_quantity",
            "market_max_quantity",
            "min_notional",
            "max_notional",
            "max_open_orders",
            "band",
        ),
    )

    symbol: Symbol
    venue: Name | None = None
    tick: PositiveDecimal | None = None
    lot: PositiveDecimal | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    market_max_quantity: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None
    max_open_orders: Count | None = None
    band: BandSpec | None = None


class BalanceSpec(Spec, frozen=True):
    """Money that comes or goes behind the bot's back; no more than is free can go."""

    ONE_OF: ClassVar = (("deposit", "withdraw"),)

    account: Name
    asset: Word
    venue: Name | None = None
    deposit: PositiveDecimal | None = None
    withdraw: PositiveDecimal | None = None


class KeySpec(Spec, frozen=True):
    """Change an account's API key. ``rotate`` issues the next one; the old one dies after ``overlap``."""

    ONE_OF: ClassVar = (("do", "permissions", "ip_allow"),)

    account: Name
    venue: Name | None = None
    do: Literal["revoke", "rotate"] | None = None
    overlap: Duration = Duration("0s")
    permissions: Permissions | None = None
    ip_allow: tuple[Word, ...] | None = None


class SpreadSpec(Spec, frozen=True):
    """Reshape an instrument's market. ``sizes`` and ``trades`` are factors of the usual: "0.1" is a tenth."""

    ANY_OF: ClassVar = (("ticks", "levels", "sizes", "trades"),)

    symbol: Symbol
    venue: Name | None = None
    ticks: Ticks | None = None
    levels: Levels | None = None
    sizes: Share | None = None
    trades: Share | None = None
    """How often somebody trades."""


Action: TypeAlias = (
    MoveSpec
    | FaultSpec
    | FillSpec
    | HaltSpec
    | ResumeSpec
    | DelistSpec
    | RulesSpec
    | BalanceSpec
    | KeySpec
    | SpreadSpec
    | str
)

ACTIONS: Final = (
    "move",
    "fault",
    "fill",
    "halt",
    "resume",
    "delist",
    "rules",
    "balance",
    "key",
    "spread",
    "note",
)
LASTING: Final = frozenset({"move", "fault", "halt", "rules", "key", "spread"})
"""Actions that can be taken back, so that an entry may say for how long."""


class Entry(Spec, frozen=True, rename={"for_": "for"}):
    """One thing that happens: ``at`` a time or ``on`` an event, and exactly one action."""

    ONE_OF: ClassVar = (("at", "on"), ACTIONS)

    at: Duration | None = None
    on: EventSpec | None = None
    for_: Duration | None = None
    move: MoveSpec | None = None
    fault: FaultSpec | None = None
    fill: FillSpec | None = None
    halt: HaltSpec | None = None
    resume: ResumeSpec | None = None
    delist: DelistSpec | None = None
    rules: RulesSpec | None = None
    balance: BalanceSpec | None = None
    key: KeySpec | None = None
    spread: SpreadSpec | None = None
    note: str | None = None

    @property
    def action(self) -> tuple[str, Action]:
        """The one action: its name and what it says."""
        for name in ACTIONS:
            said: Action | None = getattr(self, name)
            if said is not None:
                return name, said
        raise AssertionError("an entry has an action")
