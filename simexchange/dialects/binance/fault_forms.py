"""What clients of this venue see of each kind of fault, in a line; shown by the fault catalogue."""

from typing import Final

FORMS: Final[dict[str, str]] = {
    "response-lost": "the connection ends (or stays silent) without a byte of an answer; the order may be there",
    "request-lost": "the same, and no order",
    "cancel-ack-lost": "the same, and the order canceled or not",
}
