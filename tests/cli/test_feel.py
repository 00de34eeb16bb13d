"""Notes of runs and pairs: said, replaced, shown beside the miles, taken back; and the load."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shoetrack import hand
from shoetrack.cli.feel import CARE
from shoetrack.db import entry_queries, observation_queries
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from shoetrack.db.store import Store
from shoetrack.model import Observation, Shoe
from shoetrack.sport import Sport
from tests.cli.conftest import Cli
from tests.support import NOW, make_run, run_in_terminal

TODAY = NOW.date()


def run_on(cli: Cli, days_ago: int, distance: str = "10mi", shoe: str = "nova") -> int:
    day = (TODAY - timedelta(days=days_ago)).isoformat()
    answer = cli("run", "add", distance, "--date", day, "--shoe", shoe)
    assert answer.status == 0, answer.err
    return int(answer.out.split()[2].rstrip(":"))


@pytest.fixture
def worn(cli: Cli) -> Cli:
    """A pair with three runs, 10 mi each, and another without any."""
    cli("shoe", "add", "Nova", "--price", "150 EUR")
    cli("shoe", "add", "Other")
    for days_ago in (20, 10, 0):
        run_on(cli, days_ago)
    return cli


def noted(cli: Cli, *args: str) -> list[tuple[Any, ...]]:
    return [
        (one["run"], one["part"], one["level"], one["note"])
        for one in cli("feel", "--list", "--json", *args).json
    ]


# --- noting ---------------------------------------------------------------------------------


def test_a_run_is_noted_part_by_part(worn: Cli) -> None:
    answer = worn("feel", "2", "--sore", "heel=2", "--sore", "left knee=3", "--note", " felt  flat")
    assert answer.out == "Noted of run 2, 2026-05-22: heel 2, left knee 3; felt flat.\n"
    assert sorted(noted(worn), key=str) == [
        (2, "heel", 2, None),
        (2, "left knee", 3, None),
        (2, None, None, "felt flat"),
    ]
    shown = worn("run", "show", "2").out
    assert "  Felt        heel 2, left knee 3\n              felt flat\n" in shown
    assert [one["part"] for one in worn("run", "show", "2", "--json").json["observations"]] == [
        "heel",
        "left knee",
        None,
    ]
    assert "Felt" not in worn("run", "show", "1").out


def test_the_same_part_again_replaces_it_and_another_adds(worn: Cli) -> None:
    worn("feel", "2", "--sore", "heel=2", "--note", "one")
    worn("feel", "2", "--sore", "Heel =5", "--sore", "toe=1", "--note", "two")
    assert set(noted(worn)) == {(2, "Heel", 5, None), (2, "toe", 1, None), (2, None, None, "two")}
    worn("feel", "2", "--note", "")
    assert set(noted(worn)) == {(2, "Heel", 5, None), (2, "toe", 1, None)}
    worn("feel", "2", "--clear", "--sore", "hip=1")
    assert noted(worn) == [(2, "hip", 1, None)]
    answer = worn("feel", "2", "--clear")
    assert answer.out == "Noted of run 2, 2026-05-22: nothing.\n"
    assert noted(worn) == []
    assert worn("feel", "2", "--clear").err == (
        "shoetrack: nothing was noted there: there is nothing to clear\n"
    )


def test_the_last_run_is_that_of_the_latest_day(worn: Cli) -> None:
    run_on(worn, 5)
    assert worn("feel", "last", "--sore", "heel=1").out.startswith("Noted of run 3, 2026-06-01:")
    assert worn("feel", "LAST", "--json").json[0]["run"] == 3


def test_what_is_seen_on_a_pair(worn: Cli) -> None:
    answer = worn("shoe", "feel", "nova", "--tread", "6", "--midsole", "4", "--note", "a hole")
    assert answer.out == "Noted of Nova, 2026-06-01: tread 6, midsole 4; a hole.\n"
    worn("shoe", "feel", "nova", "--tread", "7")
    worn("shoe", "feel", "nova", "--tread", "2", "--upper", "0", "--on", "2026-05-20")
    assert [one[1:3] for one in noted(worn)] == [
        ("tread", 7),
        ("midsole", 4),
        (None, None),
        ("tread", 2),
        ("upper", 0),
    ]
    worn("shoe", "feel", "nova", "--clear")
    assert [one[1:3] for one in noted(worn)] == [("tread", 2), ("upper", 0)]


def test_what_changes_nothing_is_no_change(worn: Cli) -> None:
    worn("feel", "2", "--sore", "heel=2")
    before = len(worn("undo", "--list", "--json").json)
    worn("feel", "2", "--sore", "heel=2")
    assert len(worn("undo", "--list", "--json").json) == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("feel", "2", "--sore", "heel"), "'heel' is no part with its level"),
        (("feel", "2", "--sore", "=3"), "is no part with its level"),
        (("feel", "2", "--sore", "heel=-1"), "is no part with its level"),
        (("feel", "2", "--sore", "heel=2.5"), "is no part with its level"),
        (("feel", "2", "--sore", "heel=11"), "a level goes from 0"),
        (("feel", "2", "--sore", "\u00a0=2"), "is no part with its level"),
        (("feel", "2", "--sore", "\u200d=2"), "a part is missing"),
        (("feel", "2", "--sore", f"{'x' * 41}=2"), "at most 40 characters; this has 41"),
        (("feel", "2", "--note", "x" * 201), "at most 200 characters; this has 201"),
        (("feel", "2", "--note", "a\x1b[31m"), "cannot hold control characters"),
        (("feel", "2", "--sore", "he\x07el=2"), "cannot hold control characters"),
        (("feel", "--sore", "heel=2"), "which run?"),
        (("feel", "two", "--sore", "heel=2"), "'two' is no run"),
        (("feel", "2", "--sore", "heel=2", "--list"), "not both at once"),
        (("shoe", "feel", "nova"), "nothing to note was given"),
        (("shoe", "feel", "nova", "--tread", "11"), "11 is not in the range 0<=x<=10"),
        (("shoe", "feel", "nova", "--tread", "1", "--on", "2026-06-02"), "is yet to come"),
    ],
)
def test_what_cannot_be_noted_is_refused_in_one_line(
    worn: Cli, words: tuple[str, ...], reason: str
) -> None:
    answer = worn(*words)
    assert answer.status == 2
    assert reason in answer.err
    assert answer.err.count("\n") == 1
    assert noted(worn) == []


@pytest.mark.parametrize("run", ["9", "9" * 40])
def test_a_run_that_is_not_there(worn: Cli, run: str) -> None:
    for more in ((), ("--sore", "heel=2")):
        answer = worn("feel", run, *more)
        assert (answer.status, answer.err.count("\n")) == (1, 1)
        assert "there is no run" in answer.err


def test_before_there_is_anything(cli: Cli, home: Path) -> None:
    assert cli("feel").out == "Nothing was noted. To begin: shoetrack feel last --sore heel=2\n"
    assert cli("feel", "--json").json == []
    assert "there are no runs yet" in cli("feel", "last", "--sore", "heel=2").err
    assert not home.exists()


# --- the list -------------------------------------------------------------------------------


def test_the_list_is_the_newest_first_and_can_be_narrowed(worn: Cli) -> None:
    worn("feel", "1", "--sore", "heel=1")
    worn("feel", "3", "--sore", "heel=3")
    worn("feel", "2", "--sore", "heel=2")
    worn("shoe", "feel", "other", "--tread", "1", "--on", "2026-05-25")
    assert [one[0] for one in noted(worn)] == [3, None, 2, 1]
    assert [one[0] for one in noted(worn, "--shoe", "nova")] == [3, 2, 1]
    assert [one[0] for one in noted(worn, "--shoe", "other")] == [None]
    assert [one[0] for one in noted(worn, "--since", "2026-05-22")] == [3, None, 2]
    rows = list(csv.DictReader(io.StringIO(worn("feel", "--csv").out)))
    assert [(row["run"], row["shoes"], row["level"]) for row in rows] == [
        ("3", "Nova", "3"),
        ("", "Other", "1"),
        ("2", "Nova", "2"),
        ("1", "Nova", "1"),
    ]
    assert worn("feel", "--list").out.splitlines()[1].split() == [
        "2026-06-01",
        "3",
        "Nova",
        "heel",
        "3",
    ]


def test_the_pair_is_that_which_the_run_is_on_now(worn: Cli) -> None:
    worn("feel", "2", "--sore", "heel=2")
    worn("assign", "2", "--split", "nova=50%,other=50%")
    (one,) = worn("feel", "--json").json
    assert sorted(one["shoes"]) == ["Nova", "Other"]
    worn("assign", "2", "other")
    assert noted(worn, "--shoe", "nova") == []
    assert noted(worn, "--shoe", "other") == [(2, "heel", 2, None)]


def test_the_list_fits_a_terminal(worn: Cli, home: Path) -> None:
    worn("feel", "2", "--sore", f"{'very ' * 7}sore=2", "--note", "long " * 39)
    shown = run_in_terminal(["feel"], home, {"NO_COLOR": "1"})
    assert max(len(line) for line in shown.splitlines()) <= 80


# --- beside the miles -----------------------------------------------------------------------


def test_a_pair_is_shown_with_its_miles_then(worn: Cli) -> None:
    worn("feel", "1", "--sore", "heel=1")
    worn("feel", "2", "--sore", "heel=4", "--note", "flat")
    worn("shoe", "feel", "nova", "--tread", "3", "--on", "2026-05-25")
    shown = worn("shoe", "show", "nova").out
    assert "150 EUR (5.00 EUR/mi)" in shown
    assert "Added       2026-06-01" in shown
    assert [line.split() for line in shown.splitlines()[-3:]] == [
        ["2026-05-25", "20.0", "mi", "pair", "tread", "3"],
        ["2026-05-22", "20.0", "mi", "run", "2", "heel", "4;", "flat"],
        ["2026-05-12", "10.0", "mi", "run", "1", "heel", "1"],
    ]
    found = worn("shoe", "show", "nova", "--json").json["observations"]
    assert [(one["run"], one["part"], one["worn_m"]) for one in found] == [
        (None, "tread", 32186.88),
        (2, "heel", 32186.88),
        (2, None, 32186.88),
        (1, "heel", 16093.44),
    ]
    assert worn("shoe", "show", "other", "--json").json["observations"] == []


def test_the_opening_miles_were_there_all_the_time(worn: Cli) -> None:
    worn("shoe", "add", "Used", "--start", "100mi")
    run = run_on(worn, 9, shoe="used")
    worn("feel", str(run), "--sore", "heel=1")
    (one,) = worn("shoe", "show", "used", "--json").json["observations"]
    assert one["worn_m"] == 110 * 1609.344


def test_sore_runs_early_and_late(worn: Cli) -> None:
    for days_ago in range(40, 20, -1):
        run_on(worn, days_ago)
    for run in (3, 2, 1):  # the last ones
        worn("feel", str(run), "--sore", "heel=2")
    worn("feel", "4", "--sore", "heel=1")
    assert worn("shoe", "show", "nova").out.endswith(
        "Runs that left something sore: 1 in its first 100 mi, 3 in its last 100 mi.\n"
        "A pair may be done before its range.\n"
    )
    worn("feel", "5", "--sore", "heel=1")
    worn("feel", "6", "--sore", "heel=1")
    assert worn("shoe", "show", "nova").out.endswith(
        "3 in its first 100 mi, 3 in its last 100 mi.\n"
    )


def test_many_notes_are_cut_on_the_page_of_a_pair(worn: Cli) -> None:
    for day in range(1, 15):
        worn("shoe", "feel", "nova", "--tread", "1", "--on", f"2026-05-{day:02}")
    assert '… and 2 older: shoetrack feel --list --shoe "Nova"' in worn("shoe", "show", "nova").out
    assert len(worn("shoe", "show", "nova", "--json").json["observations"]) == 14


# --- a professional -------------------------------------------------------------------------


def test_a_professional_is_named_once(worn: Cli) -> None:
    assert CARE not in worn("feel", "1", "--sore", "heel=6").out
    assert worn("feel", "2", "--sore", "heel=7").out.endswith(f"{CARE}\n")
    assert CARE not in worn("feel", "2", "--sore", "heel=8").out
    assert CARE not in worn("feel", "3", "--sore", "heel=9", "--note", "sharp").out
    assert CARE in worn("feel", "3", "--sore", "knee=2").out  # "sharp" is of that run
    for _ in range(2):
        worn("undo")
    assert CARE not in worn("feel", "1", "--sore", "knee=2", "--note", "no swelling").out


def test_soreness_that_lasts_names_a_professional(worn: Cli) -> None:
    assert CARE not in worn("feel", "1", "--sore", "heel=3").out
    assert CARE not in worn("feel", "2", "--sore", "heel=3").out
    assert CARE in worn("feel", "3", "--sore", "heel=3").out


# --- with the runs --------------------------------------------------------------------------


def test_notes_follow_a_merge_and_come_back(worn: Cli) -> None:
    worn("feel", "1", "--sore", "heel=1")
    worn("feel", "2", "--sore", "heel=2")
    worn("run", "merge", "2", "1")
    worn("run", "merge", "3", "2")
    assert [one[:3] for one in noted(worn)] == [(3, "heel", 1), (3, "heel", 2)]
    assert "heel 1, heel 2" in worn("run", "show", "3").out
    assert "Felt" not in worn("run", "show", "1").out
    assert "was merged into run" in worn("feel", "1", "--sore", "heel=5").err
    worn("feel", "3", "--sore", "heel=5")
    assert [one[:3] for one in noted(worn)] == [(3, "heel", 5)]
    for _ in range(3):
        worn("undo")
    assert [one[:3] for one in noted(worn)] == [(2, "heel", 2), (1, "heel", 1)]


def test_an_unmerged_run_has_its_notes_again(worn: Cli) -> None:
    worn("feel", "1", "--sore", "heel=1")
    worn("run", "merge", "2", "1")
    assert [one[:3] for one in noted(worn)] == [(2, "heel", 1)]
    assert worn("run", "unmerge", "1").status == 0
    assert [one[:3] for one in noted(worn)] == [(1, "heel", 1)]


def test_notes_of_runs_that_do_not_count_are_not_listed(worn: Cli) -> None:
    worn("feel", "2", "--sore", "heel=2")
    worn("run", "ignore", "2")
    assert noted(worn) == []
    assert worn("export").json["observations"] == []
    assert worn("shoe", "show", "nova", "--json").json["observations"] == []
    assert "heel 2" in worn("run", "show", "2").out
    assert "is ignored" in worn("feel", "2", "--sore", "heel=3").err
    worn("run", "restore", "2")
    assert noted(worn) == [(2, "heel", 2, None)]


def test_notes_of_a_pair_go_with_it(worn: Cli) -> None:
    worn("shoe", "feel", "other", "--tread", "1")
    worn("shoe", "retire", "other")
    assert len(noted(worn)) == 1
    worn("shoe", "delete", "other")
    assert noted(worn) == []
    worn("undo")
    assert len(noted(worn)) == 1


def test_the_day_of_a_note_is_the_day_of_its_run(worn: Cli) -> None:
    worn("feel", "2", "--sore", "heel=2")
    worn("run", "edit", "2", "--date", "2026-04-01")
    (one,) = worn("feel", "--json").json
    assert one["noted_on"] == "2026-04-01"


def test_an_import_undone_and_redone_keeps_its_notes(cli: Cli, tmp_path: Path) -> None:
    # Half past ten in the evening in New York is the next day in UTC.
    late = NOW.replace(month=5, day=20, hour=2, minute=30)
    (tmp_path / "a.gpx").write_text(make_run(5000, late))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text('timezone = "America/New_York"\n')
    cli("import", tmp_path / "a.gpx")
    cli("feel", "last", "--sore", "heel=2")
    (before,) = cli("feel", "--json").json
    assert before["noted_on"] == "2026-05-19"
    cli("undo")
    assert cli("feel", "--json").json == []
    cli("undo")
    assert cli("feel", "--json").json == []
    cli("undo", "--redo")
    cli("undo", "--redo")
    assert cli("feel", "--json").json == [before]
    assert cli("verify").status == 0


def test_export_has_the_notes(worn: Cli) -> None:
    worn("feel", "2", "--sore", "heel=2")
    worn("shoe", "feel", "nova", "--tread", "3")
    exported = worn("export").json["observations"]
    assert [(one["run"], one["part"]) for one in exported] == [(2, "heel"), (None, "tread")]
    assert set(exported[0]) == {"noted_on", "run", "shoes", "part", "level", "note"}
    assert worn("export", "--since", "2026-05-30").json["observations"] == []


# --- undo -----------------------------------------------------------------------------------

levels = st.dictionaries(st.sampled_from(["heel", "Heel", "knee"]), st.integers(0, 10), max_size=2)
texts = st.sampled_from([None, "", "flat", "numb"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from(["run", "pair", "merge"]), st.integers(0, 2), levels, texts),
        min_size=1,
        max_size=6,
    )
)
def test_undo_restores_every_note(
    tmp_path_factory: pytest.TempPathFactory,
    acts: list[tuple[str, int, dict[str, int], str | None]],
) -> None:
    location = Location(tmp_path_factory.mktemp("undo") / "s.db", own_folder=True)
    store = Store(location)
    pair = hand.add_shoe(store, Shoe(0, "Nova"), 0, hand.DefaultFor((Sport.RUN,)), NOW, TODAY)
    runs = [_run(store, days_ago) for days_ago in (20, 10, 0)]
    states, changes = [_state(location)], [_changes(location)]
    for what, at, noted_levels, text in acts:
        if what == "run":
            hand.note_run(store, runs[at % len(runs)], noted_levels, text, NOW)
        elif what == "pair":
            on = TODAY - timedelta(days=at)
            hand.note_shoe(store, pair, noted_levels, text, on, NOW)
        elif len(runs) > 1:
            hand.merge_runs(store, runs[0], [runs.pop()], NOW)
        if _changes(location) != changes[-1]:
            states.append(_state(location))
            changes.append(_changes(location))
        assert _state(location) == states[-1]
    for before in reversed(states[:-1]):
        with open_reader(location) as reader:
            assert reader is not None
            change = entry_queries.last_change(reader)
        assert change is not None
        hand.undo(store, change, NOW)
        assert _state(location) == before
    store.close()


def _run(store: Store, days_ago: int) -> int:
    return hand.new_run(
        store,
        on=TODAY - timedelta(days=days_ago),
        sport=Sport.RUN,
        distance_mm=5_000_000,
        duration_s=None,
        name="",
        shoe_id=None,
        now=NOW,
    ).id


def _state(location: Location) -> list[Observation]:
    with open_reader(location) as reader:
        assert reader is not None
        return observation_queries.observations(reader)


def _changes(location: Location) -> int:
    with open_reader(location) as reader:
        assert reader is not None
        return len(entry_queries.changes(reader))


# --- the load, as it is shown ---------------------------------------------------------------


def test_status_says_the_week(worn: Cli) -> None:
    """10 mi in the last seven days, and 20 in the four weeks before: too short a history."""
    assert "\nLast 7 days: 10.0 mi.\n" in worn("status").out
    load = worn("status", "--json").json["load"]
    assert load == {"week_m": 16093.44, "mean_m": None, "rise": None, "since": "2026-05-26"}
    run_on(worn, 34, "20mi")
    assert (
        "\nLast 7 days: 10.0 mi, as the mean of the four weeks before (10.0 mi).\n"
        in worn("status").out
    )
    run_on(worn, 1, "2mi")
    out = worn("status").out
    assert (
        "\nLast 7 days: 12.0 mi, 20 % above the mean of the four weeks before (10.0 mi).\n" in out
    )
    assert "\nThat is a rise of more than 10 %, the most that runners are often advised.\n" in out
    assert "19.3 km, 20 % above" in worn("status", "--unit", "km").out
    assert worn("status", "--json").json["load"]["rise"] == 0.2


def test_status_says_nothing_of_a_week_without_runs(cli: Cli) -> None:
    cli("shoe", "add", "Nova")
    assert "Last 7 days" not in cli("status").out
    assert cli("status", "--json").json["load"] is None
    run_on(cli, 40)
    assert "Last 7 days" not in cli("status").out
    run_on(cli, 12, "20mi")
    assert "Last 7 days: 0.0 mi, 100 % below the mean" in cli("status").out
