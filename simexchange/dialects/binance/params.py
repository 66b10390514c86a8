"""Parameters of requests: what each may hold, and the order in which the venue finds fault with them.

Both faces, REST and the WebSocket API, hand over a map of name -> text and get back typed values. The first
test that fails answers: duplicates, too many, legal range and emptiness of each one sent, missing mandatory ones,
unknown ones. What depends on the order type or the symbol is the handlers' matter.
Source: Binance REST, "General Information on Endpoints"; "Error Codes", the -11xx range.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct

from simexchange.dialects.base import Fidelity
from simexchange.dialects.binance import errors
from simexchange.dialects.binance.errors import BinanceRefusal, Entry
from simexchange.services.clock import MILLISECOND

Args: TypeAlias = dict[str, Any]
"""Parameter name -> typed value; only what was sent."""
Reader: TypeAlias = Callable[[str, str], Any]
"""(parameter name, its text, never empty) -> its value, or a BinanceRefusal."""

DECIMALS: Final = 8
"""Decimals of every price and quantity of this venue, in requests as in replies."""
PRECISION_EXCEEDED: Final = -1
"""What DECIMAL gives for a number that needs more decimals; the handler refuses it when its turn comes."""

LONG_MAX: Final = 2**63 - 1
_MICROSECOND: Final = 1_000
_FIRST_MICROSECONDS: Final = 10**14
"""Times from here on are microseconds: as milliseconds they would lie three thousand years ahead."""

DECIMAL_RANGE: Final = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
LONG_RANGE: Final = "^[0-9]{1,20}$"
CLIENT_ID_RANGE: Final = "^[a-zA-Z0-9-_]{1,36}$"
SYMBOL_RANGE: Final = r"^[\w\-._&&[^a-z]]{1,50}$"
SYMBOLS_RANGE: Final = r'^\[("[\w\-._&&[^a-z]]{1,50}"(,"[\w\-._&&[^a-z]]{1,50}"){0,}){0,1}\]$'
RECV_WINDOW_RANGE: Final = r"^([0-9]{1,20})(\.[0-9]{1,3})?$"
BOOLEAN_RANGE: Final = "^(true|false)$"

_decimal = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?", re.ASCII)
_client_id = re.compile(r"[a-zA-Z0-9\-_]{1,36}", re.ASCII)
# The venue writes Java's class intersection: word characters of any script, but no lower-case Latin letter.
_symbol = re.compile(r"(?:[^\Wa-z]|[-.]){1,50}")
_symbols = re.compile(r'\[(?:"(?:[^\Wa-z]|[-.]){1,50}"(?:,"(?:[^\Wa-z]|[-.]){1,50}")*)?\]')
_recv_window = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,3}))?", re.ASCII)


def illegal(name: str, legal_range: str) -> BinanceRefusal:
    return BinanceRefusal(errors.ILLEGAL_CHARACTERS, name, legal_range)


def decimal_units(text: str) -> int | None:
    """Decimal text in units of 10**-8; PRECISION_EXCEEDED where that is too coarse, None where it is illegal."""
    match = _decimal.fullmatch(text)
    if match is None:
        return None
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > DECIMALS:
        if fraction[DECIMALS:].strip("0"):
            return PRECISION_EXCEEDED
        fraction = fraction[:DECIMALS]
    return int(whole + fraction.ljust(DECIMALS, "0"))


@lru_cache(maxsize=8192)
def decimal(name: str, text: str) -> int:
    """DECIMAL: units of 10**-8, or PRECISION_EXCEEDED."""
    units = decimal_units(text)
    if units is None:
        raise illegal(name, DECIMAL_RANGE)
    if units > LONG_MAX:
        raise BinanceRefusal(errors.OVERFLOW, name)
    return units


def long(name: str, text: str) -> int:
    """LONG and INT: a whole number that is not negative."""
    if not (text.isdigit() and text.isascii() and len(text) <= 20):
        raise illegal(name, LONG_RANGE)
    value = int(text)
    if value > LONG_MAX:
        raise BinanceRefusal(errors.OVERFLOW, name)
    return value


def limit(default: int, maximum: int) -> Reader:
    """A row limit: more than the maximum is the maximum, 0 is the default."""

    def read(name: str, text: str) -> int:
        return min(long(name, text), maximum) or default

    return read


def strategy_type(name: str, text: str) -> int:
    value = long(name, text)
    if value < 1_000_000:
        raise BinanceRefusal(errors.BAD_STRATEGY_TYPE)
    return value


def start_time(name: str, text: str) -> int:
    """A time in milliseconds or microseconds, as the first nanosecond it covers."""
    value = long(name, text)
    return value * (_MICROSECOND if value >= _FIRST_MICROSECONDS else MILLISECOND)


def end_time(name: str, text: str) -> int:
    """An inclusive end in milliseconds or microseconds, as the last nanosecond it covers."""
    value = long(name, text)
    unit = _MICROSECOND if value >= _FIRST_MICROSECONDS else MILLISECOND
    return (value + 1) * unit - 1


@lru_cache(maxsize=256)
def recv_window(name: str, text: str) -> int:
    """How long a request stays valid, in nanoseconds; sent in milliseconds with up to three decimals."""
    match = _recv_window.fullmatch(text)
    if match is None:
        raise illegal(name, RECV_WINDOW_RANGE)
    microseconds = int(match[1] + (match[2] or "").ljust(3, "0"))
    if microseconds > 60_000_000:
        raise BinanceRefusal(errors.BAD_RECV_WINDOW)
    return microseconds * _MICROSECOND


@lru_cache(maxsize=1024)
def symbol(name: str, text: str) -> str:
    """A symbol in the venue's spelling; whether it exists is the handler's question."""
    if _symbol.fullmatch(text) is None:
        raise illegal(name, SYMBOL_RANGE)
    return text


def symbols(name: str, text: str) -> list[str]:
    """A JSON list of symbols without blanks, each once."""
    if _symbols.fullmatch(text) is None:
        raise illegal(name, SYMBOLS_RANGE)
    names = text[2:-2].split('","') if len(text) > 2 else []
    if len(set(names)) != len(names):
        raise BinanceRefusal(errors.DUPLICATE_SYMBOLS)
    return names


def client_id(name: str, text: str) -> str:
    # The usual ones have letters and digits alone, which is quicker to see.
    if not (text.isalnum() and text.isascii() and len(text) <= 36) and _client_id.fullmatch(text) is None:
        raise illegal(name, CLIENT_ID_RANGE)
    return text


def boolean(name: str, text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise illegal(name, BOOLEAN_RANGE)
    return lowered == "true"


def string(name: str, text: str) -> str:  # noqa: ARG001  (a Reader takes the name, for its refusals)
    return text


def choice(values: Mapping[str, Any], entry: Entry | None = None) -> Reader:
    """ENUM: one of the given words, case-sensitive; anything else is ``entry`` (default: bad value)."""

    def read(name: str, text: str) -> Any:
        try:
            return values[text]
        except KeyError:
            raise BinanceRefusal(entry) if entry else BinanceRefusal(errors.BAD_VALUE, name) from None

    return read


class Param(Struct, frozen=True):
    """One parameter of an operation; the table rows of ``coverage`` come from here."""

    name: str
    reader: Reader
    mandatory: bool = False
    fidelity: Fidelity = Fidelity.SAME
    note: str = ""


TIMESTAMP: Final = Param("timestamp", start_time, mandatory=True)
RECV_WINDOW: Final = Param("recvWindow", recv_window)
SIGNATURE: Final = Param("signature", string, mandatory=True)
API_KEY: Final = Param("apiKey", string, mandatory=True)

SIGNED_REST: Final = (RECV_WINDOW, TIMESTAMP, SIGNATURE)
"""What every signed REST request carries beside its own parameters."""


class Plan:
    """How the parameters of one operation are read on one face; made once, used for every request."""

    __slots__ = ("count", "mandatory", "readers", "strict")

    def __init__(self, params: Iterable[Param], *, strict: bool = True) -> None:
        params = tuple(params)
        self.readers: dict[str, Reader] = {param.name: param.reader for param in params}
        self.mandatory = tuple(param.name for param in params if param.mandatory)
        self.count = len(self.readers)
        self.strict = strict
        """False for endpoints that ignore what they do not know (/sapi)."""

    def read(self, texts: Mapping[str, str]) -> Args:
        """Typed values of the parameters sent, or the first refusal in the venue's order."""
        sent = len(texts)
        if sent > self.count and self.strict:
            raise BinanceRefusal(errors.TOO_MANY_PARAMETERS, self.count, sent)
        readers = self.readers
        args: Args = {}
        for name, text in texts.items():
            reader = readers.get(name)
            if reader is not None:
                if not text:
                    raise BinanceRefusal(errors.EMPTY, name)
                args[name] = reader(name, text)
        for name in self.mandatory:
            if name not in args:
                raise BinanceRefusal(errors.MANDATORY, name)
        if len(args) != sent and self.strict:
            raise BinanceRefusal(errors.UNREAD_PARAMETERS, len(args), sent)
        return args


