import re
from html.parser import HTMLParser
from typing import Any

from jsonschema import Draft202012Validator

from control_bench import ALICE, LOST, Control, with_control, with_market
from simexchange.control import events
from simexchange.control.documentation import PAGE, described
from simexchange.control.field_help import help_of
from simexchange.control.operations import Operation
from simexchange.control.table import OPERATIONS


def reached(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][operation.path][operation.method.lower()]
    return found


def test_every_route_is_documented_and_everything_documented_is_a_route() -> None:
    documented = {f"{method.upper()} {path}" for path, methods in described()["paths"].items() for method in methods}
    assert documented == {operation.name for operation in OPERATIONS} | {f"GET {events.PATH}"}


def test_every_operation_tells_its_parameters_body_answer_and_problems() -> None:
    document = described()
    assert document["openapi"] == "3.1.0"
    names = set()
    for operation in OPERATIONS:
        shown = reached(document, operation)
        names.add(shown["operationId"])
        in_path = {parameter["name"] for parameter in shown["parameters"] if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", operation.path))
        in_query = {parameter["name"] for parameter in shown["parameters"] if parameter["in"] == "query"}
        assert in_query == set(operation.query.__struct_encode_fields__)
        assert ("requestBody" in shown) is operation.has_body
        assert str(204 if operation.answers is None else operation.status) in shown["responses"]
        assert ("401" in shown["responses"]) is not operation.is_open
        for status, response in shown["responses"].items():
            if int(status) >= 400:
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    assert len(names) == len(OPERATIONS)


def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    document = described()
    schemas = document["components"]["schemas"]
    references = re.findall(r"'\$ref': '#/components/schemas/(\w+)'", repr(document))
    assert references
    assert set(references) <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_bodies_are_closed_and_the_help_of_their_fields_is_in_the_document() -> None:
    schemas = described()["components"]["schemas"]
    for operation in OPERATIONS:
        if operation.body is not None:
            schema = schemas[operation.body.__name__]
            assert schema["additionalProperties"] is False
            for name, text in help_of(operation.body).items():
                assert schema["properties"][name]["description"] == text


def test_examples_pass_as_they_stand() -> None:
    async def work(control: Control) -> None:
        places = {"{venue}": "binance", "{account}": "alice", "{symbol}": "BTCUSDT", "{id}": "fault-1"}
        await control.do("POST", "/faults", LOST)
        for operation in OPERATIONS:
            if operation.example is None:
                continue
            path = operation.path
            if "{key}" in path:
                path = path.replace("{key}", (await control.do("POST", f"{ALICE}/keys", {}))["id"])
            if "{order}" in path:
                body = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.01", "price": "50000"}
                path = path.replace("{order}", str((await control.do("POST", f"{ALICE}/orders", body))["order_id"]))
            for name, value in places.items():
                path = path.replace(name, value)
            status, answer = await control.ask(operation.method, path, dict(operation.example))
            assert status == operation.status, (operation.name, answer)

    with_market(work)


def test_answers_are_what_the_document_says() -> None:
    async def work(control: Control) -> None:
        await control.do("POST", "/faults", LOST)
        await control.do("POST", "/snapshots")
        await control.signed("GET", "/api/v3/account")
        document = await control.get("/openapi.json")
        places = {"{venue}": "binance", "{account}": "alice", "{symbol}": "BTCUSDT", "{kind}": "response-lost"}
        checked = 0
        for operation in OPERATIONS:
            path = operation.path.replace("/faults/{id}", "/faults/fault-1").replace("{id}", "s1")
            for name, value in places.items():
                path = path.replace(name, value)
            if operation.method != "GET" or "{" in path or operation.media_type != "application/json":
                continue
            (schema,) = (
                content["schema"] for content in reached(document, operation)["responses"]["200"]["content"].values()
            )
            whole = schema | {"components": document["components"]}
            Draft202012Validator(whole).validate(await control.get(path))
            checked += 1
        assert checked > 15

    with_control(work)


class Outside(HTMLParser):
    """Everything a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]


def test_the_page_is_whole_in_itself() -> None:
    async def work(control: Control) -> None:
        reply = await control.http.get("/docs")
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        outside = Outside()
        outside.feed(reply.text)
        assert set(outside.found) <= {"/docs", "/openapi.json", "/journal"}
        assert not re.findall(r"(?:https?:)?//\w+\.\w+", PAGE.read_text(encoding="utf-8"))

    with_control(work)
