"""What a message of a socket is about, in the words that fault rules match: channel, event, subject, symbol, account.

A wrapped message names its stream. A raw one does not, so its channel is the one of the socket's own streams that it
can be of; where it may be of several, the plainest name ("depth", "kline_1m") stands for all.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from simexchange.dialects.base import FrameFacts, StreamSession
from simexchange.dialects.binance import names
from simexchange.domain.ids import Symbol
from simexchange.services.faults.facts import Subject

if TYPE_CHECKING:
    from simexchange.dialects.binance.dialect import BinanceDialect

SUBJECTS: Final = {
    "depthUpdate": Subject.BOOK_CHANGES,
    "trade": Subject.TRADES,
    "aggTrade": Subject.TRADES,
    "kline": Subject.CANDLES,
    "24hrTicker": Subject.STATISTICS,
    "24hrMiniTicker": Subject.STATISTICS,
    "1hTicker": Subject.STATISTICS,
    "4hTicker": Subject.STATISTICS,
    "1dTicker": Subject.STATISTICS,
    "avgPrice": Subject.STATISTICS,
    "executionReport": Subject.ORDER,
    "listStatus": Subject.ORDER,
    "outboundAccountPosition": Subject.MONEY,
    "balanceUpdate": Subject.MONEY,
    "eventStreamTerminated": Subject.NOTICE,
    "listenKeyExpired": Subject.NOTICE,
    "serverShutdown": Subject.NOTICE,
}
"""Event -> what it tells of; those without an event are known by their shape."""
USER_EVENTS: Final = frozenset(
    {
        "executionReport",
        "outboundAccountPosition",
        "balanceUpdate",
        "listStatus",
        "eventStreamTerminated",
        "listenKeyExpired",
    }
)
_CHANNELS: Final = {
    "depthUpdate": "depth",
    "24hrTicker": "ticker",
    "24hrMiniTicker": "miniTicker",
    "1hTicker": "ticker_1h",
    "4hTicker": "ticker_4h",
    "1dTicker": "ticker_1d",
}
"""Event -> channel, where they are not the same word."""
_DEPTHS: Final = (5, 10, 20)
_SHUTDOWN: Final = "serverShutdown"
_decode: Final = msgspec.json.Decoder().decode


class FrameFinder:
    """Finds them for one venue. A message that goes to many sockets in a row is decoded once."""

    def __init__(self, dialect: "BinanceDialect") -> None:
        self._dialect = dialect
        self._payload = b""
        self._message: Any = None

    def of(self, session: StreamSession, payload: bytes) -> FrameFacts:
        message = self._read(payload)
        if not isinstance(message, dict):
            return self._of_event(session, "", message, {})
        stream = message.get("stream")
        if isinstance(stream, str) and "data" in message:
            return self._of_event(session, stream, message["data"], message)
        if isinstance(message.get("event"), dict):
            return self._of_event(session, "", message["event"], message)
        if "e" not in message and message.keys() & {"result", "error"}:
            return {"is_reply": True}
        return self._of_event(session, "", message, message)

    def _read(self, payload: bytes) -> Any:
        if payload is not self._payload:
            try:
                self._message = _decode(payload)
            except msgspec.DecodeError:
                self._message = None
            self._payload = payload
        return self._message

    def _of_event(self, session: StreamSession, stream: str, told: Any, message: Mapping[str, Any]) -> FrameFacts:
        """Facts of what a message tells: one event, or a list of them for streams of all symbols."""
        event = told[0] if isinstance(told, list) and told else told
        if not isinstance(event, dict):
            return {}
        word = str(event.get("e", ""))
        facts: FrameFacts = {"event": word, "subject": SUBJECTS.get(word, Subject.OTHER)}
        if word in USER_EVENTS:
            facts["channel"] = word
            self._attribute(facts, session, message, event)
        elif isinstance(told, list):
            facts["channel"] = f"!{_CHANNELS.get(word, word)}@arr"
        elif word == _SHUTDOWN:
            facts["channel"] = word
        else:
            self._place(facts, session, stream, event)
        return facts

    def _place(self, facts: FrameFacts, session: StreamSession, stream: str, event: Mapping[str, Any]) -> None:
        """Channel without its symbol, and the symbol, of an event of one instrument's market."""
        plain, subject = _plain_channel(facts["event"], event)
        facts["subject"] = subject or facts["subject"]
        word, at, channel = stream.partition("@")
        market = self._dialect.symbols.find(str(event.get("s", word)).upper())
        symbol = market.symbol if market is not None else ""
        if not at:
            channel, symbol = _own_channel(session.channels(), plain, symbol)
        facts["channel"], facts["symbol"] = channel, symbol

    def _attribute(
        self, facts: FrameFacts, session: StreamSession, message: Mapping[str, Any], event: Mapping[str, Any]
    ) -> None:
        """Whose order or money it is about, and which order."""
        market = self._dialect.symbols.find(str(event.get("s", "")))
        if market is not None:
            facts["symbol"] = market.symbol
        if facts["event"] == "executionReport":
            facts["order_id"], facts["client_order_id"] = event.get("i"), event.get("C") or event.get("c", "")
            facts["side"] = names.SIDES.get(event.get("S", ""))
            if event.get("x") == "TRADE":
                facts["subject"] = Subject.FILL
        account_id = self._dialect.streams.account_of_message(session, message)
        if account_id is not None:
            facts["account_id"] = account_id
            facts["account"] = self._dialect.door.venue.accounts[account_id].name


def _plain_channel(word: str, event: Mapping[str, Any]) -> tuple[str, Subject | None]:
    """A channel's name without its speed, and the subject of an event that has no name."""
    if word == "kline":
        candle = event.get("k")
        return f"kline_{candle.get('i')}" if isinstance(candle, dict) else word, None
    if word:
        return _CHANNELS.get(word, word), None
    if "lastUpdateId" in event:
        levels = max(len(event.get("bids", ())), len(event.get("asks", ())))
        return f"depth{next((depth for depth in _DEPTHS if levels <= depth), _DEPTHS[-1])}", Subject.BOOK
    return ("bookTicker", Subject.BEST_QUOTES) if "u" in event else ("", None)


def _own_channel(listened: Iterable[tuple[str, Symbol]], plain: str, symbol: Symbol) -> tuple[str, Symbol]:
    """The one channel of the socket that a raw event can be of, or the plain name; and the symbol, if one can be told.

    Partial depth says neither symbol nor how many levels were asked for: a thin book fills any of them.
    """
    is_partial = plain.startswith("depth") and plain != "depth"
    found = {
        (channel, of)
        for channel, of in listened
        if (symbol in ("", of)) and (_is_at_least(channel, plain) if is_partial else channel.partition("@")[0] == plain)
    }
    if len(found) == 1:
        return found.pop()
    symbols = {of for _, of in found}
    return plain, symbol or (symbols.pop() if len(symbols) == 1 else "")


def _is_at_least(channel: str, plain: str) -> bool:
    """Whether a partial depth channel has room for as many levels as another."""
    levels = channel.partition("@")[0].removeprefix("depth")
    return levels.isdecimal() and int(levels) >= int(plain.removeprefix("depth"))
