"""Texts of scenarios for tests: the one of the product's contract, and ways to change it."""

from typing import Final

import pytest

from simexchange.scenario.parse import Checks, parse_scenario
from simexchange.scenario.problems import ScenarioError

CONTRACT: Final = """\
version: 1
name: flash-crash
seed: 7
clock: {mode: scaled, speed: 20, start: 2026-01-05T00:00:00Z}
ends_after: 10m
venues:
  binance:
    instruments:
      - symbol: BTC/USDT
        tick: "0.01"
        lot: "0.00001"
        min_notional: "5"
        fees: {maker: "0.0010", taker: "0.0010"}
        market: {mid: "60000", spread_ticks: 2, levels: 50, volatility: 0.6, trades_per_second: 4}
    accounts:
      - {name: bot, permissions: [read, trade], ip_allow: [127.0.0.1/32], balances: {USDT: "10000", BTC: "0.25"}}
    latency: {request: {p50: 4ms, p99: 40ms}, stream: {p50: 2ms, p99: 15ms}}
timeline:
  - {at: 60s, move: {venue: binance, symbol: BTC/USDT, by: "-12%", over: 90s}}
  - {at: 65s, fault: {kind: ws-drop, match: {venue: binance, channel: depth}, when: {count: 1}}}
  - at: 70s
    fault:
      kind: response-lost
      match: {account: bot, endpoint: "POST /api/v3/order"}
      when: {count: 1}
      effect: apply
  - {at: 80s, for: 10s, fault: {kind: rate-limited, match: {venue: binance}, retry_after: 10s}}
  - {at: 120s, for: 45s, fault: {kind: downtime, match: {venue: binance}}}
  - {on: {event: order_accepted, account: bot, nth: 3}, fill: {ratio: "0.37"}}
expect:
  - {never: request_while_banned, account: bot}
  - {never: duplicate_order_intent, account: bot}
  - {within: 5s, after: response-lost, see: order_query_by_client_id}
  - {at_end: {account: bot, open_orders: 0}}
  - {report_card: {account: bot, at_least: B}}
"""


def changed(old: str, new: str) -> str:
    """The contract's scenario with one thing changed."""
    assert CONTRACT.count(old) >= 1, old
    return CONTRACT.replace(old, new, 1)


def complaints(text: str, checks: Checks | None = None) -> list[str]:
    """What is said about a text that is no scenario."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, "bad.yaml", checks or Checks())
    return caught.value.lines()
