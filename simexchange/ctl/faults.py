"""``simexchange ctl faults``: arm, list and remove rules; what fired; which kinds there are."""

from typing import Annotated, Any, Final

import typer

from simexchange.ctl.client import Client, place
from simexchange.ctl.output import fields, flat, table, tell
from simexchange.ctl.pairs import read_pairs
from simexchange.ctl.session import group

app = group("Arm, list and remove faults; see what fired, and which kinds there are.")

Pairs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE]...",
        help="venue=, account=, endpoint= ... go into match, count=, skip= ... into when; a kind's own parameters stand"
        " as they are. match.NAME= and when.NAME= where two are called the same.",
    ),
]
RuleId = Annotated[str, typer.Argument(help="The rule's id.")]


def rule_of(pairs: list[str] | None) -> dict[str, Any]:
    """Flat pairs as the parts of a rule."""
    from simexchange.services.faults.reading import fields_of
    from simexchange.services.faults.rule import Match, When

    parts = {"match": fields_of(Match), "when": fields_of(When)}
    texts = [name for name in parts["match"] if name != "connection"]
    body: dict[str, Any] = {}
    for name, value in read_pairs(pairs or (), texts).items():
        part = next((part for part, names in parts.items() if name in names), None)
        if part is not None:
            body.setdefault(part, {})[name] = value
        elif name in parts and isinstance(value, dict):
            body.setdefault(name, {}).update(value)
        else:
            body[name] = value
    return body


@app.command()
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="As `ctl faults catalogue` has it: response-lost.")],
    pairs: Pairs = None,
) -> None:
    """Arm a rule: ctl faults add response-lost account=alice endpoint="POST /api/v3/order" count=1 effect=apply"""
    client: Client = context.obj
    tell(client, client.ask("POST", "/faults", {"kind": kind} | rule_of(pairs)), _rule)


@app.command("list")
def list_(context: typer.Context) -> None:
    """Every rule that is armed."""
    client: Client = context.obj
    tell(client, client.ask("GET", "/faults"), lambda rules: table(rows=rules, columns=_COLUMNS, empty="no faults"))


@app.command()
def show(context: typer.Context, rule: RuleId) -> None:
    """One rule and how far it has come."""
    client: Client = context.obj
    tell(client, client.ask("GET", place("faults", rule)), fields)


@app.command()
def change(context: typer.Context, rule: RuleId, pairs: Pairs = None) -> None:
    """Replace parts of a rule; it goes on counting where it was."""
    client: Client = context.obj
    tell(client, client.ask("PATCH", place("faults", rule), rule_of(pairs)), _rule)


@app.command()
def rm(context: typer.Context, rules: Annotated[list[str], typer.Argument(help="Ids of rules.")]) -> None:
    """Remove rules."""
    client: Client = context.obj
    for rule in rules:
        tell(client, client.ask("DELETE", place("faults", rule)), _removed)


@app.command()
def clear(context: typer.Context) -> None:
    """Remove every rule."""
    client: Client = context.obj
    removed = client.ask("DELETE", "/faults")
    tell(client, removed, lambda answer: typer.echo(f"removed {', '.join(answer['removed']) or 'nothing'}"))


@app.command()
def fired(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option(help="Of this rule.")] = None,
    kind: Annotated[str | None, typer.Option(help="Of this kind.")] = None,
    venue: Annotated[str | None, typer.Option(help="On this venue.")] = None,
    account: Annotated[str | None, typer.Option(help="On this account.")] = None,
    since: Annotated[int, typer.Option(help="After this number of the journal.")] = 0,
) -> None:
    """What fired, when, on which request."""
    client: Client = context.obj
    query = {"rule": rule, "kind": kind, "venue": venue, "account": account, "since": since}
    tell(client, client.ask("GET", "/faults/fired", query=query), lambda rows: table(rows, _FIRED, "nothing fired"))


@app.command()
def catalogue(
    context: typer.Context, kind: Annotated[str | None, typer.Argument(help="One kind, with all about it.")] = None
) -> None:
    """Which kinds of fault there are; all about one."""
    client: Client = context.obj
    if kind is None:
        tell(client, client.ask("GET", "/faults/catalogue"), lambda kinds: table(kinds, _KINDS))
    else:
        tell(client, client.ask("GET", place("faults", "catalogue", kind)), _kind)


def _rule(rule: Any) -> None:
    typer.echo(f"{rule['id']}: {flat({name: part for name, part in rule.items() if name not in ('id', 'state')})}")


def _removed(rule: Any) -> None:
    state = rule["state"]
    typer.echo(f"{rule['id']} removed: {state['matched']} matched, {state['fired']} fired")


def _kind(kind: Any) -> None:
    parameters = kind.pop("parameters")
    fields(kind)
    typer.echo("")
    table(parameters, _PARAMETERS, "no parameters of its own")


def _rest(rule: Any) -> dict[str, Any]:
    return {name: part for name, part in rule.items() if name not in ("id", "kind", "match", "when", "state")}


_COLUMNS: Final = {
    "id": lambda rule: rule["id"],
    "kind": lambda rule: rule["kind"],
    "match": lambda rule: rule.get("match", {}),
    "when": lambda rule: rule.get("when", {}),
    "more": _rest,
    "matched": lambda rule: rule["state"]["matched"],
    "fired": lambda rule: rule["state"]["fired"],
    "live": lambda rule: rule["state"]["live"],
}
_FIRED: Final = {
    "seq": lambda fired: fired["seq"],
    "time": lambda fired: fired["ts"],
    "rule": lambda fired: fired["rule"],
    "kind": lambda fired: fired["kind"],
    "n": lambda fired: fired["ordinal"],
    "account": lambda fired: fired.get("account"),
    "what": lambda fired: fired.get("endpoint") or fired.get("channel") or fired.get("symbol"),
    "effect": lambda fired: fired.get("effect"),
}
_KINDS: Final = {
    "kind": lambda kind: kind["name"],
    "family": lambda kind: kind["family"],
    "what it does": lambda kind: kind["summary"],
}
_PARAMETERS: Final = {
    "parameter": lambda parameter: parameter["name"],
    "type": lambda parameter: parameter["type"],
    "default": lambda parameter: "required" if parameter["required"] else parameter["default"],
    "help": lambda parameter: parameter["help"],
}
