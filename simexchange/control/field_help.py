"""The docstrings below a struct's fields, read from its source: the one place where a parameter's help is written."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from types import MappingProxyType

from msgspec import Struct


@cache
def help_of(kind: type[Struct]) -> Mapping[str, str]:
    """Field -> its help in one line, of those fields that have one; inherited fields included."""
    found: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        if owner.__module__ not in ("builtins", "msgspec") and issubclass(owner, Struct) and owner is not Struct:
            found |= _own_help(owner)
    renamed = dict(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))
    return MappingProxyType({renamed.get(name, name): text for name, text in found.items()})


def _own_help(kind: type[Struct]) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError):  # shipped without its source, or made while running
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    found: dict[str, str] = {}
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            found[field.target.id] = " ".join(below.value.value.split())
    return found
