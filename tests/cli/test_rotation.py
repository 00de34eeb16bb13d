"""`rotation`, `next`, and what a pair is told of its part: in text, JSON and CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, make_run, run_cli, run_in_terminal

TURN_KEYS = {
    "name",
    "distance_m",
    "runs",
    "share",
    "target",
    "behind_m",
    "last_worn",
    "uneven",
    "unused",
    "retired",
    "rests",
    "since_start",
}
OFFER_KEYS = {
    "id",
    "name",
    "rotation",
    "state",
    "owed_m",
    "rest_days",
    "rest_h",
    "limit_m",
    "reason",
}


@pytest.fixture
def season(cli: Cli, tmp_path: Path) -> Cli:
    """Two pairs that take turns, of which one does two runs of three; one loose, one for races.

    Runs of 10 km at noon, every other day up to yesterday; before that, one in the evening.
    """
    worn_in = ("--start", "60mi", "--bought", "2026-01-01")
    cli("shoe", "add", "Pegasus 41", "--rotation", "daily", "--default-for", "run", *worn_in)
    cli("shoe", "add", "Novablast 5", "--rotation", "daily", *worn_in)
    cli("shoe", "add", "Ghost 15", *worn_in)
    cli("shoe", "add", "Alphafly 3", "--rotation", "race", *worn_in)
    folder = tmp_path / "runs"
    folder.mkdir()
    for i in range(12):
        text = make_run(10_000, NOW - timedelta(days=2 * i + 1), 3600, name=f"run {i}")
        (folder / f"{i}.gpx").write_text(text)
    late = make_run(5_000, NOW - timedelta(days=2, hours=-8), 1800, name="evening")
    (folder / "late.gpx").write_text(late)
    cli("import", folder)
    ids = {run["name"]: str(run["id"]) for run in cli("runs", "--json").json}
    assert cli("assign", *[ids[f"run {i}"] for i in range(2, 12, 3)], "nova").status == 0
    return cli


def test_the_rotation_says_who_is_over_and_by_how_much(season: Cli) -> None:
    assert season("shoe", "edit", "nova", "--share", "65%").status == 0
    daily, race = season("rotation", "--json").json
    assert {"name", "runs", "verdict", "summary", "shoes"} < set(daily)
    assert all(set(turn) == TURN_KEYS for turn in daily["shoes"])
    peg, nova = daily["shoes"]
    assert (daily["verdict"], daily["runs"]) == ("uneven", 13)
    assert (peg["runs"], nova["runs"], nova["target"]) == (9, 4, 0.65)
    assert nova["behind_m"] == pytest.approx(125_000 * 0.65 - 40_000, abs=50)
    assert peg["behind_m"] == pytest.approx(-nova["behind_m"], abs=0.01)
    assert peg["since_start"]["from"] == "2026-01-01"
    assert daily["summary"] == (
        "Pegasus 41 is 33 points over its target share, by 25.6 mi."
        " Novablast 5 is 33 points under its target share, by 25.6 mi."
    )
    assert race["verdict"] == "one pair alone"
    said = season("rotation", "--unit", "km").out
    assert "daily: uneven (13 runs in 28 days)\n  Pegasus 41 is 33 points over" in said
    assert "race: one pair alone (0 runs in 28 days)" in said
    assert said.endswith("In no rotation: Ghost 15.\n")


def test_the_rests_before_each_run(season: Cli) -> None:
    (daily,) = season("rotation", "DAILY", "--json").json
    rests = daily["shoes"][0]["rests"]
    assert [(rest["rest_days"], rest["rest_h"], rest["short"]) for rest in rests][-2:] == [
        (1, 31.0, False),
        (1, 15.5, True),  # from half past eight in the evening to noon
    ]
    assert rests[-1]["on"] == "2026-05-31"
    lines = season("rotation", "daily").out.splitlines()
    assert lines[2].endswith("Least  <1 d")
    assert lines[3].split()[-3:] == ["15", "h", "1"]


def test_the_first_rest_of_the_window_began_before_it(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--rotation", "daily", "--default-for", "run")
    for days in (45, 10):
        text = make_run(start=NOW - timedelta(days=days), duration_s=3600)
        (tmp_path / f"{days}.gpx").write_text(text)
    cli("import", tmp_path)
    (daily,) = cli("rotation", "--json").json
    (ghost,) = daily["shoes"]
    assert [(rest["rest_days"], rest["rest_h"]) for rest in ghost["rests"]] == [(35, 839.0)]
    assert (ghost["runs"], ghost["since_start"]["runs"]) == (1, 2)


def test_a_retired_pair_had_its_turns(season: Cli) -> None:
    season("shoe", "retire", "nova", "--on", "2026-05-29")
    (daily,) = season("rotation", "daily", "--json").json
    assert [(turn["name"], turn["retired"]) for turn in daily["shoes"]] == [
        ("Pegasus 41", False),
        ("Novablast 5", True),
    ]
    assert sum(turn["target"] for turn in daily["shoes"]) == pytest.approx(1, abs=0.001)
    assert daily["verdict"] == "one pair alone"
    assert "Novablast 5 (retired)" in season("rotation").out
    assert season("next", "--json").json["others"] == []


def test_one_rotation_by_its_name_as_csv(season: Cli) -> None:
    rows = list(csv.DictReader(io.StringIO(season("rotation", "daily", "--csv").out)))
    assert [(row["name"], row["runs"], row["short_rests"]) for row in rows] == [
        ("Pegasus 41", "9", "1"),
        ("Novablast 5", "4", "0"),
    ]
    answer = season("rotation", "dayly")
    assert (answer.status, answer.err) == (
        1,
        "shoetrack: no rotation is called 'dayly': there are daily, race\n",
    )


def test_a_pair_alone_and_one_not_worn_are_named(season: Cli) -> None:
    season("shoe", "edit", "nova", "--rotation", "other")
    (daily,) = season("rotation", "daily", "--json").json
    assert daily["summary"] == "Pegasus 41 is its only pair: there are no turns to take."
    season("assign", "--shoe", "nova", "pegasus", "--yes")
    (daily,) = season("rotation", "daily", "--json").json
    assert daily["summary"].startswith("Pegasus 41 is its only pair")  # 19.4 mi a week
    assert season("run", "add", "5mi", "--date", "2026-05-30", "--shoe", "pegasus").status == 0
    (daily,) = season("rotation", "daily", "--json").json
    assert daily["summary"] == "Pegasus 41 does 20.7 mi a week alone: runners alternate 2-3 pairs."
    season("shoe", "edit", "nova", "--rotation", "daily", "--share", "5%")
    found = season("rotation", "daily", "--json").json[0]
    assert found["verdict"] == "even"
    assert found["summary"].endswith("Novablast 5 was not worn.")


def test_the_next_pair_and_why(season: Cli) -> None:
    answer = season("next")
    assert answer.out.splitlines()[0] == ("Wear Novablast 5: owed 17.1 mi in daily, rested 4 days.")
    assert "Kept for races: Alphafly 3." in answer.out
    found = season("next", "--json").json
    assert set(found) == {"shoe", "assumed", "others", "kept_for_races"} | (
        OFFER_KEYS - {"id", "name"}
    )
    assert found["shoe"] == {"id": 2, "name": "Novablast 5"}
    assert found["owed_m"] == pytest.approx(62_500 + 5_000 - 40_000, abs=50)
    assert (found["rest_days"], found["rest_h"]) == (5, 119.0)
    assert found["assumed"]["distance_m"] == pytest.approx(10_000, abs=5)
    assert {**found["assumed"], "distance_m": 0, "usual_m": 0} == {
        "date": "2026-06-01",
        "sport": "run",
        "race": False,
        "distance_m": 0,
        "distance_from": "weekday",
        "usual_m": 0,
    }
    assert [other["name"] for other in found["others"]] == ["Pegasus 41"]
    assert all(set(other) == OFFER_KEYS for other in found["others"])
    assert found["kept_for_races"] == ["Alphafly 3"]


def test_the_next_pair_for_a_race_a_day_and_a_distance(season: Cli) -> None:
    race = season("next", "--race", "--json").json
    assert (race["shoe"]["name"], race["kept_for_races"]) == ("Alphafly 3", [])
    there = season("next", "--date", "tomorrow", "--distance", "3km", "--json").json
    assert there["assumed"]["date"] == "2026-06-02"
    assert (there["assumed"]["distance_m"], there["assumed"]["distance_from"]) == (3000, "given")
    assert (there["rest_days"], there["rest_h"]) == (6, None)
    hike = season("next", "--sport", "hike")
    assert "How far is not known, with no hike in the last 8 weeks" in hike.out
    rows = list(csv.DictReader(io.StringIO(season("next", "--csv").out)))
    assert [row["name"] for row in rows] == ["Novablast 5", "Pegasus 41"]
    for wrong in (("--distance", "-3km"), ("--date", "0001-01-01"), ("--date", "9999-12-31")):
        answer = season("next", *wrong)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
    # On a day gone by, the runs after it are not known yet.
    past = season("next", "--date", "2026-05-09", "--json").json
    assert (past["shoe"]["name"], past["rest_days"], past["assumed"]["usual_m"]) == (
        "Pegasus 41",
        None,
        None,
    )


def test_where_there_is_nothing_to_wear(cli: Cli, home: Path) -> None:
    assert "No pairs yet" in cli("next").out
    assert cli("next", "--json").json is None
    assert cli("next", "--csv").out.count("\n") == 1
    assert not home.exists()
    cli("shoe", "add", "Ghost", "--rotation", "race")
    answer = cli("next")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "Kept for races: Ghost. For a race: shoetrack next --race\n"
    assert cli("next", "--json").json is None
    cli("shoe", "retire", "ghost", "--on", "2026-05-01")
    assert "No pair is in use on 2026-06-01" in cli("next").out
    assert "No pair is in a rotation" in cli("rotation").out


def test_a_worn_out_pair_alone_is_worn_all_the_same(cli: Cli) -> None:
    cli("shoe", "add", "Ghost", "--start", "600mi")
    assert cli("next", "--distance", "5mi").out == "Wear Ghost: worn out, no run in it yet.\n"
    cli("shoe", "add", "Peg", "--rotation", "daily")
    assert cli("next", "--distance", "5mi").out.splitlines()[0] == (
        "Wear Peg: starting gently, the only pair of daily, no run in it yet."
    )


def test_a_pair_retired_today_is_not_offered(cli: Cli) -> None:
    cli("shoe", "add", "Ghost", "--bought", "2026-01-01")
    cli("shoe", "retire", "ghost")
    assert cli("next").out == "No pair is in use on 2026-06-01: shoetrack shoe list --all\n"


def test_a_treadmill_run_is_shod_as_one_on_the_road(season: Cli) -> None:
    season("shoe", "add", "Boot", "--default-for", "hike", "--bought", "2026-01-01")
    answer = season("next", "--sport", "treadmill")
    assert answer.out.startswith("Wear Novablast 5: owed ")
    assert "with no treadmill run in the last 8 weeks" in answer.out
    assert "Boot" not in answer.out
    # Whoever has a pair for it wears that.
    season("shoe", "edit", "boot", "--default-for", "treadmill")
    assert season("next", "--sport", "treadmill").out.startswith("Wear Boot: ")


def test_a_race_pair_that_is_starting_is_offered_in_one_sentence(cli: Cli) -> None:
    for name in ("Alphafly", "Vaporfly"):
        cli("shoe", "add", name, "--rotation", "race", "--bought", "2026-01-01")
    lines = cli("next", "--race", "--distance", "10km").out.splitlines()
    assert lines[0] == (
        "Wear Alphafly: kept for races, starting gently, owed 3.1 mi in race, no run in it yet."
    )
    assert lines[-1].endswith("owed 3.1 mi in race")


def test_a_pair_that_is_owed_nothing_is_even(cli: Cli) -> None:
    for name in ("Pegasus", "Novablast"):
        cli("shoe", "add", name, "--rotation", "daily", "--start", "60mi")
    assert cli("next").out.startswith("Wear Pegasus: even in daily, no run in it yet.\n")


def test_a_split_run_is_one_run_of_the_rotation(season: Cli) -> None:
    (before,) = season("rotation", "daily", "--json").json
    run = season("runs", "--json").json[0]["id"]
    assert season("assign", str(run), "--split", "pegasus=50%,nova=50%").status == 0
    (after,) = season("rotation", "daily", "--json").json
    assert after["runs"] == before["runs"] == 13
    assert sum(turn["runs"] for turn in after["shoes"]) == 14


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (("80%", "60%"), "The shares that were given make 140 %, and are taken in proportion."),
        (("30%", "30%"), "The shares that were given make 60 %, and are taken in proportion."),
        (("100%", "equal"), "The shares that were given leave nothing to Novablast 5."),
        (("60%", "40%"), None),
        (("30%", "equal"), None),
        (("equal", "equal"), None),
    ],
)
def test_shares_that_do_not_fit_are_explained(
    season: Cli, shares: tuple[str, str], said: str | None
) -> None:
    for name, share in zip(("pegasus", "nova"), shares, strict=True):
        assert season("shoe", "edit", name, "--share", share).status == 0
    summary = season("rotation", "daily", "--json").json[0]["summary"]
    assert (said in summary) if said else ("shares that were given" not in summary)


def test_a_window_of_one_day(season: Cli, home: Path) -> None:
    (home / "config.toml").write_text('[rotation]\nwindow = "1 day"\n')
    assert "daily: too few runs to tell (0 runs in 1 day)\n" in season("rotation").out


def test_hostile_names_command_no_terminal(cli: Cli) -> None:
    cli("shoe", "add", "A", "--rotation", "a\x1b[31mb")
    cli("shoe", "add", "B", "--rotation", "a\x1b[31mb")
    for command in ("rotation", "next"):
        assert "\x1b" not in cli(command).out


@pytest.mark.parametrize("width", [80])
def test_it_fits_a_terminal(home: Path, tmp_path: Path, width: int) -> None:
    for name in ("Endorphin Speed 4", "Gel-Nimbus 26"):
        run_cli("shoe", "add", name, "--start", "280mi", "--rotation", "daily", home=home)
    run_cli("shoe", "add", "Ghost 15", "--start", "520mi", home=home)
    run_cli("run", "add", "21km", "--date", "2026-05-30", "--shoe", "speed", home=home)
    for args in (["rotation"], ["next"], ["next", "--distance", "40km"]):
        shown = run_in_terminal(args, home, {"NO_COLOR": "1"}, width=width)
        assert max(map(len, shown.splitlines())) <= width, args
        assert "Endorphin Speed 4" in shown


def test_long_names_leave_room_for_the_reason(home: Path) -> None:
    for name in ("A pair", "Another"):
        long = f"{name} with a name that goes on and on and on and never ends"
        run_cli("shoe", "add", long, "--start", "280mi", "--rotation", "daily", home=home)
    run_cli("run", "add", "21km", "--date", "2026-05-30", "--shoe", "another", home=home)
    row = run_in_terminal(["next"], home, {"NO_COLOR": "1"}).splitlines()[-1].rstrip()
    assert row.startswith("Another with a name that ")
    assert row.endswith("  owed 6.5 mi in daily")
    assert len(row) <= 80


def test_no_column_is_lost_in_a_narrow_terminal(season: Cli, home: Path) -> None:
    for command, last in (("status", "Done about"), ("rotation", "<1 d"), ("next", "Why")):
        shown = run_in_terminal([command], home, {"NO_COLOR": "1"}, width=40)
        assert any(line.rstrip().endswith(last) for line in shown.splitlines()), command


def test_a_rotation_is_one_however_it_is_spelled(cli: Cli) -> None:
    cli("shoe", "add", "Pegasus", "--rotation", "daily")
    cli("shoe", "add", "Novablast", "--rotation", " Daily ")
    cli("shoe", "add", "Ghost")
    cli("shoe", "edit", "ghost", "--rotation", "DAILY")
    found = cli("rotation", "--json").json
    assert [(one["name"], len(one["shoes"])) for one in found] == [("daily", 3)]
