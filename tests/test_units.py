"""Distances, durations, spans and days: what people type, what they are shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.units import (
    MM_PER_KM,
    MM_PER_MILE,
    Unit,
    as_utc,
    in_unit,
    local_day,
    metres,
    parse_distance,
    parse_duration,
    parse_range,
    parse_span,
    show_distance,
    show_duration,
)

units = st.sampled_from(Unit)
distances = st.integers(-(10**12), 10**12)  # as far as is believed: a million kilometres


# --- distances ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 km", 5_000_000),
        ("5km", 5_000_000),
        ("3.1mi", 4_988_966),
        ("800", 800 * MM_PER_MILE),
        ("  42 \t", 42 * MM_PER_MILE),
        ("1500 m", 1_500_000),
        ("10K", 10_000_000),
        ("2 Miles", 2 * MM_PER_MILE),
        ("7,5 km", 7_500_000),
        ("0,500 km", 500_000),
        (".5 km", 500_000),
        (",5km", 500_000),
        ("-5mi", -5 * MM_PER_MILE),
        ("+5 mi", 5 * MM_PER_MILE),
        ("- 5 mi", -5 * MM_PER_MILE),
        ("0", 0),
        ("-0km", 0),
        ("0.0000001 km", 0),
        ("0.0000005 km", 1),
        ("1000000 km", 10**12),
        ("٥ km", 5_000_000),
        ("５ km", 5_000_000),
    ],
)
def test_a_distance_is_read_to_the_millimetre(text: str, expected: int) -> None:
    assert parse_distance(text, Unit.MI) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "km",
        "five km",
        "5 lightyears",
        "5km!",
        "5 km 3",
        "1.2.3",
        "1,234.5 mi",
        "--5",
        "5-",
        "−5 km",
        "1e3 km",
        "nan",
        "inf",
        "0x10",
        "½ km",
        "²",
        "5\x00km",
        "1000001 km",
        "-1000001 km",
        "9" * 5000,
        "0." + "1" * 5000,
    ],
)
def test_what_is_no_distance_is_refused_in_our_own_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a distance|too far") as caught:
        parse_distance(text, Unit.KM)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["1,234", "1,000 mi", "12,345km", "-999,000"])
def test_a_comma_that_could_be_either_thing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two ways"):
        parse_distance(text, Unit.MI)


@given(distance=distances, unit=units)
def test_millimetres_typed_in_full_come_back_exactly(distance: int, unit: Unit) -> None:
    sign = "-" if distance < 0 else ""
    whole, rest = divmod(abs(distance), MM_PER_KM)
    assert parse_distance(f"{sign}{whole}.{rest:06} km", unit) == distance


@given(distance=st.integers(-999 * MM_PER_KM, 999 * MM_PER_KM), unit=units)
def test_what_is_shown_can_be_typed_again(distance: int, unit: Unit) -> None:
    """Within half of the last digit that is shown, whatever unit is configured."""
    other = Unit.KM if unit is Unit.MI else Unit.MI
    assert abs(parse_distance(show_distance(distance, unit), other) - distance) <= unit.mm // 20 + 1


@given(number=st.integers(0, 99_999), tenths=st.integers(0, 9), unit=units)
def test_a_decimal_comma_is_a_decimal_point(number: int, tenths: int, unit: Unit) -> None:
    assert parse_distance(f"{number},{tenths}", unit) == parse_distance(f"{number}.{tenths}", unit)


@given(text=st.text(max_size=30), unit=units)
def test_any_text_is_a_distance_or_a_value_error(text: str, unit: Unit) -> None:
    try:
        found = parse_distance(text, unit)
    except ValueError:
        return
    assert abs(found) <= 10**12
    assert any(char.isdecimal() for char in text)


@pytest.mark.parametrize(
    ("distance", "unit", "shown"),
    [
        (0, Unit.MI, "0.0 mi"),
        (312 * MM_PER_MILE + 643_738, Unit.MI, "312.4 mi"),
        (5_000_000, Unit.KM, "5.0 km"),
        (-5_000_000, Unit.KM, "-5.0 km"),
        (-1, Unit.KM, "0.0 km"),
        (1_234_560_000, Unit.KM, "1,234.6 km"),
        (10**18, Unit.KM, "1,000,000,000,000.0 km"),
    ],
)
def test_a_distance_as_it_is_shown(distance: int, unit: Unit, shown: str) -> None:
    assert show_distance(distance, unit) == shown


@given(distance=distances, unit=units, digits=st.integers(0, 3))
def test_nothing_is_shown_as_minus_nothing(distance: int, unit: Unit, digits: int) -> None:
    shown = show_distance(distance, unit, digits)
    assert shown.startswith("-") <= any(char in "123456789" for char in shown)


def test_a_mile_is_the_international_one() -> None:
    assert in_unit(1_609_344, Unit.MI) == 1
    assert in_unit(1_000_000, Unit.KM) == 1


@given(distance=distances)
def test_metres_have_three_decimals_at_most_and_lose_nothing(distance: int) -> None:
    found = metres(distance)
    assert round(found * 1000) == distance
    assert len(repr(found).partition(".")[2]) <= 3
    assert isinstance(found, int) == (distance % 1000 == 0)


# --- ranges ---------------------------------------------------------------------------------

MI_300_500 = (300 * MM_PER_MILE, 500 * MM_PER_MILE)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("300-500mi", Unit.KM, MI_300_500),
        ("300-500", Unit.MI, MI_300_500),
        ("300 mi - 500 mi", Unit.KM, MI_300_500),
        ("300–500 mi", Unit.KM, MI_300_500),
        ("300mi-500", Unit.KM, MI_300_500),
        ("  480km-800km ", Unit.MI, (480 * MM_PER_KM, 800 * MM_PER_KM)),
        ("480-800", Unit.KM, (480 * MM_PER_KM, 800 * MM_PER_KM)),
        ("482,5-800,5 km", Unit.MI, (482_500_000, 800_500_000)),
        ("300mi-800km", Unit.KM, (300 * MM_PER_MILE, 800 * MM_PER_KM)),
    ],
)
def test_a_range_is_read(text: str, unit: Unit, expected: tuple[int, int]) -> None:
    assert parse_range(text, unit) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "300",
        "300mi",
        "500-300mi",
        "300-300",
        "0-500",
        "-300-500",
        "300--500",
        "300-500-700",
        "300-",
        "-500",
        "a-b",
        "1-1000001km",
        "500km-300 lightyears",
        "300/500",
    ],
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a (range|distance)|too far"):
        parse_range(text, Unit.KM)


@given(
    low=st.integers(1, 300_000),
    more=st.integers(1, 300_000),
    unit=units,
    dash=st.sampled_from("-–"),
)
def test_one_unit_holds_for_both_ends(low: int, more: int, unit: Unit, dash: str) -> None:
    both = parse_range(f"{low}{unit}{dash}{low + more}{unit}", Unit.KM)
    assert both == (low * unit.mm, (low + more) * unit.mm)
    for other in Unit:
        assert parse_range(f"{low}{dash}{low + more} {unit}", other) == both
        assert parse_range(f"{low} {unit}{dash}{low + more}", other) == both


# --- durations and spans --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45:10", 2710),
        ("1:02:33", 3753),
        ("90:00", 5400),
        ("0:00", 0),
        ("45min", 2700),
        ("1h", 3600),
        ("1h30m", 5400),
        ("1 H 30 Min", 5400),
        ("30s", 30),
        ("999:59:59", 999 * 3600 + 3599),
    ],
)
def test_a_duration_is_read(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", " ", "45", "1:60", "1:60:00", "1:2:3", "-5min", "h", "1.5h", "1:02:33:04", "5m1h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)


@given(seconds=st.integers(0, 999 * 3600))
def test_a_duration_that_is_shown_can_be_typed_again(seconds: int) -> None:
    assert parse_duration(show_duration(seconds)) == seconds


@given(seconds=st.integers(1, 10**9))
def test_a_negative_duration_is_shown_with_its_sign(seconds: int) -> None:
    assert show_duration(-seconds) == f"-{show_duration(seconds)}"


def test_an_unknown_duration_is_shown_as_nothing() -> None:
    assert show_duration(None) == ""


@pytest.mark.parametrize(
    ("text", "days"),
    [("28 days", 28), ("1 day", 1), ("4w", 28), ("10D", 10), ("0d", 0), ("52 weeks", 364)],
)
def test_a_span_is_read(text: str, days: int) -> None:
    assert parse_span(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "4", "w", "4 months", "-4w", "1.5w", "99999d", "4w2d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a span"):
        parse_span(text)


# --- instants and days ----------------------------------------------------------------------

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def test_a_naive_time_is_refused() -> None:
    naive = datetime(2026, 5, 1, 7)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        as_utc(naive)
    with pytest.raises(ValueError, match="no time zone"):
        local_day(naive, COPENHAGEN)


@given(
    instant=st.datetimes(
        min_value=datetime(1970, 1, 3),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, COPENHAGEN, timezone(timedelta(hours=5, minutes=45))]),
        allow_imaginary=False,
    ),
    zone=st.sampled_from([UTC, COPENHAGEN, timezone(timedelta(hours=-12))]),
)
def test_an_instant_stays_the_same_in_utc_and_so_does_its_day(
    instant: datetime, zone: timezone | ZoneInfo
) -> None:
    utc = as_utc(instant)
    assert utc.tzinfo is UTC
    assert utc.timestamp() == instant.timestamp()
    assert local_day(utc, zone) == local_day(instant, zone)
    assert abs(local_day(instant, zone) - utc.date()) <= timedelta(days=1)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # The clocks went forward at 01:00 UTC on 29 March, back at 01:00 UTC on 25 October.
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2028, 2, 28, 23, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2028, 2, 29, 23, 0, tzinfo=UTC), date(2028, 3, 1)),
    ],
)
def test_the_local_day_over_clock_changes_leap_days_and_new_year(
    instant: datetime, day: date
) -> None:
    assert local_day(instant, COPENHAGEN) == day


def test_both_hours_of_a_repeated_night_hour_are_of_one_day() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=COPENHAGEN, fold=0)
    second = first.replace(fold=1)
    assert as_utc(second) - as_utc(first) == timedelta(hours=1)
    assert local_day(first, COPENHAGEN) == local_day(second, COPENHAGEN) == date(2026, 10, 25)
