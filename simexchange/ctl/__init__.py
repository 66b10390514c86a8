"""``simexchange ctl``: the control API from a shell. A thin client: the exchange decides, this shows what it said.

Light to import, and talks to nobody but the address it is given, past all proxies.
"""
