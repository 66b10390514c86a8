"""OpenAPI 3.1 from the table of operations: paths, parameters, bodies, answers and problems; nothing is said twice."""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final, get_args, get_type_hints

import msgspec
from msgspec import Struct

from simexchange import __version__
from simexchange.control import events
from simexchange.control.fault_catalogue import schema_of, text_schema
from simexchange.control.field_help import help_of
from simexchange.control.operations import Operation
from simexchange.control.problems import MEDIA_TYPE

REF: Final = "#/components/schemas/{name}"
_IN_PATH: Final = re.compile(r"\{(\w+)\}")
_PROBLEM: Final = {
    "type": "object",
    "description": "What was wrong and what would pass (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people: what was wrong, and often what would pass."},
        "field": {"type": "string", "description": "Where in the request."},
        "sent": {"description": "What stood there."},
        "passes": {"type": "string", "description": "What would have been good."},
        "reason": {"type": "string", "description": "Why the venue said no."},
    },
    "required": ["type", "title", "status", "detail"],
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document."""
    operations = tuple(operations)
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(types, schema_hook=text_schema, ref_template=REF)
    by_type = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    _explain(components, types)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, by_type)
    paths[events.PATH] = {"get": _events()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "simexchange control",
            "version": __version__,
            "description": "For whoever runs the exchange; bots have no business here. Errors are problem details.",
        },
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": dict(components) | {"Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "simx_control_PORT"},
            },
        },
    }


def _types(operations: Iterable[Operation]) -> list[Any]:
    found = []
    for operation in operations:
        found += [kind for kind in (operation.answers, operation.body) if kind is not None]
    return found


def _explain(components: dict[str, Any], types: Iterable[Any]) -> None:
    """Give every field its help."""
    for struct in _structs(types, set()):
        schema = components.get(struct.__name__)
        if schema is None:
            continue
        for name, text in help_of(struct).items():
            field = schema.get("properties", {}).get(name)
            if field is not None:
                field["description"] = text


def _structs(types: Iterable[Any], seen: set[Any]) -> Iterator[type[Struct]]:
    for kind in types:
        if isinstance(kind, type) and issubclass(kind, Struct):
            if kind not in seen:
                seen.add(kind)
                yield kind
                yield from _structs(get_type_hints(kind, include_extras=True).values(), seen)
        else:
            yield from _structs(get_args(kind), seen)


def _operation(operation: Operation, by_type: dict[int, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "operationId": _operation_id(operation),
        "summary": operation.summary,
        "tags": [_tag(operation.path)],
        "parameters": [*_path_parameters(operation.path), *query_parameters(operation.query)],
        "responses": _responses(operation, by_type),
    }
    if operation.is_open:
        shown["security"] = []
    if operation.has_body:
        schema = operation.raw_schema() if operation.raw_schema is not None else by_type[id(operation.body)]
        content: dict[str, Any] = {"schema": schema}
        if operation.example is not None:
            content["example"] = dict(operation.example)
        contents = {"application/json": content}
        if operation.body is not None and "yaml" in operation.body.__struct_fields__:
            contents["application/yaml"] = {"schema": {"type": "string"}}
        shown["requestBody"] = {"required": _needs_body(operation), "content": contents}
    return shown


def _needs_body(operation: Operation) -> bool:
    """An empty body is an empty object, which will do where nothing in it is required."""
    if operation.body is not None:
        return any(field.required for field in msgspec.structs.fields(operation.body))
    return operation.raw_schema is not None and bool(operation.raw_schema().get("required"))


def _responses(operation: Operation, by_type: dict[int, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if operation.answers is None:
        responses["204"] = {"description": "Done; no body."}
    else:
        schema = by_type[id(operation.answers)]
        responses[str(operation.status)] = {
            "description": operation.summary,
            "content": {operation.media_type: {"schema": schema}},
        }
        if operation.status == 201:
            location = {"description": "Where it is from now on.", "schema": {"type": "string"}}
            responses["201"]["headers"] = {"Location": location}
    for status in problem_statuses(operation):
        content = {MEDIA_TYPE: {"schema": {"$ref": REF.format(name="Problem")}}}
        responses[str(status)] = {"description": HTTPStatus(status).description or "It failed.", "content": content}
    return responses


def problem_statuses(operation: Operation) -> tuple[int, ...]:
    """Every status of a problem that the operation can answer with."""
    usual = {403, 422} if operation.is_open else {401, 403, 422}
    if operation.has_body:
        usual |= {400, 413}
    return tuple(sorted(usual | set(operation.problems)))


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _IN_PATH.findall(path)
    ]


def query_parameters(query: type[Struct]) -> list[dict[str, Any]]:
    """What may stand after the question mark."""
    hints, helps = get_type_hints(query, include_extras=True), help_of(query)
    parameters = []
    for field in msgspec.structs.fields(query):
        schema = _without_null(schema_of(hints[field.name]))
        if field.default not in (None, msgspec.NODEFAULT):
            schema["default"] = field.default
        shown = {"name": field.encode_name, "in": "query", "required": field.required, "schema": schema}
        if field.encode_name in helps:
            shown["description"] = helps[field.encode_name]
        parameters.append(shown)
    return parameters


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; it is never null."""
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice != {"type": "null"}]
        return dict(choices[0]) if len(choices) == 1 else {"anyOf": choices}
    return dict(schema)


def _events() -> dict[str, Any]:
    """The one route that OpenAPI has no words for."""
    return {
        "operationId": "get_events",
        "summary": "A WebSocket: the journal as it grows, one entry a line; ?since= resumes",
        "tags": ["journal"],
        "parameters": query_parameters(events.EventsQuery),
        "responses": {
            "101": {"description": "A WebSocket from now on."},
            "426": {"description": "It is asked for without an upgrade."},
        },
    }


def _operation_id(operation: Operation) -> str:
    words = re.sub(r"[^a-z]+", "_", operation.path.lower()).strip("_")
    return f"{operation.method.lower()}_{words or 'index'}"


def _tag(path: str) -> str:
    """What the operation is about: the last word of its path that is the name of many."""
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    if parts[:1] == ["venues"]:
        return next((part for part in ("orders", "keys", "instruments", "accounts") if part in parts), "venues")
    return {"health": "general", "info": "general", "reset": "snapshots", "events": "journal", "verify": "journal"}.get(
        parts[0] if parts else "info", parts[0] if parts else "general"
    )
