"""Runs: listed by every condition, assigned one by one and in bulk, edited, ignored, added."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, make_run

SPORTS = ("running", "trail_running", "walking")


@pytest.fixture
def season(cli: Cli, tmp_path: Path) -> Cli:
    """Three pairs, no defaults; twelve runs 1 to 12, a day apart, 1 km to 12 km."""
    for name in ("Pegasus", "Speedgoat", "Ghost"):
        cli("shoe", "add", name)
    folder = tmp_path / "season"
    folder.mkdir()
    for i in range(12):
        start = NOW - timedelta(days=20 - i)
        text = make_run(1000 * (i + 1), start, 3600, sport=SPORTS[i % 3], name=f"n{i + 1}")
        (folder / f"{i:02}.gpx").write_text(text)
    assert cli("import", folder).status == 0
    return cli


def _ids(cli: Cli, *filters: str) -> list[int]:
    return sorted(run["id"] for run in cli("runs", *filters, "--json").json)


def _on(cli: Cli, run_id: int) -> list[str]:
    (run,) = [run for run in cli("runs", "--json").json if run["id"] == run_id]
    return [shoe["name"] for shoe in run["shoes"]]


def test_filters_all_hold(season: Cli) -> None:
    season("assign", "1", "2", "3", "pegasus")
    assert _ids(season, "--shoe", "peg") == [1, 2, 3]
    assert _ids(season, "--unassigned") == list(range(4, 13))
    assert _ids(season, "--sport", "trail-run") == [2, 5, 8, 11]
    assert _ids(season, "--sport", "TrailRun", "--shoe", "peg") == [2]
    assert _ids(season, "--since", "2026-05-13", "--until", "2026-05-14") == [2, 3]
    assert _ids(season, "--limit", "2") == [11, 12]
    assert len(_ids(season, "--limit", "9" * 30)) == 12
    assert season("runs", "--sport", "cycling").status == 2


def test_an_empty_name_is_no_pair_and_not_all_of_them(season: Cli) -> None:
    season("assign", "1", "pegasus")
    for args in (["runs"], ["assign", "speedgoat"], ["export", "--gpx", "gpx"], ["import", "."]):
        answer = season(*args, "--shoe", "")
        assert (answer.status, answer.err) == (2, "shoetrack: a pair's name is missing\n")
    assert _on(season, 1) == ["Pegasus"]


def test_runs_as_csv(season: Cli) -> None:
    season("assign", "12", "--split", "peg=75%,ghost=25%")
    rows = list(csv.DictReader(io.StringIO(season("runs", "--csv").out)))
    assert len(rows) == 12
    assert rows[0]["id"] == "12"
    assert abs(float(rows[0]["distance_m"]) - 12000) < 0.01
    assert rows[0]["shoes"] == "Pegasus 75 % + Ghost 25 %"


def test_assign_by_numbers_and_ranges(season: Cli) -> None:
    answer = season("assign", "1", "3-5", "speed")
    assert answer.status == 0, answer.err
    assert _ids(season, "--shoe", "speedgoat") == [1, 3, 4, 5]
    assert season("assign", "1", "unassigned").status == 0
    assert _on(season, 1) == []


def test_assign_by_filter(season: Cli) -> None:
    season("assign", "--since", "2026-05-15", "--sport", "trail-run", "Speedgoat")
    assert _ids(season, "--shoe", "speedgoat") == [5, 8, 11]


def test_above_ten_runs_it_shows_and_asks(season: Cli) -> None:
    answer = season("assign", "--unassigned", "ghost")
    assert answer.status == 1
    assert "12 runs" in answer.out
    assert "--yes" in answer.err
    assert _ids(season, "--shoe", "ghost") == []
    assert season("assign", "--unassigned", "ghost", "--yes").status == 0
    assert len(_ids(season, "--shoe", "ghost")) == 12


def test_a_dry_run_does_nothing(season: Cli) -> None:
    before = season("export").json
    answer = season("assign", "1", "2", "ghost", "--dry-run")
    assert answer.status == 0
    assert "Ghost" in answer.out
    assert season("export").json == before


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ((), 2, "name a pair"),
        (("pegasus",), 2, "say which runs"),
        (("99", "pegasus"), 1, "no run 99"),
        (("1", "nobody"), 1, "no pair is called"),
        (("1", "2"), 2, "name a pair"),
        (("pegasus", "1", "ghost"), 2, "not a run's number"),
        (("9-3", "ghost"), 2, "not a range"),
        (("1", "--split", "peg=60%,ghost=50%"), 2, "100 %"),
        (("1", "--split", "peg=100%,peg=0%"), 2, "above 0"),
        (("1", "--split", "peg=50%,peg=50%"), 2, "once"),
        (("1", "--split", "peg"), 2, "no split"),
    ],
)
def test_what_cannot_be_assigned_is_said(
    season: Cli, args: tuple[str, ...], status: int, said: str
) -> None:
    before = season("export").json
    answer = season("assign", *args)
    assert (answer.status, answer.err.count("\n")) == (status, 1)
    assert said in answer.err
    assert season("export").json == before


def test_a_split_sums_to_the_run(season: Cli) -> None:
    season("assign", "7", "--split", "peg=33.33%,speed=33.33%,ghost=33.34%")
    (run,) = [run for run in season("runs", "--json").json if run["id"] == 7]
    parts = [round(shoe["distance_m"] * 1000) for shoe in run["shoes"]]
    assert len(parts) == 3
    assert sum(parts) == round(run["distance_m"] * 1000)


def test_ignored_runs_come_back_to_their_pair(season: Cli) -> None:
    season("assign", "1", "2", "ghost")
    before = season("status", "--json").json
    assert season("run", "ignore", "1", "2").status == 0
    assert _ids(season, "--ignored") == [1, 2]
    assert season("status", "--json").json["shoes"][-1]["distance_m"] == 0
    assert season("run", "ignore", "1").status == 1
    assert season("run", "restore", "1", "2").status == 0
    assert season("status", "--json").json == before
    assert season("run", "restore", "1").status == 1


def test_what_a_hand_edits_holds(season: Cli, tmp_path: Path) -> None:
    answer = season(
        *("run", "edit", "1", "--distance", "3km", "--date", "2026-05-30"),
        *("--sport", "hike", "--name", "a walk", "--duration", "1:05:00"),
    )
    assert answer.status == 0, answer.err
    # The same run again, measured by the device itself: a better sighting, but no better than a
    # hand.
    text = make_run(1000, NOW - timedelta(days=20), 3600, total_m=1010, name="other")
    (tmp_path / "again.gpx").write_text(text)
    assert season("import", tmp_path / "again.gpx", "--json").json["further"] == 1
    run = season("run", "show", "1", "--json").json
    assert (run["distance_m"], run["local_date"], run["sport"]) == (3000, "2026-05-30", "hike")
    assert (run["name"], run["duration_s"], len(run["sources"])) == ("a walk", 3900, 2)


@pytest.mark.parametrize(
    "args",
    [
        ("1",),
        ("1", "--distance", "0"),
        ("1", "--distance=-3km"),
        ("1", "--date", "2027-01-01"),
        ("1", "--duration", "long"),
    ],
)
def test_what_cannot_be_edited_is_wrong_usage(season: Cli, args: tuple[str, ...]) -> None:
    assert season("run", "edit", *args).status == 2


def test_a_run_may_be_added_by_hand(season: Cli) -> None:
    added = ("run", "add", "5 km", "--date", "yesterday", "--shoe", "ghost", "--name", "no watch")
    assert season(*added).status == 0
    assert season(*added).status == 0
    by_hand = season("runs", "--shoe", "ghost", "--json").json
    assert [run["distance_m"] for run in by_hand] == [5000, 5000]
    assert {run["local_date"] for run in by_hand} == {"2026-05-31"}
    assert season("run", "add", "0").status == 2
    assert season("run", "add", "5km", "--date", "2027-01-01").status == 2


def test_a_merged_run_is_gone_and_comes_back_by_undo(season: Cli) -> None:
    season("assign", "2", "ghost")
    before = season("export").json
    assert season("run", "merge", "1", "2").status == 0
    assert 2 not in _ids(season)
    assert _on(season, 1) == ["Ghost"]
    assert "merged into run 1" in season("run", "ignore", "2").err
    assert season("run", "merge", "1", "1").status == 2
    season("undo")
    after = season("export").json
    assert (after["runs"], after["shoes"]) == (before["runs"], before["shoes"])


def test_show_tells_all_of_a_run(season: Cli) -> None:
    answer = season("run", "show", "1")
    assert "00.gpx" in answer.out
    assert "0.62 mi (computed)" in answer.out
    assert season("run", "show", "99").status == 1


@pytest.mark.parametrize("number", ["9223372036854775808", "1_0", "x", "²"])
@pytest.mark.parametrize("command", ["run show", "run unmerge", "run ignore", "rules explain"])
def test_what_is_no_run_s_number_is_said(cli: Cli, command: str, number: str) -> None:
    cli("shoe", "add", "Pegasus")
    answer = cli(*command.split(), number)
    assert answer.status == 2
    assert "is not a run's number" in answer.err
