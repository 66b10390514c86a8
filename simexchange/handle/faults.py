"""Arming and removing faults by flat keyword arguments, and what of them fired."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from simexchange.handle.backend import Backend, Refused
from simexchange.services.faults.kinds import load_catalogue
from simexchange.services.faults.reading import fields_of
from simexchange.services.faults.rule import Match, When
from simexchange.services.likeness import nearest

_PARTS: Final = {"match": fields_of(Match), "when": fields_of(When)}
_FLAT: Final = (*_PARTS["match"], *_PARTS["when"])


Rule: TypeAlias = dict[str, Any]
"""A rule, a firing or a kind of fault, as the control API shows it."""
Rules: TypeAlias = list[Rule]


class Faults:
    """``simx.faults``: the rules in force."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def add(self, kind: str, **more: Any) -> Rule:
        """Arm a rule; the rule as the exchange has it, its ``id`` included.

        Names of ``match`` (venue, account, endpoint ...) and ``when`` (count, skip, every_nth ...) stand flat beside
        effect, ttl, id and the kind's own parameters; ``match=`` and ``when=`` may be mappings too. Raises Refused with
        what would pass.
        """
        try:
            return dict(self._backend.ask("POST /faults", body={"kind": kind, **sorted_into_parts(kind, more)}))
        except Refused as refused:
            field = str(refused.problem.get("field", ""))
            near = nearest(field, _FLAT) if field in more else None
            raise refused.hinting(f"did you mean {near!r}?" if near else "") from None

    def change(self, rule_id: str, **more: Any) -> Rule:
        """Replace parts of a rule; it goes on counting where it was."""
        kind = self._backend.ask("GET /faults/{id}", {"id": rule_id})["kind"]
        return dict(self._backend.ask("PATCH /faults/{id}", {"id": rule_id}, body=sorted_into_parts(kind, more)))

    def remove(self, rule: str | Mapping[str, Any]) -> Rule:
        """End a rule, named by its id or by what ``add`` gave; the rule and how far it came."""
        rule_id = rule if isinstance(rule, str) else str(rule["id"])
        return dict(self._backend.ask("DELETE /faults/{id}", {"id": rule_id}))

    def clear(self) -> None:
        """End every rule."""
        self._backend.ask("DELETE /faults")

    def list(self) -> Rules:
        """The rules in force, in the order in which they were armed."""
        return list(self._backend.ask("GET /faults"))

    def fired(self, kind: str | None = None, rule: str | None = None, **more: Any) -> Rules:
        """What fired since the world began or was reset, oldest first; of a kind, of a rule, on an account."""
        query = {"kind": kind, "rule": rule, "limit": 10_000} | more
        return list(self._backend.ask("GET /faults/fired", query=_said(query)))

    def catalogue(self) -> Rules:
        """Every kind of fault: its parameters, and what a correct bot does about it."""
        return list(self._backend.ask("GET /faults/catalogue"))


def sorted_into_parts(kind: str, flat: Mapping[str, Any]) -> dict[str, Any]:
    """Flat arguments as the body of a rule: the kind's own names first, others where rules have them."""
    body: dict[str, Any] = {}
    own = _parameters(kind)
    for name, value in flat.items():
        part = None if name in own else next((part for part, names in _PARTS.items() if name in names), None)
        if part is not None:
            body.setdefault(part, {})[name] = value
        elif name in _PARTS and name not in own:
            body.setdefault(name, {}).update(value)
        else:
            body[name] = value
    return body


@lru_cache
def _parameters(kind: str) -> frozenset[str]:
    """A kind's own parameters; none for a kind that is not known here."""
    known = load_catalogue().find(kind)
    return frozenset() if known is None else frozenset(fields_of(known.params))


def _said(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}
