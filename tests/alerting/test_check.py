"""What is said of pairs, rotations, runs and the week; when, in which words, and when not again."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from shoetrack import hand
from shoetrack.alerting import answers
from shoetrack.alerting.check import check, would_raise
from shoetrack.config import Config
from shoetrack.db import alert_queries, run_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.errors import NotFoundError, RefusedError
from shoetrack.hand import DefaultFor
from shoetrack.model import AlertKind, Share
from shoetrack.questions import turns
from shoetrack.sport import Sport
from shoetrack.units import Unit
from tests.alerting.pairs import Runner, mm
from tests.support import NOW, finish, import_paths, make_run, run_cli, start_cli


@pytest.fixture
def runner(store: Store, location: Location) -> Runner:
    return Runner(store, location)


@pytest.fixture
def worn(runner: Runner) -> Runner:
    """A pair at 290 miles, worn today."""
    runner.add("Pegasus 41", 280, default=True)
    runner.run("Pegasus 41", 10)
    return runner


# --- the end of a pair ------------------------------------------------------------------------


def test_each_stage_is_said_as_it_is_passed(worn: Runner) -> None:
    assert worn.said() == []
    stages = []
    for miles in (11, 155, 50, 20, 40, 50):
        worn.run("Pegasus 41", miles)
        stages += [
            (alert.draft.stage, alert.draft.step, alert.draft.urgent) for alert in worn.check()
        ]
        assert worn.check() == ()
        assert len(worn.open()) == 1  # the earlier ones are over
    assert stages == [
        ("in-range", 0, False),
        ("near-end", 0, False),
        ("worn-out", 0, True),
        ("beyond", 1, True),
        ("beyond", 2, True),
    ]


def test_several_stages_at_once_are_one_alert(worn: Runner) -> None:
    worn.run("Pegasus 41", 365)
    (alert,) = worn.check()
    assert (alert.draft.stage, alert.draft.step) == ("beyond", 3)
    assert alert.draft.title == "Pegasus 41 is 155 mi beyond its end: 655 of 500 mi"
    assert worn.states(alert) == [(0, "pending")]
    assert alert.after_change == 3


def test_the_words_of_each_stage(worn: Runner) -> None:
    worn.run("Pegasus 41", 12)
    (alert,) = worn.check()
    assert alert.draft.title == "Pegasus 41 has come into its range: 302 of 300-500 mi"
    assert alert.draft.body == (
        "302.0 mi worn, 198.0 mi left of its range of 300-500 mi.\n"
        "When it is done is not known: not enough runs yet."
    )
    worn.run("Pegasus 41", 150)
    (alert,) = worn.check()
    assert alert.draft.title == "Pegasus 41 is near its end: 452 of 500 mi"
    assert alert.draft.body.endswith("Buy the next pair now.")
    worn.run("Pegasus 41", 48.3)
    (alert,) = worn.check()
    assert alert.draft.title == "Pegasus 41 is at its end: 500.3 of 500.0 mi"
    assert alert.draft.body == (
        "500.3 mi worn, 0.3 mi beyond its range of 300-500 mi.\n"
        "Buy the next pair now.\n"
        'Once it is replaced: shoetrack shoe retire "Pegasus 41"'
    )


def test_a_name_that_a_shell_reads_in_its_own_way_is_not_offered(worn: Runner) -> None:
    """What is copied from a mail into a terminal does no more than it says."""
    for name in ('Brooks "Ghost"', "$(rm x)", "`x`", "-f", "50% off!"):
        worn.add(name, 510)
    bodies = [alert.draft.body for alert in worn.check()]
    assert len(bodies) == 5
    assert all(body.endswith("shoetrack shoe retire NAME") for body in bodies)


def test_in_kilometres_every_eighty_beyond(worn: Runner) -> None:
    worn.config = replace(worn.config, unit=Unit.KM)
    worn.run("Pegasus 41", 260)
    (alert,) = worn.check()  # 80.5 km beyond
    assert alert.draft.title == "Pegasus 41 is 80 km beyond its end: 885 of 805 km"
    assert (alert.draft.stage, alert.draft.step) == ("beyond", 1)
    assert alert.draft.body.startswith("885.1 km worn, 80.5 km beyond its range of 483-805 km.")


def test_near_the_end_by_miles_stays_said_while_it_is_so_by_the_forecast(runner: Runner) -> None:
    """A correction to below 90 % leaves the pair near its end, of which it was said."""
    runner.add("Peg", 265)
    for ago in range(29, 0, -2):
        runner.run("Peg", 12.5, ago=ago)
    assert [alert.draft.title for alert in runner.check()] == ["Peg is near its end: 452 of 500 mi"]
    runner.adjust("Peg", -5)
    assert runner.said() == []
    assert runner.open() == ["Peg is near its end: 452 of 500 mi"]
    runner.adjust("Peg", -150)
    runner.adjust("Peg", 155)
    assert [alert.draft.stage for alert in runner.check()] == ["near-end"]


def test_the_forecast_says_near_the_end_once_however_it_turns(runner: Runner) -> None:
    """At 100 miles a week, two weeks before the end are 200 miles."""
    runner.add("Pegasus 41", 0)
    for week in range(4, 0, -1):
        for day in range(4):
            runner.run("Pegasus 41", 20, ago=7 * week - day)
    assert [alert.draft.stage for alert in runner.check()] == ["in-range"]
    runner.wait(days=1)
    for _ in range(2):
        runner.run("Pegasus 41", 30)
    (alert,) = runner.check()
    assert (alert.draft.stage, alert.draft.distance_mm) == ("near-end", mm(380))
    done, interval = alert.draft.body.splitlines()[1].removesuffix(").").split(" (")
    assert done.startswith("Done about 2026-06-1")
    assert " to 2026-" in interval
    assert alert.draft.body.endswith("Buy the next pair now.")
    runner.wait(days=25)
    assert runner.said() == []
    assert runner.open() == []  # after weeks without running it is not so near any more
    runner.run("Pegasus 41", 30)
    runner.run("Pegasus 41", 30)
    assert runner.said() == []
    assert runner.open() == [alert.draft.title]
    # A correction that leaves it where two weeks before the end were then, and one that does not.
    runner.adjust("Pegasus 41", -80)
    runner.adjust("Pegasus 41", 80)
    assert runner.said() == []
    runner.adjust("Pegasus 41", -130)
    assert runner.said() == []
    runner.run("Pegasus 41", 120)
    runner.run("Pegasus 41", 15)
    assert [alert.draft.stage for alert in runner.check()] == ["near-end"]


def test_an_import_undone_and_done_again_says_nothing_twice(
    worn: Runner, store: Store, location: Location, tmp_path: Path
) -> None:
    path = tmp_path / "long.gpx"
    path.write_text(make_run(20_000, NOW - timedelta(hours=5), 7200))
    import_paths(store, location, [path])
    assert worn.said() == ["Pegasus 41 has come into its range: 302 of 300-500 mi"]
    worn.undo()
    assert worn.said() == []
    assert worn.open() == []
    import_paths(store, location, [path])
    assert worn.said() == []
    assert len(worn.open()) == 1
    worn.undo()
    worn.redo()
    import_paths(store, location, [path])
    assert worn.said() == []


def test_a_correction_below_the_stage_arms_it_again(worn: Runner) -> None:
    """By whatever hand: an edit, an assignment, a run taken out, miles put right."""
    run = worn.run("Pegasus 41", 15)
    other = worn.add("Nova")

    def edit() -> None:
        hand.edit_run(worn.store, run, {"distance_mm": mm(5)}, worn.now)

    def assign() -> None:
        hand.assign_runs(worn.store, [run], (Share(other.id),), worn.now, "")

    def ignore() -> None:
        hand.ignore_runs(worn.store, [run], worn.now)

    def adjust() -> None:
        worn.adjust("Pegasus 41", -15)

    assert len(worn.said()) == 1
    for correct in (edit, assign, ignore, adjust):
        correct()
        assert worn.said() == []
        assert worn.open() == []
        worn.undo()
        assert worn.said() == []
        assert len(worn.open()) == 1
        worn.redo()
        worn.run("Pegasus 41", 20)
        assert len(worn.said()) == 1
        worn.undo()
        worn.undo()
    worn.retire("Pegasus 41")


def test_a_merge_of_twins_is_a_correction(worn: Runner) -> None:
    one, twin = (worn.run("Pegasus 41", 8) for _ in range(2))
    assert len(worn.said()) == 1
    hand.merge_runs(worn.store, one, [twin], worn.now)
    assert worn.said() == []
    worn.run("Pegasus 41", 8)
    assert len(worn.said()) == 1


def test_a_range_that_is_set_higher_arms_what_the_pair_has_not_come_to(worn: Runner) -> None:
    worn.run("Pegasus 41", 220)  # 510
    assert len(worn.said()) == 1
    worn.edit("Pegasus 41", range_low_mm=mm(300), range_high_mm=mm(505))
    assert worn.said() == []  # it is at its end with that too
    worn.edit("Pegasus 41", range_low_mm=mm(400), range_high_mm=mm(600))
    assert worn.said() == []
    worn.run("Pegasus 41", 91)
    assert worn.said() == ["Pegasus 41 is at its end: 601 of 600 mi"]
    worn.edit("Pegasus 41", range_low_mm=mm(300), range_high_mm=mm(500))
    assert worn.said() == ["Pegasus 41 is 101 mi beyond its end: 601 of 500 mi"]


def test_the_range_of_the_configuration_may_be_set_higher(worn: Runner) -> None:
    worn.run("Pegasus 41", 215)  # 505
    assert len(worn.said()) == 1
    worn.config = replace(worn.config, range_mm=(mm(400), mm(600)))
    assert worn.said() == []
    worn.run("Pegasus 41", 100)
    assert worn.said() == ["Pegasus 41 is at its end: 605 of 600 mi"]


def test_a_pair_brought_back_has_a_new_life(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    assert len(worn.said()) == 1
    worn.retire("Pegasus 41")
    assert worn.said() == []
    assert worn.open() == []
    worn.undo()
    assert worn.said() == []
    assert len(worn.open()) == 1
    worn.redo()
    worn.restore("Pegasus 41")
    assert worn.said() == ["Pegasus 41 is near its end: 455 of 500 mi"]
    worn.undo()
    worn.redo()
    assert worn.said() == []


def test_a_pair_that_lies_in_a_cupboard_is_not_spoken_of(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    worn.wait(days=184)
    assert worn.said() == []
    worn.run("Pegasus 41", 1)
    assert len(worn.said()) == 1
    worn.wait(days=184)
    assert worn.said() == []
    assert worn.open() == []
    worn.run("Pegasus 41", 1)
    assert worn.said() == []
    assert len(worn.open()) == 1


def test_ten_years_at_once_say_something_of_pairs_in_use_alone(runner: Runner) -> None:
    for number in range(25):
        name = f"Pair {number}"
        runner.add(name, 480)
        runner.run(name, 30, ago=10 if number >= 20 else 365 * (1 + number % 9))
        if number < 15:
            runner.retire(name)
    titles = [f"Pair {number} is at its end: 510 of 500 mi" for number in range(20, 25)]
    assert sorted(runner.said()) == titles
    assert runner.said() == []


# --- what a person answers --------------------------------------------------------------------


def test_what_is_acknowledged_is_not_said_again_nor_sent(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    (alert,) = worn.check()
    (acked,) = answers.acknowledge(worn.store, [alert.id], worn.now)
    assert acked.id == alert.id
    assert worn.states(alert) == [(0, "dropped")]
    assert worn.open() == []
    worn.wait(days=30)
    worn.run("Pegasus 41", 1)
    assert worn.said() == []
    assert answers.acknowledge(worn.store, [alert.id], worn.now) == []
    assert answers.acknowledge(worn.store, None, worn.now) == []
    with pytest.raises(NotFoundError, match="no alert 99"):
        answers.acknowledge(worn.store, [99], worn.now)


def test_what_is_snoozed_is_said_anew_once(worn: Runner) -> None:
    """As it is by then, and by a message of its own: what is on its way is dropped."""
    worn.run("Pegasus 41", 165)
    (alert,) = worn.check()
    answers.snooze(worn.store, alert.id, worn.now + timedelta(days=3), worn.now)
    assert worn.states(alert) == [(0, "dropped")]
    worn.wait(days=2)
    worn.run("Pegasus 41", 20)
    assert worn.said() == []
    worn.wait(days=1)
    (anew,) = worn.check()
    assert anew.draft.title == "Pegasus 41 is near its end: 475 of 500 mi"
    assert anew.draft.stage == alert.draft.stage
    assert worn.states(anew) == [(0, "pending")]
    assert worn.states(alert) == [(0, "dropped")]
    assert worn.open() == [anew.draft.title]
    worn.wait(days=1)
    assert worn.said() == []
    worn.run("Pegasus 41", 30)
    assert worn.said() == ["Pegasus 41 is at its end: 505 of 500 mi"]


def test_what_is_over_is_neither_said_again_nor_snoozed(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    (alert,) = worn.check()
    answers.snooze(worn.store, alert.id, worn.now + timedelta(days=3), worn.now)
    worn.retire("Pegasus 41")
    worn.wait(days=4)
    assert worn.said() == []
    assert worn.open() == []
    with pytest.raises(RefusedError, match="is over already"):
        answers.snooze(worn.store, alert.id, worn.now + timedelta(days=3), worn.now)
    worn.undo()  # it is in use again, and what was put off is said
    assert worn.said() == [alert.draft.title]
    assert worn.said() == []
    assert worn.open() == [alert.draft.title]


# --- what was said by mistake -----------------------------------------------------------------


@pytest.mark.parametrize("by_hand", [False, True])
def test_what_was_said_of_miles_that_were_undone_is_said_when_it_comes_true(
    runner: Runner, by_hand: bool
) -> None:
    """Three hundred miles that were another pair's: undone, and the pair goes on to its own end."""
    runner.add("Pegasus 41", 190)
    runner.run("Pegasus 41", 10)
    if by_hand:
        runner.adjust("Pegasus 41", 300)
    else:
        runner.run("Pegasus 41", 300, ago=3)
    assert runner.said() == ["Pegasus 41 is at its end: 500 of 500 mi"]
    runner.wait(days=1)
    runner.undo()
    assert runner.said() == []
    assert runner.open() == []
    said = []
    for _ in range(31):
        runner.wait(days=5)
        runner.run("Pegasus 41", 10)
        said += runner.said()
    assert said == [
        "Pegasus 41 has come into its range: 300 of 300-500 mi",
        "Pegasus 41 is near its end: 450 of 500 mi",
        "Pegasus 41 is at its end: 500 of 500 mi",
    ]


