import msgspec
import pytest
import yaml

from simexchange.scenario import Scenario, calm

TEXT = """
version: 1
name: example
seed: 7
venues:
  binance:
    instruments:
      - symbol: BTC/USDT
        tick: "0.01"
        lot: "0.00001"
        min_notional: "5"
        fees: {maker: "0.0010", taker: "0.0010"}
        market:
          {model: maker_and_noise, mid: "60000", spread_ticks: 2, levels: 50, volatility: 0.6, trades_per_second: 4}
    accounts:
      - {name: bot, permissions: [read, trade], ip_allow: [127.0.0.1/32], balances: {USDT: "10000", BTC: "0.25"}}
"""


def test_the_text_of_a_scenario_becomes_its_values() -> None:
    scenario = msgspec.convert(yaml.safe_load(TEXT), Scenario)
    (instrument,) = scenario.venues["binance"].instruments
    assert (scenario.name, scenario.seed) == ("example", 7)
    assert (instrument.symbol, instrument.fees.maker, instrument.market.trades_per_second) == ("BTC/USDT", "0.0010", 4)
    (account,) = scenario.venues["binance"].accounts
    assert (account.permissions, account.ip_allow) == (("read", "trade"), ("127.0.0.1/32",))


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("tick:", "tik:", "unknown field `tik`.*instruments"),
        ("[read, trade]", "[read, fly]", "Invalid enum value 'fly'.*permissions"),
        ('tick: "0.01"', "tick: 0.01", "Expected `str`, got `float`.*tick"),
        ("name: example", "nam: example", "unknown field `nam`|missing required field `name`"),
    ],
)
def test_what_does_not_belong_in_a_scenario_is_refused_with_its_place(old: str, new: str, where: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=where):
        msgspec.convert(yaml.safe_load(TEXT.replace(old, new, 1)), Scenario)


def test_values_survive_a_round_trip_through_plain_data() -> None:
    assert msgspec.convert(msgspec.to_builtins(calm()), Scenario) == calm()
