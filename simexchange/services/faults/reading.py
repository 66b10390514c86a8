"""From a mapping (a control request, a scenario's entry) to a rule; refusals name the field and what would pass."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from simexchange.domain.enums import Side
from simexchange.services.durations import Duration
from simexchange.services.faults.elsewhere import ELSEWHERE
from simexchange.services.faults.fault import Params
from simexchange.services.faults.kinds import Catalogue, Kind
from simexchange.services.faults.quantities import Probability, Ratio, Source
from simexchange.services.faults.rule import Match, RuleSpec, When
from simexchange.services.faults.verdicts import Effect
from simexchange.services.faults.wrong_values import explain
from simexchange.services.likeness import did_you_mean, nearest

StructT = TypeVar("StructT", bound=Struct)
_COMMON: Final = ("kind", "match", "when", "effect", "ttl", "id")
_OWN_TYPES: Final[tuple[type, ...]] = (Duration, Probability, Ratio, Source)


class RuleRefused(ValueError):
    """A rule that makes no sense: ``field`` is where, the text says what was sent and what would pass."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


def read_rule(data: Mapping[str, Any], catalogue: Catalogue, venues: Iterable[str]) -> RuleSpec:
    """A rule from plain data, every name in it checked. Raises RuleRefused.

    A part of the rule that is null is as if it had been left out; null is a value of a kind's own parameters alone.
    """
    data = {name: value for name, value in data.items() if value is not None or name not in _COMMON}
    kind = _kind(data, catalogue)
    own = {name: value for name, value in data.items() if name not in _COMMON}
    spec = RuleSpec(
        kind.name,
        _convert(_unnested(own, kind), kind.params, ""),
        _convert(data.get("match", {}), Match, "match"),
        _convert(data.get("when", {}), When, "when"),
        _effect(data.get("effect"), kind),
        _ttl(data.get("ttl")),
        _id(data.get("id")),
    )
    _check_match(spec, kind, tuple(venues))
    _check_when(spec.when)
    if kind.befalls_all:
        _check_happens_once(spec.when, kind)
    return spec


def show_rule(spec: RuleSpec) -> dict[str, Any]:
    """The rule as ``read_rule`` takes it, defaults left out."""
    parts = {"kind": spec.kind, "match": _plain(spec.match), "when": _plain(spec.when)}
    shown: dict[str, Any] = {name: part for name, part in parts.items() if part}
    if spec.effect is not None:
        shown["effect"] = spec.effect.value
    if spec.ttl is not None:
        shown["ttl"] = str(spec.ttl)
    return shown | _plain(spec.params)


