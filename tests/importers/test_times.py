"""Times as files write them, clocks that jump, and dates in names."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.importers.clock import Clock
from shoetrack.importers.dates import date_in_name, epochs, parse_time


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-05-01T07:00:00Z", "2026-05-01T07:00:00+00:00"),
        (" 2026-05-01T07:00:00.000z\n", "2026-05-01T07:00:00+00:00"),
        ("2026-05-01T07:00:00", "2026-05-01T07:00:00+00:00"),
        ("2026-05-01 07:00:00 UTC", "2026-05-01T07:00:00+00:00"),
        ("2026-05-01T07:00:00.1234567891Z", "2026-05-01T07:00:00.123456+00:00"),
        ("2026-05-01T07:00:00,25Z", "2026-05-01T07:00:00.250000+00:00"),
        ("2026-05-01T09:00:00+02:00", "2026-05-01T09:00:00+02:00"),
        ("2026-05-01T09:00:00 +0200", "2026-05-01T09:00:00+02:00"),
        ("2026-05-01T04:30:60-0230", "2026-05-01T04:31:00-02:30"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
        ("2026-05-01T24:00:00Z", "2026-05-02T00:00:00+00:00"),
        ("20260501T070000Z", "2026-05-01T07:00:00+00:00"),
    ],
)
def test_times_are_read_tolerantly(text: str, iso: str) -> None:
    instant = parse_time(text)
    assert instant is not None
    assert instant.isoformat() == iso
    assert epochs([text]) == ([instant.timestamp()], instant.utcoffset().total_seconds())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["", "garbage", "2026-05-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
     "1970-01-01T00:00:00Z", "1980-01-05T23:59:59Z", "2026-13-01T00:00:00Z",
     "2026-05-01T25:00:00Z", "2026-05-01T24:00:01Z", "2026-05-01T07:00:61Z", "9" * 10_000,
     "2026-05-01T07:00:00+99:00", "٢٠٢٦-٠٥-٠١T٠٧:٠٠:٠٠Z", "9999-12-31T24:00:00Z"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None
    good = "2026-05-01T07:00:00+01:00"
    seconds, offset = epochs([text, good])
    assert math.isnan(seconds[0])
    assert (seconds[1], offset) == (1777615200.0, 3600)


@given(st.lists(st.text(max_size=30) | st.datetimes().map(str), max_size=5))
def test_any_texts_are_survived(texts: list[str]) -> None:
    seconds, _ = epochs(texts)
    assert len(seconds) == len(texts)
    assert all(math.isnan(s) or s >= 315_964_800 for s in seconds)


@given(st.lists(st.lists(st.floats(4e8, 3e9), min_size=1, max_size=6), max_size=6))
def test_a_duration_is_never_negative_nor_beyond_the_span(segments: list[list[float]]) -> None:
    clock = Clock()
    for times in segments:
        clock.add(times)
        clock.break_segment()
    assert clock.elapsed_s >= 0
    span = clock.span()
    assert (span is None) == (not segments)
    if span:
        assert span[0] <= span[1]


@given(st.lists(st.floats(1e9, 1e9 + 1e5), max_size=30), st.integers(1, 9))
def test_batches_make_no_difference(times: list[float], size: int) -> None:
    whole, parts = Clock(), Clock()
    whole.add(times)
    for at in range(0, len(times), size):
        parts.add(times[at : at + size])
    assert whole.span() == parts.span()
    assert whole.elapsed_s == pytest.approx(parts.elapsed_s)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2025-08-30 10_27_46.464 Wasserlinie.gpx", "2025-08-30"),
        ("20210907_213924.gpx", "2021-09-07"),
        ("activity_2024-05-10.gpx", "2024-05-10"),
        ("2026.05.01 morning.gpx", "2026-05-01"),
        ("2022-05-29-15-53-35_Laufen_Landal_Park.fit", "2022-05-29"),
        ("export.zip/2019-01-01/run_20240229T101112Z.gpx.gz", "2024-02-29"),
        ("20240229101112.gpx", "2024-02-29"),
        ("run 2023_02_30 or 2023_03_01.gpx", "2023-03-01"),
        ("a\\b\\2024-05-10.gpx", "2024-05-10"),
    ],
)
def test_dates_in_names(name: str, day: str) -> None:
    assert date_in_name(name) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "name",
    ["morning.gpx", "12866632127.fit.gz", "1202405101.gpx", "202405101.gpx", "20241399.gpx",
     "activity_202405109999.gpx", "2024-5-1.gpx", "2024-05.gpx", "1979-05-01.gpx",
     "a20240510b.gpx", "2024-05-10/run.gpx", "", "2024-05_10.gpx", "99992024-05-10.gpx"],
)  # fmt: skip
def test_no_dates_in_names(name: str) -> None:
    assert date_in_name(name) is None


def test_the_gps_epoch_itself_is_a_time() -> None:
    assert parse_time("1980-01-06T00:00:00Z") == datetime(1980, 1, 6, tzinfo=UTC)
