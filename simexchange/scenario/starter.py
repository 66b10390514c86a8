"""The commented scenario that ``simexchange scenario new`` writes."""

from typing import Final

from simexchange.scenario.parse import parse_scenario

STARTER: Final = """\
# A scenario: a market, what happens in it, and what is expected of the bot that trades there.
# Check it with `simexchange scenario check`; start it with `simexchange serve --scenario <this file>`.
# `simexchange scenario schema` prints the JSON Schema, with which editors help to write it.
# Decimals and percentages are texts, in quotes: "0.01", "-12%". Durations have units: 400ms, 90s, 1m30s, 24h.
version: 1
name: {name}
description: >
  One sentence that says what this scenario is about. Then what the bot meets, and what a correct bot does.
seed: 42

# mode real, scaled (speed: seconds of the world per second of the machine) or manual (only when it is moved).
clock: {{mode: scaled, speed: 10, start: 2026-01-05T00:00:00Z}}
ends_after: 5m

venues:
  binance:
    # Leave instruments or accounts out for the usual ones: BTC/USDT, ETH/USDT ...; alice, bob, reader, mallory, locked.
    instruments:
      - symbol: BTC/USDT
        tick: "0.01"
        lot: "0.00001"
        min_notional: "5"
        fees: {{maker: "0.0010", taker: "0.0010"}}
        market: {{mid: "60000", spread_ticks: 2, levels: 50, volatility: 0.6, trades_per_second: 4}}
    accounts:
      - {{name: bot, permissions: [read, trade], balances: {{USDT: "10000", BTC: "0.25"}}}}
    latency: {{request: {{p50: 4ms, p99: 40ms}}, stream: {{p50: 2ms, p99: 15ms}}}}

# Each entry has a time (at) or an event (on), and one action: move, fault, fill, halt, resume, delist, rules, balance,
# key, spread or note. `for` takes it back after that long.
timeline:
  - {{at: 60s, move: {{symbol: BTC/USDT, by: "-5%", over: 30s}}}}
  - at: 90s
    fault:
      kind: response-lost
      match: {{account: bot, endpoint: POST /api/v3/order}}
      when: {{count: 1}}
      effect: apply
  - {{at: 2m, for: 30s, fault: {{kind: downtime, match: {{venue: binance}}}}}}
  - {{on: {{event: order_accepted, account: bot, nth: 3}}, fill: {{ratio: "0.37"}}}}

# What must never be seen, what must be seen in time, how things must stand at the end.
expect:
  - {{never: duplicate_order_intent, account: bot}}
  - {{within: 5s, after: response-lost, see: order_query_by_client_id, account: bot}}
  - {{at_end: {{account: bot, open_orders: 0}}}}
  - {{report_card: {{account: bot, at_least: B}}}}
"""


def starter(name: str) -> str:
    """A scenario of that name to begin with. Raises ScenarioError if none can be called so."""
    text = STARTER.format(name=name)
    parse_scenario(text)
    return text
