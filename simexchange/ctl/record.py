"""``simexchange ctl journal`` and ``verify``: what happened, and whether it was what should."""

import json
from collections.abc import Callable
from threading import Event
from typing import Annotated, Any, Final

import typer

from simexchange.ctl.client import Client
from simexchange.ctl.output import flat, tell
from simexchange.ctl.pairs import read_pairs
from simexchange.ctl.session import SAID_NO

LOOK_EVERY_S: Final = 0.5
Pairs = Annotated[list[str] | None, typer.Option("--param", help="A parameter it carried, repeatable: side=BUY.")]


def journal(
    context: typer.Context,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what happens from now on.")] = False,
    since: Annotated[int | None, typer.Option(help="After this number, the oldest first.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="request, answer, batch, fault, connection, note; several as a,b.")
    ] = None,
    venue: Annotated[str | None, typer.Option(help="Of this venue.")] = None,
    account: Annotated[str | None, typer.Option(help="Of this account.")] = None,
    endpoint: Annotated[str | None, typer.Option(help='"POST /api/v3/order"; * stands for anything.')] = None,
    house: Annotated[bool, typer.Option("--house", help="With the market makers' own.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many entries.")] = 50,
) -> None:
    """What happened, an entry a line, nothing secret in it."""
    client: Client = context.obj
    query: dict[str, Any] = {"kind": kind, "venue": venue, "account": account, "endpoint": endpoint}
    query |= {"house": house, "limit": limit, "since": since}
    page = client.ask("GET", "/journal", query=query)
    _lines(client, page["entries"])
    pause = Event()
    while follow:
        query |= {"since": page["next"], "limit": 1_000}
        page = client.ask("GET", "/journal", query=query)
        _lines(client, page["entries"])
        if not page["entries"]:
            pause.wait(LOOK_EVERY_S)


def _lines(client: Client, entries: list[Any]) -> None:
    for entry in entries:
        if client.raw:
            typer.echo(json.dumps(entry))
        else:
            typer.echo(f"{entry['seq']:>8}  {entry['ts']:<27}  {entry['kind']:<10}  {_SUMMARIES[entry['kind']](entry)}")


def verify(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help='"POST /api/v3/order", a path, order.place; * for anything.')],
    venue: Annotated[str | None, typer.Option(help="On this venue.")] = None,
    account: Annotated[str | None, typer.Option(help="By this account.")] = None,
    symbol: Annotated[str | None, typer.Option(help="About this instrument.")] = None,
    params: Pairs = None,
    at_least: Annotated[int | None, typer.Option(help="So often or more; once, by default.")] = None,
    at_most: Annotated[int | None, typer.Option(help="So often or less.")] = None,
    exactly: Annotated[int | None, typer.Option(help="Just so often.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Never.")] = False,
    since: Annotated[int | None, typer.Option(help="After this number of the journal.")] = None,
) -> None:
    """Count the requests seen; exit 1 if the count is wrong, with those that nearly fit."""
    client: Client = context.obj
    said: dict[str, Any] = {"endpoint": endpoint, "venue": venue, "account": account, "symbol": symbol, "since": since}
    said |= {"at_least": at_least, "at_most": at_most, "exactly": exactly}
    body = {name: value for name, value in said.items() if value is not None}
    answer = client.ask("POST", "/verify", body | {"params": read_pairs(params or ()), "none": none})
    tell(client, answer, _verdict)
    if not answer["passed"]:
        raise typer.Exit(SAID_NO)


def _verdict(answer: Any) -> None:
    word = "passed" if answer["passed"] else "FAILED"
    typer.echo(f"{word}: {answer['count']} requests, {answer['wanted']} wanted")
    for miss in answer["near_misses"]:
        typer.echo(f"  near: {miss['request']} {miss['ts']} {miss['endpoint']} {miss['account'] or 'nobody'}")
        for differs in miss["differs"]:
            typer.echo(f"    {differs['field']}: {differs['wanted']!r} wanted, was {differs['was']!r}")


def _answered(entry: Any) -> str:
    reply = entry["reply"] or {}
    status = reply.get("status", "answered" if reply else "")
    return " ".join(str(part) for part in (status, entry["fate"]) if part)


def _request(entry: Any) -> str:
    what = f"{entry['venue']} {entry['account'] or '-'}  {entry['endpoint']} {entry['symbol']}"
    return f"{what}  {_answered(entry)}".rstrip()


def _batch(entry: Any) -> str:
    events = ", ".join(dict.fromkeys(event["type"] for event in entry["events"]))
    return f"{entry['venue']} {entry['account'] or '-'}  {entry['command']['type']} -> {events}"


def _fault(entry: Any) -> str:
    what = dict(entry.get("fired") or entry.get("rule") or {})
    for name in ("ts_ns", "seq", "venue", "account"):
        what.pop(name, None)
    return f"{entry['action']}  {flat(what)}"


_SUMMARIES: Final[dict[str, Callable[[Any], str]]] = {
    "request": _request,
    "answer": lambda entry: (
        f"{entry['venue']} {entry['account'] or '-'}  {entry['endpoint']} to {entry['request']}  {_answered(entry)}"
    ),
    "batch": _batch,
    "fault": _fault,
    "connection": lambda entry: f"{entry['venue']}  {entry['action']} {entry['connection']} {entry['detail']}".rstrip(),
    "note": lambda entry: f"{entry['action']} {entry['detail']}".rstrip(),
}
