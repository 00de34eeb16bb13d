"""What a pair costs for each mile: prices as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.price import per_distance
from shoetrack.units import MM_PER_KM, MM_PER_MILE, Unit


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("129.95 EUR", "0.32 EUR/mi"),
        ("EUR 129.95", "EUR 0.32/mi"),
        ("129,95 €", "0.32 €/mi"),
        ("129,95€", "0.32€/mi"),
        ("$140", "$0.35/mi"),
        ("US$140.00", "US$0.35/mi"),
        ("$ 140", "$ 0.35/mi"),
        ("140 USD", "0.35 USD/mi"),
        ("140 usd", "0.35 usd/mi"),
        ("140 dollars", "0.35 dollars/mi"),
        ("£ 95", "£ 0.24/mi"),
        ("140", "0.35/mi"),
        ("  140 ", "0.35/mi"),
        ("1.299,00 kr", "3.25 kr/mi"),
        ("1.299 kr.", "3.25 kr./mi"),
        ("1299,- kr", "3.25 kr/mi"),
        ("kr. 1299,-", "kr. 3.25/mi"),
        ("1 299 NOK", "3.25 NOK/mi"),
        ("1\u202f299,50 SEK", "3.25 SEK/mi"),
        ("CHF 1'299.00", "CHF 3.25/mi"),
        ("140.– CHF", "0.35 CHF/mi"),
        ("1,299.00 USD", "3.25 USD/mi"),
        ("¥16,500", "¥41.25/mi"),
        ("1,250,000 VND", "3,125.00 VND/mi"),
        ("paid 140 EUR, on sale", "0.35 EUR/mi"),
        ("140 on sale", "0.35/mi"),
        ("0 EUR", "0.00 EUR/mi"),
    ],
)
def test_a_price_is_read_as_it_is_written(price: str, expected: str) -> None:
    assert per_distance(price, 400 * MM_PER_MILE, Unit.MI) == expected


@pytest.mark.parametrize(
    "price",
    [
        "",
        "a gift",
        "EUR",
        "140 EUR (was 180)",
        "120-140 EUR",
        "-140 EUR",
        "20 %",
        "20%",
        "1e5",
        "12.3456 EUR",
        "1,29,90",
        "1234567890123",
    ],
)
def test_what_is_no_single_price_has_no_cost(price: str) -> None:
    assert per_distance(price, 400 * MM_PER_MILE, Unit.MI) is None


def test_the_cost_is_for_the_unit_that_is_shown() -> None:
    assert per_distance("100 EUR", 500 * MM_PER_KM, Unit.KM) == "0.20 EUR/km"
    assert per_distance("100 EUR", 500 * MM_PER_KM, Unit.MI) == "0.32 EUR/mi"


@pytest.mark.parametrize("unit", Unit)
def test_a_pair_that_is_hardly_worn_has_no_cost_yet(unit: Unit) -> None:
    assert per_distance("100 EUR", unit.mm - 1, unit) is None
    assert per_distance("100 EUR", 0, unit) is None
    assert per_distance("100 EUR", -unit.mm, unit) is None
    assert per_distance("100 EUR", unit.mm, unit) == f"100.00 EUR/{unit}"


@given(text=st.text(alphabet="0123456789., '-€$krEURpaid%\n", max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    cost = per_distance(text, 10 * MM_PER_MILE, Unit.MI)
    assert cost is None or (cost.endswith("/mi") and any(letter.isdigit() for letter in text))


@given(cents=st.integers(0, 10**8), digits=st.sampled_from(["{:.2f}", "{:,.2f}"]))
def test_a_price_over_one_mile_is_itself(cents: int, digits: str) -> None:
    price = digits.format(cents / 100)
    assert per_distance(price, MM_PER_MILE, Unit.MI) == f"{cents / 100:,.2f}/mi"
