"""The venue's order types: what each needs, forbids and becomes in the core.

Source: Binance REST, "New order", additional mandatory parameters; "Pegged orders", supported types.
"""

from typing import Final

from simexchange.dialects.base import Coverage, Fidelity
from simexchange.domain.enums import LIMIT, MARKET, OrderType, TriggerKind

STOPS: Final = ("stopPrice", "trailingDelta")
PEGS: Final = ("pegPriceType", "pegOffsetType", "pegOffsetValue")
SPECIAL: Final = frozenset({*STOPS, *PEGS, "icebergQty"})
"""What makes an order more than a price and a quantity."""


class TypeRule:
    """One order type of the wire.

    ``unusual`` are the names worth a closer look: an order without them, and with all of ``needed``, passes at the
    first glance. ``title`` is how refusals call it, ``response`` what it is answered by default.
    """

    __slots__ = (
        "forbidden",
        "kind",
        "mandatory",
        "needed",
        "order_type",
        "post_only",
        "response",
        "title",
        "unusual",
        "word",
    )

    def __init__(
        self,
        word: str,
        order_type: OrderType,
        mandatory: tuple[str, ...],
        forbidden: tuple[str, ...],
        *,
        kind: TriggerKind | None = None,
        post_only: bool = False,
    ) -> None:
        self.word = word
        self.order_type = order_type
        self.kind = kind
        self.mandatory = mandatory
        self.forbidden = forbidden if kind is not None else (*forbidden, *STOPS)
        self.post_only = post_only
        self.response = "FULL" if word in ("LIMIT", "MARKET") else "ACK"
        self.title = word.replace("_", " ").capitalize()
        self.needed = frozenset(mandatory)
        self.unusual = SPECIAL.union(forbidden)


_LIMITS: Final = ("timeInForce", "quantity", "price")
_NO_LIMITS: Final = ("timeInForce", "price", "quoteOrderQty", "icebergQty")
_STOP: Final = TriggerKind.STOP
_PROFIT: Final = TriggerKind.TAKE_PROFIT
_RULES: Final = (
    TypeRule("LIMIT", LIMIT, _LIMITS, ("quoteOrderQty",)),
    TypeRule("LIMIT_MAKER", LIMIT, ("quantity", "price"), ("timeInForce", "quoteOrderQty"), post_only=True),
    TypeRule("MARKET", MARKET, (), ("timeInForce", "price", "icebergQty")),
    TypeRule("STOP_LOSS", MARKET, ("quantity",), _NO_LIMITS, kind=_STOP),
    TypeRule("STOP_LOSS_LIMIT", LIMIT, _LIMITS, ("quoteOrderQty",), kind=_STOP),
    TypeRule("TAKE_PROFIT", MARKET, ("quantity",), _NO_LIMITS, kind=_PROFIT),
    TypeRule("TAKE_PROFIT_LIMIT", LIMIT, _LIMITS, ("quoteOrderQty",), kind=_PROFIT),
)
TYPE_RULES: Final[dict[str, TypeRule]] = {rule.word: rule for rule in _RULES}
"""In the order in which exchangeInfo lists them."""
TYPE_WORDS: Final = {word: word for word in TYPE_RULES}

_SAME: Final = Fidelity.SAME
COVERAGE: Final = (
    *(Coverage("order type", word, _SAME) for word in TYPE_RULES),
    Coverage("order type", "iceberg", _SAME, "refills go to the back of their level"),
    Coverage("order type", "trailing stop", _SAME),
    Coverage("order type", "pegged", _SAME),
    Coverage("order type", "OCO", _SAME),
    Coverage("order type", "OTO", _SAME),
    Coverage("order type", "OTOCO", _SAME),
    Coverage("order type", "OPO", _SAME),
    Coverage("order type", "OPOCO", _SAME),
    Coverage("order type", "smart order routing", Fidelity.MISSING, "no symbol has it, and so it is answered"),
)
