"""The families of faults, in the order in which the catalogue lists them: a module each, which ends in ``KINDS``."""

from typing import Final

from simexchange.services.faults import (
    account,
    api_keys,
    bad_answers,
    books,
    downtime,
    lost,
    network,
    order_answers,
    order_fills,
    order_parts,
    order_visibility,
    quotas,
    rate_limits,
    slow_consumer,
    socket_life,
    sockets,
    stream_messages,
    stream_timing,
    subscriptions,
    trading_modes,
    wrong_time,
)
from simexchange.services.faults.kinds import Kind

FAMILIES: Final[tuple[tuple[Kind, ...], ...]] = (
    rate_limits.KINDS,
    quotas.KINDS,
    wrong_time.KINDS,
    downtime.KINDS,
    trading_modes.KINDS,
    network.KINDS,
    bad_answers.KINDS,
    lost.KINDS,
    order_visibility.KINDS,
    order_answers.KINDS,
    order_fills.KINDS,
    order_parts.KINDS,
    stream_messages.KINDS,
    stream_timing.KINDS,
    slow_consumer.KINDS,
    books.KINDS,
    sockets.KINDS,
    socket_life.KINDS,
    subscriptions.KINDS,
    api_keys.KINDS,
    account.KINDS,
)
