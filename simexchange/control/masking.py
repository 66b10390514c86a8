"""Hides what nobody may read twice: API keys become a short hash; secrets, signatures and listen keys become ``***``.

Three nets, one behind the other: what stands at a name that holds secrets; what is known to be somebody's key or
secret, wherever it stands; and any run of letters and digits too long to be anything else.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from simexchange.dialects.base import SecretNames
from simexchange.domain.enums import KeyKind
from simexchange.domain.secret import LEAST_LENGTH, MASK
from simexchange.venue.keys import ApiKey

ALWAYS_SECRET: Final = frozenset(
    {
        *("api_secret", "apisecret", "authorization", "cookie", "listenkey", "passphrase", "password"),
        *("private_key", "secret", "secretkey", "set-cookie", "sign", "signature", "token"),
    }
)
_SHORTEST_RUN: Final = 8
_RUN: Final = re.compile(rf"[A-Za-z0-9]{{{_SHORTEST_RUN},}}")


def key_name(api_key: str) -> str:
    """An API key as everybody may see it: ``key:3f2a9c``."""
    return f"key:{hashlib.sha256(api_key.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"


class Masks:
    """One venue's nets. Keys that ever were are never forgotten."""

    def __init__(self, names: SecretNames, keys: Mapping[str, ApiKey]) -> None:
        self._secret_names = frozenset(name.lower() for name in names.secrets) | ALWAYS_SECRET
        self._key_names = frozenset(name.lower() for name in names.keys)
        words = "|".join(
            re.escape(name) for name in sorted(self._secret_names | self._key_names, key=len, reverse=True)
        )
        self._in_json = re.compile(rf'"({words})"(\s*:\s*)("(?:[^"\\]|\\.)*"|[^,}}\s\]]+)', re.IGNORECASE)
        self._in_form = re.compile(rf"(?<![\w-])({words})=([^&\s\"]*)", re.IGNORECASE)
        self._keys = keys
        self._seen = -1
        self._known: dict[str, str] = {}

    def look_again(self) -> None:
        """The venue went back in time: its keys may be others."""
        self._seen = -1

    def text(self, text: str) -> str:
        """A text with nothing secret in it."""
        self.learn()
        if '"' in text:
            text = self._in_json.sub(self._json_field, text)
        if "=" in text:
            text = self._in_form.sub(lambda part: f"{part[1]}={self._value(part[1], part[2])}", text)
        return _RUN.sub(self._run, text) if len(text) >= _SHORTEST_RUN else text

    def deep(self, value: Any) -> Any:
        """The same of every text in plain data, by the names of its fields too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self._field(name, part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.deep(part) for part in value]
        return value

    def _field(self, name: Any, value: Any) -> Any:
        lower = name.lower() if isinstance(name, str) else ""
        if lower in self._secret_names and value is not None:
            return MASK
        if lower in self._key_names and isinstance(value, str):
            return self._value(lower, value)
        return self.deep(value)

    def _json_field(self, part: re.Match[str]) -> str:
        value = part[3]
        return f'"{part[1]}"{part[2]}"{self._value(part[1], value[1:-1] if value[:1] == chr(34) else value)}"'

    def _value(self, name: str, value: str) -> str:
        if name.lower() in self._secret_names:
            return MASK
        return value if value.startswith("key:") or not value else key_name(value)

    def _run(self, part: re.Match[str]) -> str:
        run = part[0]
        known = self._known.get(run)
        if known is not None:
            return known
        return MASK if len(run) >= LEAST_LENGTH else run

    def learn(self) -> None:
        """Look at the venue's keys, should there be others than before."""
        if len(self._keys) == self._seen:
            return
        self._seen = len(self._keys)
        for key in self._keys.values():
            if key.api_key not in self._known:
                self._known[key.api_key] = key_name(key.api_key)
                if key.kind is KeyKind.HMAC:
                    self._known[key.material.reveal()] = MASK
