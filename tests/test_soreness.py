"""What notes say: when to point to a professional, once; and soreness beside a pair's miles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.model import Observation
from shoetrack.soreness import Life, Trend, needs_care, trend

DAY = date(2026, 3, 1)
KM = 1_000_000


def sore(ago: int, part: str = "heel", level: int | None = 3, note: str = "") -> Observation:
    """A note of the run that many days before `DAY`; a day has one run."""
    return Observation(DAY - timedelta(days=ago), part, level, note, run_id=1000 - ago)


def said(note: str, ago: int = 0) -> Observation:
    return sore(ago, "", None, note)


def calls(before: Sequence[Observation], *new: Observation) -> bool:
    return needs_care(before, [*before, *new])


def test_a_little_soreness_is_noted_and_no_more() -> None:
    assert not calls([], sore(0, level=2))
    assert not calls([], sore(0, level=6), said("stiff at first"))


@pytest.mark.parametrize("level", [7, 10])
def test_a_high_level_calls(level: int) -> None:
    assert calls([], sore(0, level=level))


@pytest.mark.parametrize(
    "words",
    [
        *("sharp at every step", "Stabbing", "toes NUMB", "tingling", "swelling", "swollen after"),
        *("severe pain", "a lasting ache", "it hurts for weeks now", "sore for three months"),
    ],
)
def test_words_call_in_the_note_or_in_the_part(words: str) -> None:
    assert calls([], sore(0, level=1), said(words))
    assert calls([], said(words))
    assert calls([], sore(0, words, 1))
    assert not calls([], sore(0, words, 0))


@pytest.mark.parametrize(
    "words",
    [
        "no swelling",
        "not sharp",
        "without numbness",
        "number 12",
        "a sharp left turn",
        "sharper climb",
    ],
)
def test_what_is_denied_or_no_pain_does_not_call(words: str) -> None:
    assert not calls([], sore(0, level=1), said(words))


def test_what_is_seen_on_a_pair_does_not_call() -> None:
    assert not calls([], Observation(DAY, "tread", 10, shoe_id=1))
    assert not calls([], Observation(DAY, note="a sharp stone in it", shoe_id=1))


def test_soreness_of_two_weeks_calls() -> None:
    assert not calls([sore(13), sore(7)], sore(0))
    assert calls([sore(14), sore(7)], sore(0))
    assert calls([sore(14)], sore(0))


def test_soreness_that_went_away_in_between_does_not_last() -> None:
    assert not calls([sore(20), sore(10, level=1)], sore(0))
    assert not calls([sore(40)], sore(0))  # four weeks without a word of it
    assert not calls([sore(20, "knee")], sore(0))
    assert not calls([sore(20, level=2)], sore(0, level=2))


def test_a_note_for_an_older_run_can_complete_the_two_weeks() -> None:
    assert calls([sore(0)], sore(14))


def test_it_is_said_once_for_a_part() -> None:
    assert not calls([sore(10, level=8)], sore(0, level=9))
    assert not calls([sore(10, "Heel ", 8)], sore(0, "heel", 8))
    assert not calls([sore(28, level=8)], sore(0, level=8))
    assert calls([sore(29, level=8)], sore(0, level=8))
    assert calls([sore(10, level=8)], sore(0, "knee", 8))


def test_it_is_said_once_while_a_soreness_lasts() -> None:
    noted: list[Observation] = []
    times = 0
    for ago in range(90, -1, -5):
        times += calls(noted, sore(ago))
        noted.append(sore(ago))
    assert times == 1


notes = st.lists(
    st.builds(
        sore,
        st.integers(0, 100),
        st.sampled_from(["heel", "knee", "numb toe"]),
        st.integers(0, 10),
    ),
    max_size=12,
)


@given(notes)
def test_the_same_said_again_never_calls(noted: list[Observation]) -> None:
    assert not needs_care(noted, noted)
    assert not needs_care([*noted, sore(0, level=8)], [*noted, sore(0, level=9)])


@given(notes)
def test_the_order_of_noting_does_not_matter(noted: list[Observation]) -> None:
    mixed = list(reversed(noted))
    new = sore(0, level=4)
    assert calls(noted, new) == calls(mixed, new)


# --- beside the miles -----------------------------------------------------------------------


def on(days: int) -> date:
    return DAY + timedelta(days=days)


def test_a_pair_has_what_it_ran_by_the_end_of_the_day() -> None:
    life = Life.of([(on(0), 10), (on(2), 5)], [])
    assert [life.worn_on(on(days)) for days in (-1, 0, 1, 2, 9)] == [0, 10, 10, 15, 15]


def test_opening_miles_were_there_from_the_first() -> None:
    """They are written for the day the pair was added, which can be after its runs."""
    life = Life.of([(on(0), 10), (on(5), 107)], [(on(5), 100)])
    assert [life.worn_on(on(days)) for days in (-1, 0, 5)] == [100, 110, 117]
    assert life.opening_mm == 100


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-5, 50))), st.integers(0, 40))
def test_the_last_day_has_the_total(gains: list[tuple[int, int]], opening: int) -> None:
    ledger = [*((on(days), mm) for days, mm in gains), (on(3), opening)]
    life = Life.of(ledger, [(on(3), opening)])
    assert life.worn_on(on(99)) == sum(mm for _, mm in ledger)
    for days in range(31):
        ran = sum(mm for at, mm in gains if at <= days)
        assert life.worn_on(on(days)) == opening + ran


def noted_on(days: int, level: int = 3, run_id: int | None = None) -> Observation:
    return Observation(on(days), "heel", level, run_id=days if run_id is None else run_id)


def test_the_trend_is_early_against_late() -> None:
    life = Life.of([(on(days), 10 * KM) for days in range(1, 31)], [])  # 300 km
    some = [noted_on(5), noted_on(15), noted_on(25), noted_on(28), noted_on(29, 0)]
    assert trend(some, life, 100 * KM) == Trend(1, 2, 100 * KM)
    assert trend(some[:2], life, 100 * KM) is None
    assert trend(some, life, 151 * KM) is None


def test_several_sore_parts_are_one_sore_run() -> None:
    life = Life.of([(on(days), 10 * KM) for days in range(1, 31)], [])
    parts = [replace(noted_on(29), part=part) for part in ("heel", "knee", "shin")]
    assert trend(parts, life, 100 * KM) is None
    assert trend([*parts, noted_on(3), noted_on(30)], life, 100 * KM) == Trend(1, 2, 100 * KM)


def test_the_trend_begins_where_the_notes_could() -> None:
    life = Life.of([(on(days), 10 * KM) for days in range(1, 31)], [(on(1), 5 * KM)])
    some = [noted_on(1), noted_on(2), noted_on(30)]
    assert trend(some, life, 100 * KM) == Trend(2, 1, 100 * KM)


def test_what_is_seen_on_the_pair_is_no_soreness() -> None:
    life = Life.of([(on(days), 10 * KM) for days in range(1, 31)], [])
    seen = [Observation(on(days), "tread", 5, shoe_id=1) for days in (5, 15, 25)]
    assert trend(seen, life, 100 * KM) is None
