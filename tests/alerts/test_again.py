"""When what is still so is said again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shoetrack.alerts import again
from shoetrack.model import Alert, AlertKind, Draft
from tests.support import NOW

SAID = Alert(1, Draft(AlertKind.WAITING, "waiting", "", ""), 0, NOW)
LATER = NOW + timedelta(days=2)


def test_a_week_and_a_day() -> None:
    assert again.is_week_ago(None, NOW)
    assert not again.is_week_ago(SAID, NOW + timedelta(days=6, hours=23))
    assert again.is_week_ago(SAID, NOW + timedelta(days=7))
    assert again.is_day_ago(None, NOW)
    assert not again.is_day_ago(SAID, NOW + timedelta(hours=20))
    # Each morning, also where the clocks go forward.
    assert again.is_day_ago(SAID, NOW + timedelta(hours=23) - timedelta(seconds=1))


def test_what_is_known_or_put_off_is_left_alone() -> None:
    assert not again.rests(None, LATER)
    assert not again.rests(SAID, LATER)
    assert again.rests(SAID._replace(acked_at=NOW), LATER)
    assert not again.rests(SAID._replace(acked_at=NOW, ended_at=NOW), LATER)
    assert again.rests(SAID._replace(snoozed_until=LATER), NOW)
    assert not again.rests(SAID._replace(snoozed_until=LATER), LATER)


def test_runs_are_told_where_there_are_new_ones_or_once_a_week() -> None:
    week = NOW + timedelta(days=7)
    assert again.tells_of_runs(None, {1}, set(), NOW)
    assert not again.tells_of_runs(None, set(), set(), NOW)
    assert not again.tells_of_runs(SAID, {1, 2}, {1}, NOW + timedelta(hours=20))
    assert again.tells_of_runs(SAID, {1, 2}, {1}, LATER)
    assert not again.tells_of_runs(SAID, {1}, {1, 2}, LATER)
    assert again.tells_of_runs(SAID, {1}, {1, 2}, week)
    known = SAID._replace(acked_at=NOW)
    assert not again.tells_of_runs(known, {1}, {1}, week)
    assert again.tells_of_runs(known, {1, 2}, {1}, week)
    snoozed = SAID._replace(snoozed_until=week)
    assert not again.tells_of_runs(snoozed, {1, 2}, {1}, LATER)


@given(st.sets(st.integers(1, 60)))
def test_numbers_are_packed_and_unpacked(numbers: set[int]) -> None:
    assert again.unpacked(again.packed(numbers)) == numbers


def test_thousands_of_runs_need_few_letters() -> None:
    assert again.packed([*range(1, 3001), 3005, 3007, 3008]) == "1-3000,3005,3007-3008"
    assert again.packed([]) == ""
