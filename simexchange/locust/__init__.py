"""Load from Locust: users that sign and keep a venue's limits in mind, streams whose lag is measured, shapes, levels.

A locustfile imports what it needs from here; see ``loadtests/locust_binance.py``. Needs the extra ``locust``, and the
exchange's addresses and keys as SIMX_* variables, or in the file that SIMX_ENV_FILE names (``serve --env-out``).
"""

from simexchange.locust.levels import service_levels
from simexchange.locust.shapes import OpenBurst, ReconnectStorm, Steady
from simexchange.locust.streams import StreamUser
from simexchange.locust.users import ExchangeUser

__all__ = ["ExchangeUser", "OpenBurst", "ReconnectStorm", "Steady", "StreamUser", "service_levels"]
