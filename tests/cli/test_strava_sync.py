"""`strava sync`, `diff`, `push` and `logout --purge`: the real command, against a real server."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.strava_server import ALL_SCOPES, WITH_WRITE, StravaServer
from tests.support import (
    NOW,
    ask_json,
    cli_command,
    cli_env,
    finish,
    make_run,
    run_cli,
    run_in_terminal,
    start_cli,
)

DAY = timedelta(days=1)
LISTS = "/athlete/activities"


@pytest.fixture
def strava() -> Iterator[StravaServer]:
    with StravaServer() as server:
        server.world.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
        server.world.add_shoe("g2", "Speedgoat 🐐", "Hoka", "Speedgoat 6")
        server.world.add_shoe("g3", "Old Ghost", "Brooks", "Ghost 14", retired=True)
        yield server


def totals_mm(home: Path) -> dict[str | None, int]:
    """By the pair's id at Strava; None is unassigned."""
    found = ask_json("status", home=home)
    totals = {shoe["strava_id"]: round(shoe["distance_m"] * 1000) for shoe in found["shoes"]}
    totals[None] = round(found["unassigned"]["distance_m"] * 1000)
    return {gear: distance for gear, distance in totals.items() if distance}


def in_step(strava: StravaServer, home: Path) -> None:
    """The same miles on each pair as Strava has, and a ledger that adds up."""
    assert totals_mm(home) == {gear: mm for gear, mm in strava.world.totals_mm().items() if mm}
    assert ask_json("verify", home=home)["ok"]


def sync(home: Path, *more: str) -> Any:
    return ask_json("strava", "sync", *more, home=home)


