"""Documented error codes that nothing here answers, and why. Source: Binance "Error Codes"."""

from typing import Final

_TAG: Final = "the texts speak of tags of the FIX API; -1102 and -1104 say the same here"
NEVER_SENT: Final[dict[int, str]] = {
    -1103: "-1104 is what an unknown parameter gets",
    -1112: "-2010 names the missing liquidity",
    -1114: "-1106 is what a timeInForce too many gets",
    -1118: "-1105 is what an empty client id gets",
    -1119: "-1105 is what an empty client id gets",
    -1152: "SBE is not served",
    -1153: "SBE is not served",
    -1155: "SBE is not served",
    -1161: "SBE is not served",
    -1221: "SBE is not served",
    -1224: _TAG,
    -1225: _TAG,
    -2016: "there is always a trading window",
    -2026: "nothing is archived",
}
"""Documented codes of REST and the WebSocket API that nothing here answers, and why."""
