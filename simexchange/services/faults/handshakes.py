"""TLS that does not come about: a client meets an expired certificate, another host's, or the end of the connection.

Acts before a venue is connected to, so no request is ever seen; only the TLS front (``serve --tls``) has handshakes.
"""

from typing import Final, Literal

from simexchange.services.faults.facts import Call
from simexchange.services.faults.fault import Fault, Params
from simexchange.services.faults.kinds import Kind
from simexchange.services.faults.verdicts import Handshake


class HandshakeParams(Params, frozen=True):
    mode: Literal["expired", "wrong_host", "cut"] = "expired"
    """expired: the certificate ended a day ago; wrong_host: it is another name's; cut: the connection is reset."""


class HandshakeFailure(Fault[HandshakeParams]):
    def on_handshake(self, call: Call) -> Handshake:  # noqa: ARG002  (whoever comes)
        return Handshake(self.params.mode)


KINDS: Final = (
    Kind(
        name="tls-handshake-failure",
        family="TLS",
        priority="P2",
        summary="The TLS front shows an expired certificate or another host's, or cuts the handshake.",
        correct_bot="Fails closed and alerts: never switches verification off, repeats no order blindly.",
        params=HandshakeParams,
        make=HandshakeFailure,
        matches=("venue", "source_ip"),
        evidence=("butor/blackbird#320", "DeviaVir/zenbot#69"),
    ),
)
