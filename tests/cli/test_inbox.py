"""`assign` in a terminal: what it offers, one key each, and what becomes of it whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack.cli import inbox_page
from tests.cli.conftest import Cli
from tests.support import NOW, gpx_text, make_run, run_cli
from tests.terminal import Terminal

PLAIN = {"NO_COLOR": "1"}
Enter = Callable[..., Terminal]


@pytest.fixture
def season(cli: Cli, home: Path, tmp_path: Path) -> Cli:
    """Three pairs; runs 1 to 3 on none, run 4 perhaps run 1, run 5 of unknown distance."""
    cli("shoe", "add", "Pegasus 41")
    cli("shoe", "add", "Speedgoat 6")
    cli("shoe", "add", "Gone", "--default-for", "walk")
    cli("shoe", "retire", "gone", "--on", "2026-01-01")
    folder = tmp_path / "season"
    folder.mkdir()
    start = NOW - timedelta(days=10)
    texts = [
        make_run(5000, start, 1800, name="one"),
        make_run(6000, start + timedelta(days=1), 1800, name="two", sport="trail_running"),
        make_run(7000, start + timedelta(days=2), 1800, name="three"),
        make_run(5000, start + timedelta(minutes=25), 1800, name="late"),
        gpx_text(sport="running", name="indoors", file_time=NOW - timedelta(days=20)),
    ]
    for i, text in enumerate(texts):
        (folder / f"{i}.gpx").write_text(text)
        assert cli("import", folder / f"{i}.gpx").status == 0
    return cli


@pytest.fixture
def enter(season: Cli, home: Path) -> Enter:
    """`shoetrack assign ARGS` in a terminal; the season is there."""

    def enter(*args: str, env: dict[str, str] | None = None, **size: int) -> Terminal:
        return Terminal("assign", *args, home=home, env={**PLAIN, **(env or {})}, **size)

    return enter


def runs(cli: Cli) -> dict[int, dict[str, Any]]:
    return {run["id"]: run for run in cli("runs", "--json").json}


def on(cli: Cli, run_id: int) -> list[str]:
    return [shoe["name"] for shoe in runs(cli)[run_id]["shoes"]]


def test_without_a_terminal_it_says_what_to_do(season: Cli) -> None:
    answer = season("assign")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "name a pair, as in `shoetrack assign 12 pegasus`" in answer.err
    assert season("assign", "--since", "2026-05-01").status == 2


def test_one_key_a_run_from_the_newest_to_the_oldest(season: Cli, enter: Enter) -> None:
    with enter() as screen:
        first = screen.until("q quit")
        assert "1 of 5, run 3, Sun 2026-05-24 12:00, run, 4.35 mi, 0:30:00" in first
        assert "1  Pegasus 41   not worn by then" in first
        assert "Gone" not in first
        assert "Run 3 is on Pegasus 41." in screen.press("1")
        assert on(season, 3) == ["Pegasus 41"], "saved at once"
        assert "2 of 5, run 2" in screen.shown
        assert "1  Pegasus 41   worn the day after" in screen.shown
        screen.press("2")
        screen.press("s")
        screen.press("s")
        screen.press("q")
        assert screen.end() == 0
    assert "2 put on a pair. 3 runs still wait: shoetrack assign" in screen.shown
    assert on(season, 2) == ["Speedgoat 6"]
    changes = season("undo", "--list", "--json").json
    assert [change["summary"] for change in changes[:2]] == [
        "run 2 assigned to Speedgoat 6",
        "run 3 assigned to Pegasus 41",
    ]


def test_a_choice_is_taken_back_in_place(season: Cli, enter: Enter) -> None:
    before = season("export").json
    with enter() as screen:
        screen.press("1")
        assert "Taken back: run 3 assigned to Pegasus 41." in screen.press("u")
        assert "1 of 5, run 3" in screen.press("z")
        assert "z is none of the keys." in screen.shown
        assert "u is none of the keys." in screen.press("u")
        assert "No such key." in screen.press("\t")
        screen.press("q")
        assert screen.end() == 0
    assert "Nothing was changed. 5 runs still wait" in screen.shown
    after = season("export").json
    assert (after["runs"], after["shoes"]) == (before["runs"], before["shoes"])


def test_a_doubtful_run_is_shown_beside_its_twin(season: Cli, enter: Enter) -> None:
    with enter() as screen:
        shown = screen.press("ss")
        assert "Is it run 1, seen twice?" in shown
        assert "Run       4" in shown
        assert f"Started   {'12:25:00':<36}12:00:00" in shown
        assert f"Source    {'3.gpx':<36}0.gpx" in shown
        assert "Run 4 is run 1." in screen.press("m")
        assert "4 of 5, run 1" in screen.shown
        assert "Taken back" in screen.press("u")
        assert "Run 4 is a run of its own." in screen.press("k")
        assert "3 of 5, run 4" in screen.press("z"), "kept, it still wants a pair"
        assert "Run 4 is on Speedgoat 6." in screen.press("2")
        screen.press("q")
        assert screen.end() == 0
    assert "1 kept, 1 put on a pair." in screen.shown
    assert runs(season)[4]["doubtful_twin"] is None
    assert on(season, 4) == ["Speedgoat 6"]


def test_details_ignoring_splitting_and_measuring(season: Cli, enter: Enter) -> None:
    with enter() as screen:
        assert "Seen in     " in screen.press("d")
        assert "Run 3 counts no more" in screen.press("i")
        screen.press("x")
        assert "which is" in screen.type("speedgoat=6mi,pegasus")
        screen.press("x")
        assert "is on 2.00 mi Speedgoat 6 + 1.73 mi Pegasus 41." in screen.type("speed=2mi,peg")
        shown = screen.press("ss")
        assert "5 of 5, run 5, Tue 2026-05-12 12:00, run, distance unknown" in shown
        screen.press("e")
        assert "is not a distance" in screen.type("far")
        screen.press("e")
        assert "5 of 5, run 5, Tue 2026-05-12 12:00, run, 3.10 mi" in screen.type("3.1")
        screen.press("1")
        assert screen.end() == 0
    assert "1 ignored, 2 put on a pair, 1 measured. 2 runs still wait" in screen.shown
    assert season("verify").status == 0


@pytest.mark.parametrize(("key", "status"), [("\x03", 130), ("\x04", 0)])
def test_what_was_chosen_stays_when_one_leaves(
    season: Cli, enter: Enter, key: str, status: int
) -> None:
    with enter() as screen:
        screen.press("1")
        screen.press(key)
        assert screen.end() == status
    assert "1 put on a pair. 4 runs still wait" in screen.shown
    assert ("shoetrack: interrupted" in screen.shown) == (status == 130)
    assert on(season, 3) == ["Pegasus 41"]


def test_a_question_is_left_by_ctrl_d_and_all_of_it_by_ctrl_c(season: Cli, enter: Enter) -> None:
    with enter() as screen:
        screen.press("x")
        screen.interrupt("\x04")
        assert "1 of 5, run 3" in screen.press("d")
        assert "How far was it" not in screen.shown
        assert screen.press("x").endswith("pegasus: ")
        assert screen.interrupted() == 130
    assert "Nothing was changed. 5 runs still wait" in screen.shown


def test_a_twin_that_was_ignored_may_be_restored_or_done_without(season: Cli, enter: Enter) -> None:
    season("run", "ignore", "1")
    with enter() as screen:
        assert "Is it run 1, seen twice?" in screen.press("ss")
        assert "run 1 is ignored: `shoetrack run restore 1` first" in screen.press("m")
        assert "Run 4 is a run of its own." in screen.press("k")
        screen.press("q")
        assert screen.end() == 0


def test_what_was_chosen_stays_when_it_is_killed(season: Cli, enter: Enter) -> None:
    with enter() as screen:
        screen.press("1")
        screen.press("2")
        screen.kill()
    assert on(season, 3) == ["Pegasus 41"]
    assert on(season, 2) == ["Speedgoat 6"]
    assert season("verify").status == 0
    with enter() as screen:
        assert "1 of 3" in screen.until("q quit")


def test_what_another_program_has_done_is_not_written_over(
    season: Cli, enter: Enter, home: Path
) -> None:
    with enter() as one, enter() as other:
        one.until("q quit")
        other.until("q quit")
        one.press("1")
        assert "run 3 was changed meanwhile: nothing was done to it" in other.press("2")
        assert "Run 3 was settled elsewhere meanwhile." in other.shown
        assert "2 of 5, run 2" in other.shown
        other.press("2")
        assert "something else was changed meanwhile" in one.press("u")
        assert run_cli("run", "ignore", "4", home=home).returncode == 0
        assert "Run 2 was settled elsewhere meanwhile." in one.shown
        assert "run 4 was changed meanwhile: nothing was done to it" in one.press("k")
        assert "Run 4 was settled elsewhere meanwhile." in one.shown
        assert "4 of 5, run 1" in one.shown
        one.press("q")
        other.press("q")
        assert (one.end(), other.end()) == (0, 0)
    assert on(season, 3) == ["Pegasus 41"]
    assert on(season, 2) == ["Speedgoat 6"]
    assert season("verify").status == 0


def test_a_filter_walks_only_what_fits(season: Cli, enter: Enter) -> None:
    with enter("--sport", "trail-run") as screen:
        assert "1 of 1, run 2" in screen.until("q quit")
        screen.press("1")
        assert screen.end() == 0
    assert "4 runs still wait" in screen.shown
    with enter("--since", "2026-05-30") as screen:
        assert screen.end() == 0
    assert screen.shown == "Nothing waits: every run is on a pair, and none is in doubt.\n"


def test_a_run_that_a_hand_put_on_no_pair_waits_no_more(season: Cli, enter: Enter) -> None:
    season("assign", "2", "3", "unassigned")
    with enter() as screen:
        assert "1 of 3, run 4" in screen.until("q quit")
        screen.press("q")
        screen.end()


def test_a_rule_that_nearly_fits_is_a_reason(season: Cli, enter: Enter, home: Path) -> None:
    (home / "config.toml").write_text(
        '[[rules]]\nname = "trails"\nshoe = "Speedgoat 6"\nsport = "trail-run"\n'
        'distance = "10-20 km"\n'
    )
    with enter("--sport", "trail-run") as screen:
        shown = screen.until("q quit")
        assert "1  Speedgoat 6  rule 'trails' fits but for its distance" in shown
        screen.press("q")
        screen.end()


def test_a_rule_whose_pair_is_gone_is_named(season: Cli, enter: Enter, home: Path) -> None:
    (home / "config.toml").write_text('[[rules]]\nname = "a"\nshoe = "Nova"\nsport = "run"\n')
    with enter() as screen:
        assert "rule 'a' is passed over: no pair is called 'Nova'" in screen.until("q quit")
        screen.press("q")
        screen.end()


NAMES = (
    "靴" * 30,
    "👟🏃",
    "A name that goes on and on and on, far beyond what a terminal shows",
    "e\u0301",
)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (30, 10), (12, 3)])
def test_it_fits_terminals_of_any_size(season: Cli, enter: Enter, columns: int, lines: int) -> None:
    for name in NAMES:
        assert season("shoe", "add", name).status == 0
    with enter(columns=columns, lines=lines) as screen:
        screen.until("q quit" if columns >= 30 else "q qui")
        screen.press("n" if lines < 14 else "s")
        screen.press("1")
        screen.press("q")
        assert screen.end() == 0
    widest = max(inbox_page.NARROWEST, columns)
    page = screen.shown.partition("put on a pair")[0].rpartition("\n")[0]
    for line in page.split("\n"):
        if not line.startswith((">", "shoetrack:")):
            assert inbox_page.cells(line) <= widest, line


def test_more_than_nine_pairs_are_paged(season: Cli, enter: Enter) -> None:
    for i in range(10):
        season("shoe", "add", f"Pair no. {i}")
    with enter(lines=40) as screen:
        assert "1-9 that pair  n more pairs" in screen.until("q quit")
        shown = screen.press("n")
        assert "1-3 that pair  n more pairs" in shown
        assert "4 is none of the keys." in screen.press("4")
        assert "Run 3 is on Pair no. 9." in screen.press("3")
        assert "1-9 that pair" in screen.shown
        screen.press("q")
        assert screen.end() == 0


def test_names_cannot_command_the_terminal(season: Cli, enter: Enter, home: Path) -> None:
    season("run", "edit", "3", "--name", "\x1b[2Jboo")
    with enter() as screen:
        assert "\\x1b[2Jboo" in screen.until("q quit")
        assert "\x1b[2J" not in screen.shown
        screen.press("q")
        screen.end()


def test_colours_are_for_those_who_want_them(season: Cli, home: Path) -> None:
    for env, coloured in (({}, True), (PLAIN, False)):
        with Terminal("assign", home=home, env=env) as screen:
            screen.until("quit")
            screen.press("q")
            assert screen.end() == 0
        assert ("\x1b[" in screen.shown) == coloured


def test_the_balances_are_restored_to_the_millimetre(season: Cli, enter: Enter) -> None:
    """Every key's change is taken back by `undo`, the last one first."""
    before = json.dumps(season("status", "--json").json)
    with enter() as screen:
        screen.press("1")
        screen.press("2")
        screen.press("m")
        screen.press("1")
        screen.press("i")
        assert screen.end() == 0
    assert "Nothing waits any more." in screen.shown
    for _ in range(5):
        assert season("undo", "--yes").status == 0
        assert season("verify").status == 0
    assert json.dumps(season("status", "--json").json) == before