def test_what_was_undone_and_is_imported_or_done_again_is_said_once(runner: Runner) -> None:
    runner.add("Pegasus 41", 200)
    runner.run("Pegasus 41", 200, ago=3)
    assert len(runner.said()) == 1
    runner.undo()
    assert runner.said() == []
    runner.wait(days=2)
    runner.run("Pegasus 41", 200, ago=5)  # the same run, of the same day
    assert runner.said() == []
    runner.undo()
    runner.undo()
    runner.redo()
    runner.redo()
    assert runner.said() == []
    assert runner.open() == ["Pegasus 41 has come into its range: 400 of 300-500 mi"]


def test_a_run_that_was_of_a_later_day_is_no_mistake(runner: Runner) -> None:
    runner.add("Pegasus 41", 240)
    run_id = runner.run("Pegasus 41", 120, ago=1)
    runner.now -= timedelta(days=1)
    assert len(runner.said()) == 1
    runner.now += timedelta(days=1)
    hand.edit_run(runner.store, run_id, {"local_date": runner.today}, runner.now)
    assert runner.said() == []
    assert len(runner.open()) == 1


def test_an_undone_run_that_is_soon_made_up_for_is_nothing_new(worn: Runner) -> None:
    worn.run("Pegasus 41", 12)
    assert len(worn.said()) == 1
    worn.undo()
    assert worn.said() == []
    worn.wait(days=1)
    worn.run("Pegasus 41", 11)
    assert worn.said() == []