def test_a_first_sync_of_two_thousand_and_what_comes_after(
    strava: StravaServer, home: Path
) -> None:
    world = strava.world
    ids = world.add_season(2000, ["g1", "g2", "g3", None])
    strava.connect(home)
    done = run_cli("strava", "sync", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2,000 new runs" in done.stdout
    assert "3 pairs added: Pegasus 41, Speedgoat 🐐, Old Ghost." in done.stdout
    activities = len(world.activities)
    assert strava.count("GET", LISTS) <= activities // 199 + 2
    assert strava.api_calls() - strava.count("GET", LISTS) <= 5
    in_step(strava, home)
    ghost = next(s for s in ask_json("status", home=home)["shoes"] if s["strava_id"] == "g3")
    assert ghost["retired_on"] == ghost["last_worn"]

    strava.calls.clear()
    found = sync(home)
    assert (found["new"], found["changed"], found["moved"], found["deleted"]) == (0, 0, 0, 0)
    assert strava.api_calls() <= 3

    world.edit(ids[0], distance=4321.0, name="Renamed")
    world.edit(ids[1], gear_id="g2" if world.activities[ids[1]]["gear_id"] == "g1" else "g1")
    world.delete(ids[2])
    world.add(NOW - 10 * DAY, 1234.5, gear="g1", name="Late")
    found = sync(home)
    assert (found["new"], found["changed"], found["moved"], found["deleted"]) == (1, 2, 1, 1)
    in_step(strava, home)
    (gone,) = ask_json("runs", "--ignored", home=home)
    shown = run_cli("run", "show", str(gone["id"]), home=home).stdout
    assert "deleted at Strava" in shown
    moved = next(r for r in ask_json("runs", home=home) if r["name"] == "Run 1")
    entries = [e for e in ask_json("ledger", home=home) if e["run"] == moved["id"]]
    assert [entry["kind"] for entry in entries] == ["run", "reversal", "run"]

    done = run_cli("undo", "--yes", home=home)
    assert done.returncode == 0, done.stderr
    found = sync(home)
    assert (found["new"], found["changed"], found["moved"], found["deleted"]) == (1, 2, 1, 1)
    in_step(strava, home)


def test_the_limit_of_calls_stops_it_and_it_goes_on(strava: StravaServer, home: Path) -> None:
    strava.world.add_season(1500, ["g1", None])
    strava.connect(home)
    strava.use_up(90)
    done = run_cli("strava", "sync", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "it goes on at 12:15 (2026-06-01 12:15 UTC)" in done.stdout
    kept = ask_json("verify", home=home)["runs"]
    assert 0 < kept < 1500
    strava.world.now += timedelta(minutes=15)
    later = (NOW + timedelta(minutes=15)).isoformat()
    found = ask_json("strava", "sync", home=home, env={"SHOETRACK_NOW": later})
    assert (found["goes_on"], found["whole"]) == (None, True)
    assert kept + found["new"] == 1500
    assert all(call.method != "GET" or call.path for call in strava.calls)
    in_step(strava, home)


def test_killed_in_its_midst_it_goes_on(strava: StravaServer, home: Path) -> None:
    strava.world.add_season(1200, ["g1", "g2", None])
    strava.connect(home)
    for page in (2, 4):
        seen = strava.count("GET", LISTS)
        holds = [strava.fail("slow", LISTS, early=True) for _ in range(page)]
        process = start_cli("strava", "sync", home=home)
        for hold in holds[:-1]:
            assert hold.arrived.wait(60)
            hold.release()
        assert holds[-1].arrived.wait(60)
        process.kill()
        finish(process)
        holds[-1].release()
        assert strava.count("GET", LISTS) > seen
        assert ask_json("verify", home=home)["ok"]
    before = ask_json("verify", home=home)["runs"]
    assert 200 < before < 1200
    found = sync(home)
    assert before + found["new"] == 1200
    in_step(strava, home)


def test_two_at_once_do_it_once(strava: StravaServer, home: Path) -> None:
    strava.world.add_season(300, ["g1", None])
    strava.connect(home)
    hold = strava.hold(LISTS)
    first = start_cli("strava", "sync", "--json", home=home)
    assert hold.arrived.wait(60)
    second = run_cli("strava", "sync", home=home)
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "another process is at Strava" in second.stderr
    hold.release()
    done = finish(first)
    assert done.returncode == 0, done.stderr
    in_step(strava, home)


@pytest.mark.parametrize(
    ("what", "said"),
    [("revoked", "strava login"), ("inactive", "import"), ("down", "no JSON")],
)
def test_what_strava_refuses_is_said_in_one_line(
    strava: StravaServer, home: Path, what: str, said: str
) -> None:
    strava.world.add_season(20, ["g1"])
    strava.connect(home)
    sync(home)
    before = totals_mm(home)
    if what == "revoked":
        strava.revoke()
    elif what == "inactive":
        strava.inactive = True
    else:
        strava.fail("html", LISTS, times=20)
    done = run_cli("strava", "sync", home=home)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not any(secret in done.stderr + done.stdout for secret in strava.secrets)
    assert totals_mm(home) == before


def test_it_says_that_nobody_is_connected(home: Path) -> None:
    done = run_cli("strava", "sync", home=home)
    assert done.returncode == 1
    assert "strava login" in done.stderr


def test_too_many_deletions_are_named_with_their_flag(strava: StravaServer, home: Path) -> None:
    ids = [strava.world.add(NOW - (i + 1) * DAY, 5000, gear="g1") for i in range(20)]
    strava.connect(home)
    sync(home)
    for one in ids[5:]:
        strava.world.delete(one)
    done = run_cli("strava", "sync", home=home)
    assert done.returncode == 1
    assert "15 runs cannot be found at Strava any more" in done.stderr
    assert "--allow-deletions" in done.stderr
    assert totals_mm(home) == {"g1": 100_000_000}
    assert sync(home, "--allow-deletions")["deleted"] == 15
    in_step(strava, home)


def test_an_odd_activity_costs_no_other(strava: StravaServer, home: Path) -> None:
    world = strava.world
    world.add_season(10, ["g1"])
    odd: dict[str, Any] = {
        "sport_type": "MoonRun",
        "type": None,
        "athlete_count": 0,
        "moving_time": 1666.7,
        "distance": 5000,
        "name": None,
        "start_latlng": [],
        "brand_new": {"a": [None]},
    }
    world.edit(world.add(NOW - DAY, 1.0, gear="g1", seconds=1), **odd)
    world.edit(world.add(NOW - 2 * DAY, 5000.0, gear="g1"), distance=0, workout_type="x")
    strava.connect(home)
    sync(home)
    runs = ask_json("runs", home=home)
    assert len(runs) == 12
    assert {run["name"] for run in runs} >= {"", "Morning Run"}
    assert len(ask_json("runs", "--unmeasured", home=home)) == 1


# --- pairs, in a terminal -------------------------------------------------------------------


def in_dialogue(home: Path, answers: str, *words: str) -> str:
    """What a terminal shows while a person types these lines."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        cli_command(*words),
        env={**cli_env(home), "TERM": "dumb", "NO_COLOR": "1"},
        stdin=child,
        stdout=child,
        stderr=child,
    )
    os.close(child)
    os.write(parent, answers.encode())
    shown = b""
    try:
        while chunk := os.read(parent, 65536):
            shown += chunk
    except OSError:
        pass  # on Linux this is how the end of a terminal reads
    assert process.wait(60) == 0, shown.decode()
    os.close(parent)
    return shown.decode()


def test_shoes_are_asked_for_once(strava: StravaServer, home: Path) -> None:
    world = strava.world
    world.add_shoe("g4", "Loaner")
    for i, gear in enumerate(("g1", "g2", "g4")):
        world.add(NOW - (i + 1) * DAY, 5000 + i, gear=gear)
    strava.connect(home)
    run_cli("shoe", "add", "My Goats", home=home)
    run_cli("shoe", "add", "pegasus 41", home=home)
    shown = in_dialogue(home, "1\nn\n", "strava", "sync")
    assert "Strava has Speedgoat 🐐, 3.1 mi." in shown
    assert "Strava has Loaner" in shown
    assert "Strava has Pegasus" not in shown
    assert totals_mm(home) == {"g1": 5_000_000, "g2": 5_001_000, None: 5_002_000}
    names = {s["strava_id"]: s["name"] for s in ask_json("status", home=home)["shoes"]}
    assert names == {"g1": "pegasus 41", "g2": "My Goats"}
    assert "Strava has" not in in_dialogue(home, "", "strava", "sync")


def test_the_bar_knows_its_end(strava: StravaServer, home: Path) -> None:
    strava.world.add_season(450, ["g1"])
    strava.connect(home)
    shown = run_in_terminal(["strava", "sync", "--yes"], home, {})
    assert "Reading Strava" in shown
    assert re.search(r"back to 202\d-\d\d-\d\d", shown)


# --- comparing, writing back, forgetting ----------------------------------------------------


def test_diff_and_push_go_round(strava: StravaServer, home: Path) -> None:
    world = strava.world
    ids = [world.add(NOW - (i + 1) * DAY, 5000, gear="g1", name=f"n{i}") for i in range(12)]
    strava.connect(home, WITH_WRITE)
    sync(home)
    assert "none" in run_cli("strava", "diff", home=home).stdout
    run_cli("assign", *(str(i) for i in range(1, 13)), "speedgoat", "--yes", home=home)
    found = {one["strava_id"]: one for one in ask_json("strava", "diff", home=home)}
    assert found["g1"]["strava_m"] - found["g1"]["distance_m"] == 60_000
    assert {run["why"] for run in found["g1"]["runs"]} == {"another pair here"}
    assert found["g1"]["unexplained_m"] == found["g2"]["unexplained_m"] == 0
    shown = run_cli("strava", "diff", home=home).stdout
    assert "2 other runs" in shown
    done = run_cli("strava", "push", "--dry-run", home=home)
    assert re.search(r"Pegasus 41 +Speedgoat 🐐 +12", done.stdout)
    assert strava.count("PUT") == 0
    done = run_cli("strava", "push", home=home)
    assert (done.returncode, strava.count("PUT")) == (1, 0)
    assert "--yes" in done.stderr
    done = run_cli("strava", "push", "--yes", home=home)
    assert (done.returncode, strava.count("PUT")) == (0, 12)
    assert {world.activities[one]["gear_id"] for one in ids} == {"g2"}
    found = sync(home)
    assert (found["changed"], found["moved"]) == (0, 0)
    assert "nothing to write" in run_cli("strava", "push", home=home).stdout
    assert {run["assigned_by"] for run in ask_json("runs", home=home)} == {"manual"}
    in_step(strava, home)


def test_push_stops_before_the_limit_and_goes_on(strava: StravaServer, home: Path) -> None:
    for i in range(30):
        strava.world.add(NOW - (i + 1) * DAY, 5000, gear="g1")
    strava.connect(home, WITH_WRITE)
    sync(home)
    run_cli("assign", *(str(i) for i in range(1, 31)), "speedgoat", "--yes", home=home)
    strava.use_up(170, reads=False)
    # Another program's calls show with the next answer.
    done = run_cli("strava", "push", "--yes", home=home)
    assert done.returncode == 0, done.stderr
    assert "it goes on at 12:15" in done.stdout
    written = strava.count("PUT")
    assert 0 < written < 30
    strava.world.now += timedelta(minutes=15)
    later = (NOW + timedelta(minutes=15)).isoformat()
    done = run_cli("strava", "push", "--yes", home=home, env={"SHOETRACK_NOW": later})
    assert f"Wrote {30 - written} of {30 - written} runs." in done.stdout
    assert strava.count("PUT") == 30


def test_push_tells_what_it_did_as_json(strava: StravaServer, home: Path) -> None:
    activity = strava.world.add(NOW - DAY, 5000, gear="g1")
    strava.connect(home, WITH_WRITE)
    sync(home)
    run_cli("assign", "1", "speedgoat", home=home)
    planned = [{"run": 1, "strava_id": activity, "from": "g1", "to": "Speedgoat 🐐"}]
    found = ask_json("strava", "push", "--dry-run", home=home)
    assert (found["planned"], found["written"], strava.count("PUT")) == (planned, 0, 0)
    found = ask_json("strava", "push", home=home)
    assert (found["planned"], found["written"], found["goes_on"]) == (planned, 1, None)
    assert ask_json("strava", "push", home=home)["planned"] == []


def test_push_without_a_login_says_how_to_get_one(home: Path) -> None:
    done = run_cli("strava", "push", home=home)
    assert done.returncode == 1
    assert "shoetrack strava login" in done.stderr


def test_a_login_that_strava_refused_is_told_as_lost_until_there_is_a_new_one(
    strava: StravaServer, home: Path
) -> None:
    strava.connect(home, ALL_SCOPES)
    assert ask_json("strava", "status", home=home)["connected"] is True
    strava.revoke()
    assert run_cli("strava", "sync", home=home).returncode == 1
    assert ask_json("strava", "status", home=home)["connected"] is False
    assert "does not accept this login any more" in run_cli("strava", "status", home=home).stdout
    strava.connect(home, ALL_SCOPES)
    assert ask_json("strava", "status", home=home)["connected"] is True


def test_push_without_the_scope_says_how_to_get_it(strava: StravaServer, home: Path) -> None:
    strava.world.add(NOW - DAY, 5000, gear="g1")
    strava.connect(home, ALL_SCOPES)
    sync(home)
    run_cli("assign", "1", "speedgoat", home=home)
    done = run_cli("strava", "push", home=home)
    assert done.returncode == 1
    assert "strava login --write" in done.stderr
    assert strava.count("PUT") == 0


def test_purge_shows_asks_and_forgets(strava: StravaServer, home: Path, tmp_path: Path) -> None:
    start = datetime.fromisoformat("2026-05-20T07:00:00+00:00")
    (tmp_path / "mine.gpx").write_text(make_run(5010, start, 1700))
    run_cli("import", tmp_path / "mine.gpx", home=home)
    strava.world.add(start, 5000, gear="g1", seconds=1690, name="Both")
    strava.world.add(start - DAY, 7000, gear="g2", name="Only there")
    strava.connect(home)
    sync(home)
    done = run_cli("strava", "logout", "--purge", home=home)
    assert done.returncode == 1
    assert "Only Strava told 1 run" in done.stdout
    assert "--yes" in done.stderr
    in_step(strava, home)
    done = run_cli("strava", "logout", "--purge", "--yes", home=home)
    assert done.returncode == 0, done.stderr
    (left,) = ask_json("runs", home=home)
    assert (left["name"], left["distance_m"]) == ("", pytest.approx(5010, abs=0.01))
    assert ask_json("runs", "--ignored", home=home) == []
    assert ask_json("verify", home=home)["ok"]
    assert {shoe["strava_id"] for shoe in ask_json("status", home=home)["shoes"]} == {None}
    for path in home.rglob("*"):
        assert not path.is_file() or b"Only there" not in path.read_bytes()
    assert strava.live_logins == 0
