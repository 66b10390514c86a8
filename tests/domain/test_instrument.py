from typing import Any

import pytest

from builders import amount, asset, instrument, price, quantity


def test_a_notional_is_exact_in_the_quote_assets_decimals() -> None:
    assert instrument().notional(price("19.99"), quantity("0.3333")) == amount("6.662667")


def test_the_factors_between_units() -> None:
    assert (instrument().base_factor, instrument().quote_factor) == (10**4, 10**2)
    fine = instrument(base=asset("BTC", 16), quote=asset("USDT", 16), price_decimals=8, quantity_decimals=8)
    assert (fine.base_factor, fine.quote_factor) == (10**8, 1)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"quote": asset("USDT", 5)}, "quote decimals 5 < price decimals 2"),
        ({"base": asset("BTC", 3)}, "base decimals 3 < quantity decimals"),
    ],
)
def test_decimals_that_would_make_settlement_round_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        instrument(**changes)


def test_the_smallest_decimals_that_settle_exactly_are_accepted() -> None:
    tight = instrument(base=asset("BTC", 4), quote=asset("USDT", 6))
    assert (tight.base_factor, tight.quote_factor) == (1, 1)


def test_the_quantum_of_an_asset_is_one_unit_of_its_precision() -> None:
    assert (asset("BTC", 16, 8).quantum, asset("BTC", 8, 8).quantum) == (10**8, 1)
