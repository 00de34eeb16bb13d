"""Pairs: added, named by part, edited, retired, corrected, never lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.support import NOW, make_run


def _shoes(cli: Cli) -> dict[str, dict[str, object]]:
    return {shoe["name"]: shoe for shoe in cli("status", "--json").json["shoes"]}


def test_a_pair_has_what_it_was_added_with(cli: Cli) -> None:
    added = cli(
        *("shoe", "add", "Pegasus 41", "--brand", "Nike", "--model", "Pegasus"),
        *("--bought", "2026-01-15", "--price", "129.95 EUR", "--start", "42mi"),
        *("--range", "480-800km", "--rotation", "daily", "--default-for", "run"),
        *("--strava-id", "g123", "--note", "a size larger"),
    )
    assert added.status == 0, added.err

    shown = cli("shoe", "show", "peg", "--json").json
    assert shown["distance_m"] == 67592.448
    assert shown["range_m"] == [480_000, 800_000]
    assert (shown["brand"], shown["model"], shown["price"]) == ("Nike", "Pegasus", "129.95 EUR")
    assert (shown["bought_on"], shown["strava_id"]) == ("2026-01-15", "g123")
    assert (shown["rotation"], shown["note"]) == ("daily", "a size larger")
    # A pair takes no run from before it was bought.
    assert shown["default_for"] == [{"sport": "run", "since": "2026-01-15"}]


def test_opening_miles_are_an_entry(cli: Cli) -> None:
    cli("shoe", "add", "Pegasus", "--start", "42mi")
    (entry,) = cli("ledger", "peg", "--json").json
    assert (entry["kind"], entry["by"], entry["distance_m"]) == ("opening", "manual", 67592.448)


@pytest.mark.parametrize("part", ["pegasus 41", "PEG", "41", "us 4"])
def test_a_name_is_given_by_any_unambiguous_part(cli: Cli, part: str) -> None:
    cli("shoe", "add", "Pegasus 41")
    cli("shoe", "add", "Novablast 5")
    assert cli("shoe", "show", part, "--json").json["name"] == "Pegasus 41"


def test_an_ambiguous_name_lists_the_candidates(cli: Cli) -> None:
    for name in ("Pegasus 40", "Pegasus 41", "Ghost"):
        cli("shoe", "add", name)
    answer = cli("shoe", "show", "pegasus")
    assert answer.status == 1
    assert answer.err == (
        "shoetrack: 'pegasus' could be Pegasus 40 and Pegasus 41: write more of the name\n"
    )


def test_an_unknown_name_lists_what_there_is(cli: Cli) -> None:
    cli("shoe", "add", "Ghost")
    answer = cli("shoe", "show", "pegasus")
    assert answer.status == 1
    assert answer.err == "shoetrack: no pair is called 'pegasus': there are Ghost\n"


def test_two_pairs_cannot_have_one_name(cli: Cli) -> None:
    cli("shoe", "add", "Ghost")
    answer = cli("shoe", "add", "GHOST")
    assert answer.status == 1
    assert "already" in answer.err
    assert len(_shoes(cli)) == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("",), "needs a name"),
        (("unassigned",), "take another name"),
        (("42",), "cannot be a number"),
        (("a\x1b[31m",), "control characters"),
        (("x" * 101,), "at most 100"),
        (("Ghost", "--start", "-5mi"), "below 0"),
        (("Ghost", "--range", "500-300mi"), "not a range"),
        (("Ghost", "--bought", "tomorrow-ish"), "not a date"),
        (("Ghost", "--default-for", "cycling"), "not a sport on foot"),
        (("Ghost", "--since", "2026-01-01"), "--default-for"),
    ],
)
def test_what_makes_no_pair_is_refused(cli: Cli, args: tuple[str, ...], said: str) -> None:
    answer = cli("shoe", "add", *args)
    assert answer.status == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert _shoes(cli) == {}


def test_editing_changes_what_is_given_alone(cli: Cli) -> None:
    cli("shoe", "add", "Ghost", "--brand", "Brooks", "--rotation", "daily")
    assert cli("shoe", "edit", "ghost", "--name", "Ghost 16", "--rotation", "").status == 0
    shown = cli("shoe", "show", "ghost", "--json").json
    assert (shown["name"], shown["brand"], shown["rotation"]) == ("Ghost 16", "Brooks", None)
    assert cli("shoe", "edit", "ghost").status == 2


def test_adjustments_are_entries_up_down_and_to(cli: Cli) -> None:
    cli("shoe", "add", "Ghost", "--start", "100km")
    cli("shoe", "adjust", "ghost", "10km", "--note", "races")
    cli("shoe", "adjust", "ghost", "-2.5km")
    cli("shoe", "adjust", "ghost", "--to", "200km")
    entries = cli("ledger", "ghost", "--json").json
    assert [e["distance_m"] for e in entries] == [100_000, 10_000, -2_500, 92_500]
    assert [e["kind"] for e in entries] == ["opening", *["adjustment"] * 3]
    assert entries[1]["note"] == "races"
    assert entries[-1]["balance_m"] == 200_000


def test_a_pair_cannot_lose_more_than_it_has(cli: Cli) -> None:
    cli("shoe", "add", "Ghost", "--start", "10km")
    answer = cli("shoe", "adjust", "ghost", "-10.001km")
    assert answer.status == 1
    assert _shoes(cli)["Ghost"]["distance_m"] == 10_000


def test_a_pair_with_entries_is_retired_and_not_deleted(cli: Cli) -> None:
    cli("shoe", "add", "Ghost", "--start", "10km")
    cli("shoe", "add", "Mistake")
    answer = cli("shoe", "delete", "ghost")
    assert answer.status == 1
    assert 'shoe retire "Ghost"' in answer.err
    assert cli("shoe", "delete", "mistake").status == 0
    assert list(_shoes(cli)) == ["Ghost"]

    cli("shoe", "retire", "ghost", "--on", "2026-05-01")
    shoe = _shoes(cli)["Ghost"]
    assert (shoe["state"], shoe["retired_on"], shoe["distance_m"]) == (
        "retired",
        "2026-05-01",
        10_000,
    )
    assert cli("shoe", "list", "--json").json == []
    assert len(cli("shoe", "list", "--all", "--json").json) == 1
    cli("shoe", "restore", "ghost")
    assert _shoes(cli)["Ghost"]["state"] == "fresh"
    assert cli("shoe", "restore", "ghost").status == 1


def test_a_retired_pair_takes_older_runs_and_no_later_ones(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Ghost", "--default-for", "run")
    cli("shoe", "retire", "ghost", "--on", "2026-05-20")
    for day, name in ((12, "on the last day"), (13, "before"), (11, "after")):
        text = make_run(start=NOW - timedelta(days=day), name=name)
        (tmp_path / f"{name}.gpx").write_text(text)
    cli("import", *sorted(tmp_path.glob("*.gpx")))
    pairs = {run["name"]: [s["name"] for s in run["shoes"]] for run in cli("runs", "--json").json}
    assert pairs == {"on the last day": ["Ghost"], "before": ["Ghost"], "after": []}


def test_the_default_pair_of_a_day_is_the_latest_begun(cli: Cli, tmp_path: Path) -> None:
    cli("shoe", "add", "Old", "--default-for", "run")
    cli("shoe", "add", "New", "--default-for", "run", "--since", "2026-05-25")
    cli("shoe", "add", "Trail", "--default-for", "trail-run")
    for day, sport in ((24, "running"), (25, "running"), (26, "trail_running"), (27, "hiking")):
        text = make_run(start=NOW.replace(month=5, day=day), sport=sport)
        (tmp_path / f"{day}.gpx").write_text(text)
    cli("import", tmp_path)
    pairs = {run["local_date"]: run["shoes"] for run in cli("runs", "--json").json}
    assert {day: [s["name"] for s in shoes] for day, shoes in pairs.items()} == {
        "2026-05-24": ["Old"],
        "2026-05-25": ["New"],
        "2026-05-26": ["Trail"],
        "2026-05-27": [],
    }
    cli("shoe", "edit", "trail", "--no-default-for", "trail-run")
    assert cli("shoe", "show", "trail", "--json").json["default_for"] == []


def test_a_new_default_says_which_runs_wait_for_it(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.gpx").write_text(make_run())
    cli("import", tmp_path)
    answer = cli("shoe", "add", "Ghost", "--default-for", "run")
    assert 'shoetrack assign --unassigned --sport run "Ghost"' in answer.out


def test_a_pairs_share_and_kind_are_set_shown_cleared_and_undone(cli: Cli) -> None:
    def known() -> tuple[object, object]:
        shown = cli("shoe", "show", "zero", "--json").json
        return shown["target"], shown["minimalist"]

    cli("shoe", "add", "Zero", "--share", "40%", "--minimalist")
    assert known() == (40, True)
    for args, after in (
        (("--share", "55"), (55, True)),
        (("--share", "equal"), (None, True)),
        (("--share", "7 %", "--no-minimalist"), (7, False)),
        (("--share", ""), (None, False)),
    ):
        before = known()
        assert cli("shoe", "edit", "zero", *args).status == 0
        assert known() == after
        cli("undo")
        assert known() == before
        cli("shoe", "edit", "zero", *args)
    for wrong in ("0%", "101%", "33.3%", "-5%", "half", "٤٠", "9" * 5000):
        answer = cli("shoe", "edit", "zero", "--share", wrong)
        assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert known() == (None, False)