# --- channels that come later -----------------------------------------------------------------


def test_what_no_channel_has_heard_of_is_said_by_the_first_one_there_is(runner: Runner) -> None:
    runner.set_alerts(channels=())
    runner.add("Pegasus 41", 280)
    runner.run("Pegasus 41", 175)
    runner.run(None, 3)
    assert len(runner.check()) == 1
    runner.wait(days=3)
    assert runner.said() == ["1 run waits for a pair"]
    runner.run("Pegasus 41", 20)
    assert runner.said() == []  # there is none yet, and nothing new
    runner.set_alerts(channels=("email",))
    found = runner.check()
    assert [alert.draft.title for alert in found] == [
        "Pegasus 41 is near its end: 475 of 500 mi",  # as it is now
        "1 run waits for a pair",
    ]
    assert [runner.states(alert) for alert in found] == [[(0, "pending")]] * 2
    assert len(runner.open()) == 2
    runner.set_alerts(channels=("email", "desktop"))
    assert runner.said() == []  # it is on its way already


def test_what_was_dropped_with_its_channel_goes_by_the_next(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    (alert,) = worn.check()
    with worn.store.write("test", "", worn.now) as tx:  # as where it was taken out
        tx.note("delivery", worn.deliveries(alert)[0].id, status="dropped")
    worn.set_alerts(channels=())
    assert worn.said() == []
    worn.set_alerts(channels=("email",))
    (anew,) = worn.check()
    assert [one.channel for one in worn.deliveries(anew)] == ["email"]
    assert worn.said() == []


def test_what_was_acknowledged_or_given_up_is_left_alone_by_a_new_channel(worn: Runner) -> None:
    worn.set_alerts(channels=())
    worn.run("Pegasus 41", 15)
    (seen,) = worn.check()
    answers.acknowledge(worn.store, [seen.id], worn.now)
    worn.set_alerts(channels=("desktop",))
    assert worn.said() == []
    worn.run("Pegasus 41", 150)
    (alert,) = worn.check()
    with worn.store.write("test", "", worn.now) as tx:
        tx.note("delivery", worn.deliveries(alert)[0].id, status="given-up")
    worn.set_alerts(channels=("email",))
    assert worn.said() == []


# --- rotations --------------------------------------------------------------------------------


@pytest.fixture
def uneven(runner: Runner) -> Runner:
    """Two pairs, of which one does all: seven runs in two weeks."""
    runner.now -= timedelta(days=90)
    for name in ("Pegasus 41", "Novablast 5"):
        runner.add(name, 60, rotation="daily", default=name == "Pegasus 41")
    runner.now = NOW
    for ago in range(2, 16, 2):
        runner.run("Pegasus 41", 5, ago=ago)
    return runner


def test_an_uneven_rotation_is_said_once_a_week(uneven: Runner) -> None:
    (alert,) = uneven.check()
    assert alert.draft.title == "Rotation daily is uneven: wear Novablast 5 next"
    assert alert.draft.body == (
        "Over 28 days and 7 runs:\n"
        "Pegasus 41 is 50 points over its target share, by 17.5 mi.\n"
        "Novablast 5 was not worn, and is 50 points under its target share, by 17.5 mi."
    )
    assert not alert.draft.urgent
    uneven.wait(days=6, hours=23)
    assert uneven.said() == []
    uneven.wait(hours=1)
    assert len(uneven.said()) == 1
    assert len(uneven.open()) == 1
    for ago in range(6):
        uneven.run("Novablast 5", 6, ago=ago)
    assert uneven.said() == []  # balanced again, which is not sent
    assert uneven.open() == []


def test_a_rotation_that_is_known_to_be_uneven_is_left_alone(uneven: Runner) -> None:
    (alert,) = uneven.check()
    answers.acknowledge(uneven.store, [alert.id], uneven.now)
    uneven.wait(days=8)
    assert uneven.said() == []


def test_a_snoozed_rotation_is_said_when_its_time_has_come(uneven: Runner) -> None:
    (alert,) = uneven.check()
    answers.snooze(uneven.store, alert.id, uneven.now + timedelta(days=9), uneven.now)
    uneven.wait(days=8)
    assert uneven.said() == []
    uneven.wait(days=1)
    assert len(uneven.said()) == 1
    assert uneven.open() == ["Rotation daily is uneven: wear Novablast 5 next"]


def test_a_rotation_snoozed_for_less_than_a_week_is_said_anew_and_a_week_after(
    uneven: Runner,
) -> None:
    (alert,) = uneven.check()
    answers.snooze(uneven.store, alert.id, uneven.now + timedelta(days=3), uneven.now)
    uneven.wait(days=3)
    uneven.run("Pegasus 41", 5)
    (anew,) = uneven.check()
    assert anew.draft.body.startswith("Over 28 days and 8 runs:")
    uneven.wait(days=4)
    assert uneven.said() == []
    uneven.wait(days=3)
    assert len(uneven.said()) == 1


def test_a_pair_in_the_cupboard_makes_no_rotation_uneven(runner: Runner) -> None:
    """One that was not worn for half a year is neither missed nor to be worn next."""
    runner.now -= timedelta(days=700)
    for name in ("Pegasus 41", "Novablast 5", "Old"):
        runner.add(name, 0, rotation="daily")
        runner.run(name, 5)
    runner.now = NOW
    for ago in range(12, 0, -1):
        runner.run(("Pegasus 41", "Novablast 5")[ago % 2], 5, ago=ago)
    with runner.reader() as reader:
        ((found,), _) = turns.rotations(reader, runner.config, runner.today)
    assert (found.verdict, [turn.shoe.name for turn in found.unused]) == ("uneven", ["Old"])
    assert runner.said() == []
    for _ in range(4):
        runner.run("Pegasus 41", 20)
    assert runner.said() == ["Rotation daily is uneven: wear Novablast 5 next"]


# --- runs that wait ---------------------------------------------------------------------------


def test_runs_wait_two_days_and_are_told_once(runner: Runner) -> None:
    runner.run(None, 5)
    runner.wait(hours=47)
    runner.run(None, 3)
    assert runner.said() == []
    runner.wait(hours=2)
    (alert,) = runner.check()
    assert alert.draft.title == "1 run waits for a pair"
    assert alert.draft.body == "1 run (5.0 mi) is on no pair: shoetrack assign"
    runner.wait(hours=20)
    assert runner.said() == []
    runner.wait(hours=30)
    assert runner.said() == ["2 runs wait for a pair"]
    assert runner.open() == ["2 runs wait for a pair"]
    runner.wait(days=6)
    assert runner.said() == []  # nothing new
    runner.wait(days=1)
    assert runner.said() == ["2 runs wait for a pair"]


def test_runs_that_came_by_file_wait_from_then_on(
    runner: Runner, store: Store, location: Location, tmp_path: Path
) -> None:
    """A treadmill's file tells no distance."""
    for hour, metres in enumerate((0, 5000)):
        text = make_run(metres, NOW - timedelta(days=300, hours=hour), 1800)
        (tmp_path / f"{metres}.gpx").write_text(text)
    text = '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><metadata>'
    text += "<time>2026-05-30T07:00:00Z</time></metadata><trk><type>running</type><trkseg/></trk>"
    (tmp_path / "0.gpx").write_text(f"{text}</gpx>")
    assert import_paths(store, location, [tmp_path], runner.now).new == 2
    assert runner.said() == []
    runner.wait(days=3)
    (alert,) = runner.check()
    assert alert.draft.title == "2 runs wait for a pair or a distance"
    assert alert.draft.body == (
        "2 runs (3.1 mi) are on no pair: shoetrack assign\n"
        "1 run has no distance yet: shoetrack runs --unmeasured"
    )


def test_what_was_told_and_is_settled_is_over(runner: Runner) -> None:
    shoe = runner.add("Pegasus 41")
    ids = [runner.run(None, 5) for _ in range(3)]
    runner.wait(days=3)
    assert runner.said() == ["3 runs wait for a pair"]
    hand.assign_runs(runner.store, ids[:2], (Share(shoe.id),), runner.now, "")
    assert runner.said() == []
    assert len(runner.open()) == 1
    hand.assign_runs(runner.store, ids[2:], (Share(shoe.id),), runner.now, "")
    assert runner.said() == []
    assert runner.open() == []
    runner.undo()
    assert runner.said() == []
    assert len(runner.open()) == 1


def test_a_run_that_a_hand_put_on_no_pair_does_not_wait(runner: Runner) -> None:
    run = runner.run(None, 5)
    hand.assign_runs(runner.store, [run], (), runner.now, "")
    runner.wait(days=3)
    assert runner.said() == []


def test_runs_that_wait_and_are_known_to_are_told_again_with_new_ones_alone(
    runner: Runner,
) -> None:
    runner.run(None, 5)
    runner.wait(days=3)
    (alert,) = runner.check()
    answers.acknowledge(runner.store, [alert.id], runner.now)
    runner.wait(days=10)
    assert runner.said() == []
    runner.run(None, 5)
    runner.wait(days=3)
    assert runner.said() == ["2 runs wait for a pair"]


# --- the week ---------------------------------------------------------------------------------


def test_the_load_is_said_where_that_is_asked_for(runner: Runner) -> None:
    runner.add("Pegasus 41", default=True)
    for week in range(7):
        runner.run("Pegasus 41", 12 if week == 0 else 10, ago=7 * week)
    assert runner.said() == []
    runner.set_alerts(load=True)
    (alert,) = runner.check()
    assert alert.draft.title == "Your last 7 days are 20 % above the four weeks before"
    assert alert.draft.body == (
        "12.0 mi since 2026-05-26; the mean of the four weeks before is 10.0 mi.\n"
        "Runners are often advised to rise by no more than 10 % a week; there is little evidence"
        " for it."
    )
    assert runner.said() == []
    runner.set_alerts(load=False)
    assert runner.said() == []
    assert runner.open() == []


# --- writing ----------------------------------------------------------------------------------


class _NoWriting(Store):
    def write(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("there was nothing to write")


def test_nothing_is_written_where_there_is_nothing_to_do(uneven: Runner) -> None:
    hand.edit_shoe(
        uneven.store, uneven.shoe("Pegasus 41"), {}, DefaultFor(), [Sport.RUN], uneven.now
    )
    uneven.run(None, 3)
    uneven.adjust("Pegasus 41", 250)
    uneven.wait(days=3)
    assert len(uneven.said()) == 3
    with closing(_NoWriting(uneven.location)) as store:
        assert check(store, uneven.location, uneven.config, uneven.now) == ()


def test_a_dry_run_says_what_would_be_raised_and_writes_nothing(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    with worn.reader() as reader:
        drafts = would_raise(reader, worn.config, worn.now)
    assert worn.open() == []
    assert [alert.draft for alert in worn.check()] == drafts
    assert would_raise(None, worn.config, worn.now) == []


def test_two_that_look_at_once_raise_it_once(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    begin = threading.Barrier(4)
    raised: list[int] = []

    def look() -> None:
        with closing(Store(worn.location)) as store:
            begin.wait()
            raised.append(len(check(store, worn.location, worn.config, worn.now)))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(raised) == [0, 0, 0, 1]
    assert len(worn.open()) == 1


def test_two_processes_raise_it_once(home: Path) -> None:
    assert run_cli("shoe", "add", "Pegasus 41", "--start", "460mi", home=home).returncode == 0
    processes = [start_cli("check", "--json", home=home) for _ in range(3)]
    out = [finish(process) for process in processes]
    assert [done.returncode for done in out] == [0, 0, 0]
    assert sum(done.stdout.count('"near-end"') for done in out) == 1


def test_without_a_store_none_is_made(location: Location, tmp_path: Path) -> None:
    with closing(Store(Location(tmp_path / "other.db"))) as store:
        assert check(store, location, Config(timezone=UTC), NOW) == ()
    assert not location.path.exists()


def test_an_alert_is_read_back_as_it_was_raised(worn: Runner) -> None:
    worn.run("Pegasus 41", 165)
    (alert,) = worn.check()
    assert alert.draft.kind is AlertKind.WEAR
    assert alert.draft.range_mm == (mm(300), mm(500))
    assert worn.alert(alert.id) == alert
    with open_reader(worn.location) as reader:
        assert reader is not None
        assert alert_queries.alerts(reader) == alert_queries.alerts_of(reader, "shoe:1") == [alert]
        assert run_queries.run(reader, 1) is not None
