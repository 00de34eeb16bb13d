"""`rules` and `assign --auto` on the command line."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.importers import make_strava_export as strava
from tests.importers.make_exports import zipped
from tests.support import NOW, START, make_run, run_in_terminal

WATCH_FOLDER = Path(__file__).parents[3] / "shared/data/watch-folder"

RULES = """
[[rules]]
name = "by folder"
shoe = "Peg"
folder = "Peg*"

[[rules]]
name = "races"
split = "Peg=60%, Ghost=40%"
title = "#race"

[[rules]]
name = "early"
shoe = "Ghost"
time = "05:00-09:00"

[[rules]]
name = "early too"
shoe = "Peg"
time = "06:00-08:00"

[[rules]]
name = "nights"
shoe = "Peg"
time = "22:00-04:00"
"""


def configure(home: Path, text: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def season(cli: Cli, tmp_path: Path) -> Path:
    """Two pairs and twelve runs of 5 km on the Ghost: three in a folder, one a race, eight not."""
    cli("shoe", "add", "Pegasus 41")
    cli("shoe", "add", "Ghost 15", "--default-for", "run")
    folder = tmp_path / "watch"
    for i in range(12):
        path = folder / ("Pegasus" if i < 3 else "other") / f"{i:02}.gpx"
        path.parent.mkdir(parents=True, exist_ok=True)
        name = "City #race!" if i == 3 else "Morning Run"
        start = START + timedelta(days=i)
        path.write_text(make_run(5000, start, name=name), encoding="utf-8")
    assert cli("import", folder).status == 0
    return folder


def pairs(cli: Cli) -> dict[int, tuple[str, ...]]:
    runs = cli("runs", "--json").json
    return {run["id"]: tuple(shoe["name"] for shoe in run["shoes"]) for run in runs}


def test_without_rules_the_first_one_is_shown_with_one_s_own_pair(cli: Cli, home: Path) -> None:
    assert 'shoe = "Pegasus 41"' in cli("rules").out
    cli("shoe", "add", 'Peg "wide"', "--default-for", "run")
    cli("shoe", "add", "Nova")
    shown = cli("rules").out
    assert 'shoe = "Nova"' in shown
    example = shown[shown.index("[[rules]]") : shown.index("What else")]
    configure(home, example)
    (rule,) = cli("rules", "--json").json
    assert rule["name"] == "fast ones"


def test_rules_are_listed_with_what_they_decided(cli: Cli, season: Path, home: Path) -> None:
    configure(home, RULES)
    assert "1. by folder: Peg (no run yet)" in cli("rules").out
    cli("assign", "--auto", "--yes")
    shown = cli("rules")
    assert '1. by folder: Peg (3 runs, 9.3 mi)\n     folder = "Peg*"\n' in shown.out
    assert "2. races: Peg 60 % + Ghost 40 % (1 run, 3.1 mi)" in shown.out
    assert cli("rules", "list").out == shown.out
    first, second, *_ = cli("rules", "--json").json
    assert (first["runs"], first["shoes"]) == (3, [{"name": "Peg", "percent": 100.0}])
    assert second["conditions"] == ['title = "#race"']
    rows = list(csv.DictReader(io.StringIO(cli("rules", "list", "--csv").out)))
    assert [row["runs"] for row in rows] == ["3", "1", "8", "0", "0"]


def test_check_shows_what_each_rule_catches_and_would_move(
    cli: Cli, season: Path, home: Path
) -> None:
    configure(home, RULES)
    cli("assign", "12", "ghost")
    before = cli("export").json
    answer = cli("rules", "check")
    assert (answer.status, answer.err) == (0, "")
    assert "Rule 'early too' never comes first: 'early' takes" not in answer.out
    assert "Rule 'early too' never comes first: rules before it take the 12 that it fits." in (
        answer.out
    )
    assert "Rule 'nights' fits no run." in answer.out
    assert "4 runs of 12 would move: shoetrack assign --auto" in answer.out
    assert "\nEarlier: runs that fit too, which a rule before takes.\nSettled: of" in answer.out
    configure(home, RULES[: RULES.index("[[rules]]", 5)])
    assert not {"Earlier:", "Settled:"} & set(cli("rules", "check").out.split())
    configure(home, RULES)
    found = cli("rules", "check", "--json").json
    caught = {one["name"]: one for one in found["rules"]}
    assert {name: one["caught"]["runs"] for name, one in caught.items()} == {
        "by folder": 3,
        "races": 1,
        "early": 8,
        "early too": 0,
        "nights": 0,
    }
    assert caught["early"]["earlier"]["runs"] == 4
    assert caught["early"]["settled"]["runs"] == 1
    assert caught["early too"]["shadowed_by"] == "early"
    assert [(one["from"], one["to"], one["runs"]) for one in found["moves"]] == [
        ("Ghost 15", "Pegasus 41", 3),
        ("Ghost 15", "Pegasus 41 60 % + Ghost 15 40 %", 1),
    ]
    assert cli("export").json == before
    since = cli("rules", "check", "--since", "2026-05-04", "--json").json
    assert since["runs"] == 9
    rows = list(csv.DictReader(io.StringIO(cli("rules", "check", "--csv").out)))
    assert [row["earlier"] for row in rows] == ["0", "0", "4", "12", "0"]


def test_auto_moves_runs_as_one_change_that_undo_takes_back(
    cli: Cli, season: Path, home: Path
) -> None:
    configure(home, RULES.replace('shoe = "Ghost"\ntime', 'shoe = "Peg"\ntime'))
    before, status = pairs(cli), cli("status", "--json").json
    preview = cli("assign", "--auto", "--dry-run")
    assert "11" in preview.out
    assert pairs(cli) == before
    refused = cli("assign", "--auto")
    assert refused.status == 1
    assert "Move 12 runs? Nothing was changed: add --yes to do it" in refused.err
    assert pairs(cli) == before
    done = cli("assign", "--auto", "--yes")
    assert "12 runs moved." in done.out
    assert pairs(cli)[4] == ("Pegasus 41", "Ghost 15")
    again = cli("assign", "--auto", "--yes")
    assert "nothing was changed" in again.out
    changes = cli("undo", "--list", "--json").json
    assert changes[0]["summary"] == "12 runs moved by rules and defaults"
    assert cli("undo", "--yes").status == 0
    assert (pairs(cli), cli("status", "--json").json) == (before, status)
    assert cli("verify").status == 0


def test_auto_asks_nothing_for_a_few_and_keeps_to_days(cli: Cli, season: Path, home: Path) -> None:
    configure(home, RULES)
    assert "2 runs moved" in cli("assign", "--auto", "--until", "2026-05-02").out
    assert cli("assign", "--auto", "--since", "2026-05-05").out.startswith("8 runs stay on their")
    assert [run for run, on in pairs(cli).items() if on != ("Ghost 15",)] == [2, 1]


def test_explain_says_why_condition_by_condition(cli: Cli, season: Path, home: Path) -> None:
    configure(home, RULES)
    answer = cli("rules", "explain", "4")
    assert answer.out == (
        'Run 4: "City #race!", 2026-05-04, run, 3.11 mi\n'
        "It is on Ghost 15, by default.\n"
        "\n"
        "✗ hand: no hand has decided\n"
        "✗ service: no service has said its pair\n"
        "✗ rule by folder: Peg\n"
        f'    ✗ folder = "Peg*": {season / "other"}\n'
        "✓ rule races: Peg 60 % + Ghost 40 %  <- decides\n"
        '    ✓ title = "#race": City #race!\n'
        "✓ rule early: Ghost; it fits, but comes after what decides\n"
        '    ✓ time = "05:00-09:00": 07:00\n'
        "✓ rule early too: Peg; it fits, but comes after what decides\n"
        '    ✓ time = "06:00-08:00": 07:00\n'
        "✗ rule nights: Peg\n"
        '    ✗ time = "22:00-04:00": 07:00\n'
        "✓ default: Ghost 15 is the default for run on that day\n"
        "\n"
        "`shoetrack assign --auto` would move it to Pegasus 41 60 % + Ghost 15 40 %, by rule"
        " races.\n"
    )
    found = cli("rules", "explain", "4", "--json").json
    assert (found["assigned_by"], found["differs"]) == ("default", True)
    assert found["would_be"]["assigned_by"] == "rule:races"
    (decides,) = [step for step in found["steps"] if step["decides"]]
    assert (decides["step"], decides["rule"]) == ("rule", "races")
    assert decides["conditions"] == [
        {"condition": 'title = "#race"', "holds": True, "found": "City #race!"}
    ]


def test_explain_agrees_with_what_is_done(cli: Cli, season: Path, home: Path) -> None:
    """For every run: what `explain` says will be is what `assign --auto` makes of it."""
    configure(home, RULES)
    cli("assign", "1", "ghost")
    ids = [run["id"] for run in cli("runs", "--json").json]
    said = {i: cli("rules", "explain", str(i), "--json").json for i in ids}
    cli("assign", "--auto", "--yes")
    for i in ids:
        now = cli("rules", "explain", str(i), "--json").json
        assert not now["differs"]
        assert now["assigned_by"] == said[i]["would_be"]["assigned_by"]
        assert now["shoe"] == said[i]["would_be"]["shoe"]
        assert [step["decides"] for step in now["steps"]].count(True) == 1


def test_explain_of_a_hand_s_decision_and_of_one_in_doubt(
    cli: Cli, season: Path, home: Path, tmp_path: Path
) -> None:
    configure(home, RULES)
    cli("assign", "2", "ghost")
    assert "✓ hand: a hand has put it on Ghost 15  <- decides" in cli("rules", "explain", "2").out
    late = tmp_path / "late.gpx"
    late.write_text(make_run(5000, START + timedelta(minutes=25), 1700), encoding="utf-8")
    cli("import", late)
    shown = cli("rules", "explain", "13").out
    assert "✓ doubt: it is perhaps run 1: until that is settled, it is on no pair" in shown
    assert "So it is where it belongs" in shown
    assert "there is no run 99" in cli("rules", "explain", "99").err


def test_explain_names_a_default_that_was_retired(cli: Cli, season: Path, home: Path) -> None:
    cli("assign", "12", "peg")
    cli("shoe", "retire", "ghost", "--on", "2026-05-02")
    for run_id in ("11", "12"):  # by default still, and by hand
        step = cli("rules", "explain", run_id, "--json").json["steps"][-1]
        assert not step["holds"]
        assert step["says"].endswith("default for run on that day, but was retired before it")


def test_explain_says_what_is_wrong_with_a_rule_to_programs_too(
    cli: Cli, season: Path, home: Path
) -> None:
    configure(home, '[[rules]]\nname = "a"\nshoe = "Endorphin"\nsport = "run"\n')
    (rule,) = [s for s in cli("rules", "explain", "1", "--json").json["steps"] if s["rule"]]
    assert rule["fault"].startswith("rule 'a' is passed over: no pair is called 'Endorphin'")
    assert not rule["holds"]
    assert "rule a: Endorphin; it is passed over, as said above" in cli("rules", "explain", "1").out


@pytest.mark.parametrize(
    "words", [("run", "add", "5km"), ("run", "edit", "1", "--sport", "hike"), ("import", "/x.gpx")]
)
def test_what_rules_may_decide_names_one_whose_pair_is_gone(
    cli: Cli, season: Path, home: Path, words: tuple[str, ...]
) -> None:
    block = '[[rules]]\nname = "{}"\nshoe = "Endorphin"\nsport = "run"\n'
    configure(home, block.format("a"))
    assert "rule 'a' is passed over" in cli(*words).err
    configure(home, "".join(block.format(i) for i in range(100)))
    shown = [line for line in cli(*words).err.splitlines() if "rule" in line]
    assert (len(shown), shown[5]) == (
        6,
        "shoetrack: rules with such a fault beside these: 95 (`shoetrack rules check`)",
    )
    assert len(cli("rules", "check").err.splitlines()) == 100


@pytest.mark.parametrize(
    "command",
    [("rules",), ("rules", "check"), ("rules", "explain", "1"), ("assign", "--auto", "--dry-run")],
)
def test_a_rule_whose_pair_is_unknown_or_retired_is_named_and_stops_nothing(
    cli: Cli, season: Path, home: Path, command: tuple[str, ...]
) -> None:
    configure(
        home,
        '[[rules]]\nname = "a"\nshoe = "Endorphin"\nsport = "run"\n'
        '[[rules]]\nname = "b"\nshoe = "Peg"\nsport = "run"\n',
    )
    cli("shoe", "retire", "Peg", "--on", "2026-05-02")
    answer = cli(*command)
    assert answer.status == 0
    unknown, retired = answer.err.splitlines()
    assert unknown.startswith("shoetrack: rule 'a' is passed over: no pair is called 'Endorphin'")
    assert retired.startswith("shoetrack: rule 'b' takes no run after 2026-05-02, when Pegasus 41")


def test_an_import_names_such_a_rule_and_goes_on(cli: Cli, home: Path, tmp_path: Path) -> None:
    cli("shoe", "add", "Pegasus 41")
    configure(
        home,
        '[[rules]]\nname = "a"\nshoe = "Endorphin"\nsport = "run"\n'
        '[[rules]]\nname = "b"\nshoe = "Peg"\nsport = "run"\n',
    )
    path = tmp_path / "run.gpx"
    path.write_text(make_run(), encoding="utf-8")
    answer = cli("import", path)
    assert answer.status == 0
    assert "rule 'a' is passed over" in answer.err
    assert cli("runs", "--json").json[0]["assigned_by"] == "rule:b"


def test_a_bad_rule_is_named_with_its_line(cli: Cli, home: Path) -> None:
    configure(home, '[[rules]]\nname = "a"\nshoe = "Peg"\nfolders = "x"\n')
    answer = cli("rules")
    assert answer.status == 1
    assert 'line 4: rule "a": folders is not a condition; did you mean folder?' in answer.err


def test_help_has_every_condition(cli: Cli) -> None:
    from shoetrack.config.rules import CONDITIONS

    shown = " ".join(cli("rules", "--help").out.split())
    for one in CONDITIONS:
        assert f"{one.key} {one.doc}: " in shown


def test_on_a_terminal_of_eighty_columns_nothing_is_wider(
    cli: Cli, season: Path, home: Path
) -> None:
    configure(home, RULES)
    for command in (["rules", "check"], ["assign", "--auto", "--dry-run"]):
        shown = run_in_terminal(command, home, {"NO_COLOR": "1"}, now=NOW)
        assert "Ghost" in shown
        assert max(len(line) for line in shown.splitlines()) <= 80


def test_a_service_s_pair_counts_where_it_is_trusted(cli: Cli, home: Path, tmp_path: Path) -> None:
    row = strava.LONG.row(id="1", gear="Peg", gear_id="11.0", metres="5000.0", file="a/1.fit.gz")
    gear = tmp_path / "export.zip"
    gear.write_bytes(zipped(strava.export(row, shoes="Peg,Nike,Pegasus,Run\n")))
    rule = '[[rules]]\nname = "all"\nshoe = "Mine"\ndistance = "> 0"\n'
    configure(home, rule)
    cli("shoe", "add", "Mine")
    cli("import", gear)
    by = {run["assigned_by"] for run in cli("runs", "--json").json}
    assert "strava" in by
    configure(home, f"[strava]\ntrust_gear = false\n{rule}")
    shown = [run["id"] for run in cli("runs", "--json").json if run["assigned_by"] == "strava"]
    assert "not trusted" in cli("rules", "explain", str(shown[0])).out
    cli("assign", "--auto", "--yes")
    assert {run["assigned_by"] for run in cli("runs", "--json").json} <= {"rule:all", None}
    before = cli("export").json
    cli("import", gear)
    assert cli("export").json == before


@pytest.mark.skipif(not WATCH_FOLDER.is_dir(), reason="real data is not here")
def test_the_real_folders_that_name_the_shoes(cli: Cli, home: Path) -> None:
    folders = {
        "Brooks Caldera 5": "Caldera",
        "New Balance Fresh Foam 860v11": "NB 860",
        "Barfuß": "Barfuß",
    }
    for name in folders.values():
        cli("shoe", "add", name)
    configure(
        home,
        "".join(
            f'[[rules]]\nname = "{folder}"\nshoe = "{name}"\nfolder = "{folder}"\n'
            for folder, name in folders.items()
        ),
    )
    cli("import", WATCH_FOLDER)
    found = {
        run["sources"][0].split("/")[-2]: run["assigned_by"] for run in cli("runs", "--json").json
    }
    for folder in folders:
        assert found[folder] == f"rule:{folder}"
    moved = [one["caught"]["runs"] for one in cli("rules", "check", "--json").json["rules"]]
    assert moved == [3, 2, 1]
    assert cli("rules", "check", "--json").json["moves"] == []


def test_the_glance_says_that_a_rule_names_no_pair(cli: Cli, home: Path) -> None:
    cli("shoe", "add", "Pegasus")
    home.joinpath("config.toml").write_text(
        '[[rules]]\nname = "lost"\nshoe = "Speedgoat"\nsport = "hike"\n', encoding="utf-8"
    )
    assert "rule 'lost' is passed over: no pair is called" in cli("status").out