def _plain(struct: Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(struct, enc_hook=str)
    return plain


def _kind(data: Mapping[str, Any], catalogue: Catalogue) -> Kind:
    name = data.get("kind")
    if name is None:
        raise RuleRefused("kind", "is missing: it names the fault, as response-lost does")
    kind = catalogue.find(name) if isinstance(name, str) else None
    if kind is None:
        if name in ELSEWHERE:
            raise RuleRefused("kind", f"there is no fault {name!r}: {ELSEWHERE[name]}")
        near = catalogue.nearest(str(name))
        hint = f"; did you mean {near!r}?" if near else f"; there are {', '.join(catalogue.kinds)}"
        raise RuleRefused("kind", f"there is no fault {name!r}{hint}")
    return kind


def _unnested(own: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """The kind's own parameters; a field that belongs into match or when is sent there by the refusal."""
    names = fields_of(kind.params)
    for name in own:
        if name in names:
            continue
        for part, struct in (("match", Match), ("when", When)):
            if name in fields_of(struct):
                raise RuleRefused(name, f'belongs into "{part}": {{"{part}": {{"{name}": ...}}}}')
        near = nearest(name, (*names, *_COMMON, *fields_of(Match), *fields_of(When)))
        hint = f"; did you mean {near!r}?" if near else nearest_hint(name, (*names, *_COMMON))
        raise RuleRefused(name, f"{kind.name} has no such parameter{hint}")
    return dict(own)


def fields_of(struct: type[Struct]) -> tuple[str, ...]:
    return struct.__struct_encode_fields__


def nearest_hint(name: str, names: Iterable[str]) -> str:
    """``; did you mean ...?`` or, where nothing is near, ``; there are ...``."""
    choices = tuple(names)
    return "; " + did_you_mean(name, choices, f"there are {', '.join(choices)}")


def _convert(value: object, struct: type[StructT], at: str) -> StructT:
    if not isinstance(value, Mapping):
        raise RuleRefused(at, f"{value!r} is no mapping of names to values")
    for name in value:
        if name not in fields_of(struct):
            where = f"{at}.{name}" if at else str(name)
            raise RuleRefused(where, f"there is no such field{nearest_hint(str(name), fields_of(struct))}")
    try:
        return msgspec.convert(dict(value), struct, dec_hook=own_type)
    except msgspec.ValidationError as error:
        message, at_path, path = str(error).rpartition(" - at `$")
        if not at_path:  # what a struct says of itself as a whole comes without a place
            message, path = path, ""
        path, message = explain(struct, value, path.rstrip("`").lstrip("."), message or str(error))
        where = ".".join(part for part in (at, path) if part)
        raise RuleRefused(where, message) from None


def own_type(kind: type, value: object) -> Any:
    """msgspec's hook for types of ours: Duration, Probability, Ratio, Source."""
    if kind in _OWN_TYPES:
        make: Callable[[object], Any] = kind
        return make(value)
    raise NotImplementedError(f"no way to read {kind}")


def _effect(value: object, kind: Kind) -> Effect | None:
    if value is None:
        return kind.effects[0] if kind.effects else None
    if not kind.effects:
        raise RuleRefused("effect", f"{kind.name} touches no command, so it has no effect to choose")
    passing = [effect.value for effect in kind.effects]
    if value not in passing:
        raise RuleRefused("effect", f"{value!r} is not what {kind.name} can do; {' or '.join(passing)} passes")
    return Effect(value)


def _ttl(value: object) -> Duration | None:
    if value is None:
        return None
    try:
        ttl = Duration(value)
    except ValueError as error:
        raise RuleRefused("ttl", str(error)) from None
    if ttl <= 0:
        raise RuleRefused("ttl", f"{value!r} is over before it begins: a duration above 0 passes")
    return ttl


def _id(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= 64 and all(part.isalnum() for part in value.split("-")):
        return value
    raise RuleRefused("id", f"{value!r} is no name for a rule: up to 64 letters, digits and hyphens pass")


def _check_match(spec: RuleSpec, kind: Kind, venues: tuple[str, ...]) -> None:
    match = spec.match
    if match.venue is not None and match.venue not in venues:
        raise RuleRefused("match.venue", f"there is no venue {match.venue!r}{nearest_hint(match.venue, venues)}")
    if kind.venues is not None:
        meant = venues if match.venue is None else (match.venue,)
        if not set(meant) & set(kind.venues):
            raise RuleRefused(
                "kind", f"{kind.name} cannot happen on {', '.join(meant)}: on {', '.join(kind.venues)} only"
            )
    if kind.matches is not None:
        for name in fields_of(Match):
            if getattr(match, name) is not None and name not in kind.matches:
                passing = " and ".join(kind.matches)
                what = "befalls the venue as a whole" if kind.befalls_all else "is not matched by that"
                raise RuleRefused(f"match.{name}", f"{kind.name} {what}: {passing} passes")
    if match.side is not None and match.side.lower() not in [side.value for side in Side]:
        raise RuleRefused("match.side", f"{match.side!r} is no side: buy and sell pass")


def _check_happens_once(when: When, kind: Kind) -> None:
    for name in ("skip", "every_nth", "probability", "once_per_key"):
        if getattr(when, name):
            raise RuleRefused(f"when.{name}", f"{kind.name} happens once, to all at a time: window and on_event pass")


def _check_when(when: When) -> None:
    for name in ("skip", "count", "every_nth"):
        value = getattr(when, name)
        least = 0 if name == "skip" else 1
        if value is not None and value < least:
            raise RuleRefused(f"when.{name}", f"{value} is too few: {least} or more passes")
    if when.window is not None and not 0 <= when.window[0] < when.window[1]:
        raise RuleRefused("when.window", f"{when.window[0]} to {when.window[1]} never opens: [10s, 40s] passes")


__all__ = ["Params", "RuleRefused", "fields_of", "nearest_hint", "own_type", "read_rule", "show_rule"]
