"""The stages of a pair's life, what stands of what was done, and what arms a stage again."""

from __future__ import annotations

import pytest

from shoetrack.alerts import stages
from shoetrack.alerts.stages import IN_RANGE, NEAR_END, WORN_OUT, Link, Scale, Step
from shoetrack.model import Alert, AlertKind, Draft
from shoetrack.units import Unit
from tests.support import NOW

# In a unit of their own: a range of 300 to 500, and steps of 50.
ENDS = (300, 500)
SCALE = Scale(0.9, 50)


def said(level: int, distance: int, *, two_weeks: int | None = None) -> Alert:
    stage, step = stages.named(level)
    facts = {} if two_weeks is None else {stages.TWO_WEEKS: two_weeks}
    draft = Draft(
        AlertKind.WEAR,
        "shoe:1",
        "",
        "",
        stage=stage,
        step=step,
        distance_mm=distance,
        range_mm=ENDS,
        facts=facts,
    )
    return Alert(1, draft, 1, NOW)


def steps(*nets: int) -> list[Step]:
    return [Step(net, ENDS, ENDS) for net in nets]


@pytest.mark.parametrize("level", range(1, 12))
def test_a_level_has_a_name_and_back(level: int) -> None:
    assert stages.level_of(said(level, 0).draft) == level


def test_where_the_stages_begin() -> None:
    assert [SCALE.begin(level, ENDS) for level in range(1, 6)] == [300, 450, 500, 550, 600]
    assert [SCALE.beyond(distance, ENDS) for distance in (500, 549, 550, 649)] == [3, 3, 4, 5]
    assert SCALE.begin(NEAR_END, ENDS, 120) == 380
    assert SCALE.begin(NEAR_END, ENDS, 20) == 450
    assert stages.step_mm(Unit.MI) == 80_467_200
    assert stages.step_mm(Unit.KM) == 80_000_000


@pytest.mark.parametrize(
    ("links", "standing"),
    [
        ([], []),
        ([Link(5), Link(6)], [5, 6]),
        ([Link(5), Link(6, undoes_id=5)], []),
        ([Link(5), Link(6, undoes_id=5), Link(7, redoes_id=6)], [7]),
        ([Link(5), Link(6, undoes_id=5), Link(7, redoes_id=6), Link(8, undoes_id=7)], []),
        # What lay there before, undone, done again, and undone for good.
        ([Link(5, undoes_id=4), Link(6, redoes_id=5)], []),
        ([Link(5, undoes_id=4), Link(6, redoes_id=5), Link(7)], [7]),
        ([Link(5, undoes_id=4), Link(6, undoes_id=3), Link(7)], [7]),
        # What was undone already, and is done again: it was not there then.
        ([Link(5, redoes_id=4)], [5]),
        ([Link(5, redoes_id=4), Link(6, undoes_id=5)], []),
    ],
)
def test_what_stands_and_did_not_before(links: list[Link], standing: list[int]) -> None:
    assert stages.fresh(links) == standing


@pytest.mark.parametrize(
    ("links", "undone"),
    [
        ([], False),
        ([Link(5), Link(6, undoes_id=5)], False),
        ([Link(5), Link(6, undoes_id=5), Link(7, undoes_id=4)], True),
        ([Link(5, undoes_id=4), Link(6)], True),
        ([Link(5, undoes_id=4), Link(6, redoes_id=5)], False),
        ([Link(5, undoes_id=4), Link(6, undoes_id=3), Link(7, redoes_id=6)], True),
        ([Link(5, redoes_id=4), Link(6, undoes_id=5)], False),
    ],
)
def test_whether_what_there_was_is_undone(links: list[Link], undone: bool) -> None:
    assert stages.any_undone(links) is undone


def test_a_correction_arms_what_it_takes_the_pair_below() -> None:
    for nets, level, armed in (
        ((), WORN_OUT, False),
        ((20,), WORN_OUT, False),
        ((-15, 10), WORN_OUT, True),
        ((-15, 10), NEAR_END, False),
        ((-61, 61), NEAR_END, True),
        ((-61, 61), IN_RANGE, False),
        ((10, -5), WORN_OUT, False),
    ):
        distance = 510 + sum(nets)
        found = stages.is_rearmed(said(3, 510), level, steps(*nets), distance, ENDS, SCALE)
        assert found is armed, (nets, level)


def test_what_was_undone_since_is_no_correction() -> None:
    """The pair had 510; what took it there is gone, and has come again."""
    assert not stages.is_rearmed(said(3, 510), 3, steps(40), 510, ENDS, SCALE)
    assert not stages.is_rearmed(said(3, 510), 3, [], 470, ENDS, SCALE)


def test_two_weeks_before_the_end_as_they_were_then() -> None:
    near = said(NEAR_END, 400, two_weeks=120)  # from 380 on
    assert not stages.is_rearmed(near, NEAR_END, steps(-15, 15), 400, ENDS, SCALE)
    assert stages.is_rearmed(near, NEAR_END, steps(-25, 25), 400, ENDS, SCALE)


def test_another_range() -> None:
    def armed(before: tuple[int, int], after: tuple[int, int], *, distance: int = 510) -> bool:
        edited = [Step(0, before, after)]
        return stages.is_rearmed(said(3, 510), WORN_OUT, edited, distance, after, SCALE)

    assert armed(ENDS, (300, 511))
    assert not armed(ENDS, (300, 511), distance=511)
    assert not armed(ENDS, (200, 400))
    # By the configuration, nobody knows when.
    assert stages.is_rearmed(said(3, 510), WORN_OUT, [], 610, (400, 600), SCALE)
    assert not stages.is_rearmed(said(3, 510), WORN_OUT, [], 510, (200, 400), SCALE)


def test_a_new_life_arms_all() -> None:
    returned = [Step(0, ENDS, ENDS), Step(0, ENDS, ENDS, returned=True)]
    assert stages.is_rearmed(said(3, 510), IN_RANGE, returned, 510, ENDS, SCALE)
