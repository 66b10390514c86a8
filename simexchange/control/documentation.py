"""The control API about itself: OpenAPI for programs, a page for people. Neither asks anything of another machine."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from simexchange.control.operations import Asked, Operation, Text

PAGE: Final = Path(__file__).with_name("docs.html")


@cache
def described() -> dict[str, Any]:
    """The document, made when it is first asked for."""
    from simexchange.control.openapi import document
    from simexchange.control.table import OPERATIONS as ALL

    return document(ALL)


def openapi(_: Asked) -> dict[str, Any]:
    return described()


def page(_: Asked) -> Text:
    return Text(PAGE.read_text(encoding="utf-8"), "text/html; charset=utf-8")


OPERATIONS: Final = (
    Operation("GET", "/openapi.json", "This API as OpenAPI 3.1", openapi, dict[str, Any]),
    Operation("GET", "/docs", "This API as a page, to be read and tried", page, str, media_type="text/html"),
)
