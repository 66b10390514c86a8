"""The control API without its port: operations carried out for whoever is in the exchange's own process.

The same table, checks and answers; no token, for nobody stands between.
"""

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from simexchange.control import table
from simexchange.control.operations import Asked, Made, Operation
from simexchange.control.problems import Problem
from simexchange.control.reading import NoQuery, convert

if TYPE_CHECKING:
    from simexchange.app import Exchange


class Direct:
    """The operations of one served exchange, by name. To be used on its event loop."""

    def __init__(self, exchange: "Exchange") -> None:
        self._controls = exchange.controls
        self._operations = {operation.name: operation for operation in table.OPERATIONS}

    async def ask(
        self, name: str, path: Mapping[str, str], query: Mapping[str, Any], body: Mapping[str, Any] | None
    ) -> Any:
        """The operation's answer, as JSON would tell it. Raises Problem, KeyError where there is no such operation."""
        operation = self._operations[name]
        wanted = NoQuery() if operation.query is NoQuery and not query else convert(query, operation.query, False)
        answer = operation.handler(Asked(self._controls, path, wanted, _body(operation, body)))
        if inspect.isawaitable(answer):
            answer = await answer
        return msgspec.json.decode(msgspec.json.encode(answer.value if isinstance(answer, Made) else answer))


def _body(operation: Operation, body: Mapping[str, Any] | None) -> Any:
    if operation.body is not None:
        return convert(body or {}, operation.body)
    if operation.raw_schema is not None:
        return dict(body or {})
    if body:
        raise Problem(422, f"{operation.name} takes no body", passes="an empty body")
    return None