def split_form(text: str, into: dict[str, str], *, keep: bool = False) -> None:
    """Read ``a=1&b=2`` into a map, percent-decoded. A name twice in one text is refused.

    ``keep`` leaves names alone that are already in the map: what the query says goes before the body.
    """
    try:
        pairs = [pair.split("=", 1) for pair in text.split("&")]
        if "%" in text or "+" in text:
            pairs = [[unquote_plus(part) for part in pair] for pair in pairs]
        values: dict[str, str] = dict(pairs)  # ValueError where a pair is not one
    except ValueError:
        pairs = _untidy_pairs(text)
        values = dict(pairs)
    if len(values) != len(pairs):
        raise BinanceRefusal(errors.DUPLICATE_PARAMETER)
    if keep:
        values.update(into)
    into.update(values)


def _untidy_pairs(text: str) -> list[list[str]]:
    """The same for text with empty pairs, or names without ``=``."""
    pairs = [pair.partition("=") for pair in text.split("&") if pair]
    return [[unquote_plus(name), unquote_plus(value)] for name, _, value in pairs]


def texts_from_json(params: Mapping[str, Any]) -> dict[str, str]:
    """JSON values of a WebSocket API request as the texts the readers expect."""
    return {name: _text(value) for name, value in params.items()}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return msgspec.json.encode(value).decode()
