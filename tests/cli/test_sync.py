"""`sync`: everything once, whatever fails among it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.strava_server import StravaServer
from tests.support import NOW, ask_json, make_run, run_cli


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOETRACK_KEYRING", "off")


@pytest.fixture
def strava() -> Iterator[StravaServer]:
    with StravaServer() as server:
        server.world.add_shoe("g1", "Pegasus 41", "Nike", "Pegasus 41")
        server.world.add(NOW.replace(day=1, hour=6), 480_000, gear="g1", seconds=150_000)
        yield server


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder to be watched, with a run and a file that is none."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "one.gpx").write_text(make_run())
    return inbox


def test_everything_once(cli: Cli, strava: StravaServer, home: Path, inbox: Path) -> None:
    strava.connect(home, more=f'[folders]\nwatch = ["{inbox}"]\n')
    assert cli("shoe", "add", "Pegasus 41", "--start", "299mi", "--strava-id", "g1").status == 0
    done = cli("sync")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("From Strava: 1 new run")
    assert lines[1] == "From the folders: 1 new run."
    assert lines[2].startswith("Alerts: alert 1: ")
    again = cli("sync")
    assert again.status == 0
    assert again.out.splitlines() == [
        "From Strava: nothing new.",
        "From the folders: nothing new.",
        "Alerts: nothing new to say.",
    ]
    assert len(cli("runs", "--json").json) == 2


def test_as_json(strava: StravaServer, home: Path, inbox: Path) -> None:
    """As a process: nothing but the JSON, for programs."""
    strava.connect(home, more=f'[folders]\nwatch = ["{inbox}"]\n')
    found = ask_json("sync", home=home, env={"SHOETRACK_KEYRING": "off"})
    assert found["strava"]["new"] == 1
    assert found["strava"]["pairs"]["added"] == ["Pegasus 41"]
    assert found["folders"]["new"] == 1
    assert found["check"]["raised"] == len(found["check"]["alerts"])
    assert found["deliver"] == {"delivered": 0, "failed": 0, "given_up": 0, "waiting": 0}
    assert (found["failed"], found["problems"]) == ([], [])


def test_what_fails_stops_nothing_else(
    cli: Cli, strava: StravaServer, home: Path, inbox: Path
) -> None:
    strava.connect(home, more=f'[folders]\nwatch = ["{inbox}"]\n')
    strava.revoke()
    bad = inbox / "bad.gpx"
    bad.write_text("<gpx><trk>")
    os.utime(bad, (0, 0))  # a file that is new may yet be on its way
    done = cli("sync")
    assert done.status == 1
    first, second = done.err.splitlines()
    assert first.startswith("shoetrack: strava: Strava does not accept this login any more")
    assert second.startswith(f"shoetrack: folders: {inbox / 'bad.gpx'}: ")
    assert "From the folders: 1 new run." in done.out
    found = cli("sync", "--json")
    assert found.status == 1
    assert found.json["strava"] is None
    assert [one["part"] for one in found.json["failed"]] == ["strava"]
    assert found.json["problems"] == []  # a file is told of once
    alerts = cli("alerts", "list", "--json")
    assert {one["subject"] for one in alerts.json} >= {"trouble:strava-login", "files"}


def test_with_nothing_to_sync_from_it_says_what_to_do(cli: Cli) -> None:
    done = cli("sync")
    assert (done.status, done.err) == (0, "")
    assert "shoetrack strava login" in done.out
    assert cli("sync", "--json").json["strava"] is None


def test_a_broken_configuration_is_one_line(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("unit = 3\n")
    done = run_cli("sync", home=home)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
