"""Importing a client library that may not be there."""

import importlib
from typing import Any


class ClientMissing(ImportError):
    """A client library is not installed; the message says which package brings it."""


def load(module: str, package: str) -> Any:
    """A module of a client library. Raises ClientMissing, which names the package to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ClientMissing(
            f"this client needs {package}, which cannot be imported here ({error}): pip install {package}",
            name=error.name,
        ) from error
