"""`service install`, `uninstall` and `status`."""

from __future__ import annotations

import json
import plistlib
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import locks
from shoetrack.cli import service
from shoetrack.db.location import Location
from shoetrack.db.store import Store
from shoetrack.service import here
from tests.cli.conftest import Cli
from tests.service.programs import Programs
from tests.support import NOW
from tests.terminal import Terminal
from tests.test_architecture import HEAVY, loaded

MINUTE = timedelta(minutes=1)
# What a daemon that was started does first.
BEAT = """
import platform
from datetime import datetime, UTC
from pathlib import Path
from shoetrack.db.location import Location
from shoetrack.db.store import Store
store = Store(Location(Path({path!r})))
now = datetime.now(UTC)
with store.write("daemon", "", now) as tx:
    host = platform.node()
    tx.note_new("heartbeat", pid=42, host=host, version="0", started_at=now, beat_at=now)
store.close()
"""
AGAIN = BEAT.replace('tx.note_new("heartbeat"', 'tx.note("heartbeat", 1')


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """systemctl as a script, in a home of its own; the daemon that it starts is alive."""
    made = Programs(tmp_path / "fake", "systemctl")
    made.use(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    made.answer("restart", 0, run=BEAT.format(path=str(tmp_path / "home" / "shoetrack.db")))
    return made


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    return tmp_path / "user" / ".config" / "systemd" / "user" / "shoetrack.service"


@pytest.fixture
def filled(home: Path) -> Location:
    """A store in `home`."""
    location = Location(home / "shoetrack.db", own_folder=True)
    Store(location).close()
    return location


def note(location: Location, table: str, **values: Any) -> None:
    store = Store(location)
    with store.write("daemon", "the daemon's own rows", NOW) as tx:
        tx.note_new(table, **values)
    store.close()


def note_beat(location: Location, at: datetime) -> None:
    """Set the last sign of life to another moment."""
    store = Store(location)
    with store.write("daemon", "the daemon's own rows", NOW) as tx:
        tx.note("heartbeat", 1, started_at=at, beat_at=at)
    store.close()


def beats(location: Location, ago: timedelta = MINUTE, **values: Any) -> None:
    import platform

    wanted = {"pid": 42, "host": platform.node(), "version": "0.1.0", **values}
    started = NOW - timedelta(hours=3)
    note(location, "heartbeat", started_at=started, beat_at=NOW - ago, **wanted)


# --- install --------------------------------------------------------------------------------


def test_what_would_be_written_is_printed_and_not_written(
    cli: Cli, programs: Programs, unit: Path, home: Path
) -> None:
    done = cli("service", "install", "--print")
    assert done.status == 0
    assert f"ExecStart={sys.executable} -P -m shoetrack daemon\n" in done.out
    assert f'Environment="SHOETRACK_HOME={home}"' in done.out
    assert str(unit) in done.err
    assert not unit.exists()
    assert not home.exists()
    assert programs.asked == []
    assert cli("service", "install", "--yes").status == 0
    assert unit.read_text() == done.out


def test_it_is_installed_started_and_seen_alive(cli: Cli, programs: Programs, unit: Path) -> None:
    done = cli("service", "install", "--yes")
    assert (done.status, done.err) == (0, "")
    assert f"This will write {unit}:" in done.out
    assert "ExecStart=" in done.out
    assert "Installed, and the daemon runs" in done.out
    assert "loginctl enable-linger" in done.out
    assert programs.asked[-1] == "systemctl --user restart shoetrack.service"


def test_a_daemon_that_shows_no_sign_of_life_is_told(
    cli: Cli, programs: Programs, unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.answer("restart", 0)
    monkeypatch.setattr(service, "PATIENCE_S", 0)
    done = cli("service", "install", "--yes")
    assert done.status == 1
    assert "no sign of life" in done.err
    assert "journalctl --user -u shoetrack" in done.err
    assert unit.exists()


def test_nobody_to_ask_means_no(cli: Cli, programs: Programs, unit: Path) -> None:
    done = cli("service", "install")
    assert done.status == 1
    assert "add --yes" in done.err
    assert not unit.exists()


def test_a_no_is_a_no_and_a_yes_a_yes(programs: Programs, unit: Path, home: Path) -> None:
    env = {"PATH": str(programs.path), "HOME": str(unit.parents[3])}
    for answer, status in (("n", 1), ("y", 0)):
        with Terminal("service", "install", home=home, env=env) as terminal:
            terminal.until("Install it, and start the daemon? [y/N]:")
            terminal.type(answer)
            assert terminal.end() == status
            assert ("nothing was changed" in terminal.shown) == (status == 1)
        assert unit.exists() == (status == 0)


def test_again_is_no_change(cli: Cli, programs: Programs, unit: Path, home: Path) -> None:
    assert cli("service", "install", "--yes").status == 0
    before = len(programs.asked)
    with locks.one_at_a_time(Location(home / "shoetrack.db"), locks.DAEMON):
        done = cli("service", "install")
    assert done.status == 0
    assert "is as it would be written now" in done.out
    assert "The daemon runs" in done.out
    assert not [line for line in programs.asked[before:] if "show" not in line]
    stopped = cli("service", "install")
    assert stopped.status == 1
    assert "The daemon does not run. Start it?" in stopped.err


def test_what_there_is_nothing_to_do_with_is_not_shown(
    cli: Cli, programs: Programs, filled: Location
) -> None:
    beats(filled)
    note(filled, "job", name="strava")
    note(filled, "job", name="backup", next_at=NOW + timedelta(days=3))
    found = cli("service", "status", "--json").json
    assert [job["name"] for job in found["jobs"]] == ["backup"]


def test_one_that_does_not_answer_is_started_again(
    cli: Cli, programs: Programs, unit: Path, filled: Location
) -> None:
    assert cli("service", "install", "--yes").status == 0
    programs.answer("restart", 0, run=AGAIN.format(path=str(filled.path)))
    note_beat(filled, NOW - timedelta(hours=1))
    with locks.one_at_a_time(filled, locks.DAEMON):
        asked = cli("service", "install")
        done = cli("service", "install", "--yes")
    assert "The daemon does not answer. Start it?" in asked.err
    assert done.status == 0
    assert programs.asked.count("systemctl --user restart shoetrack.service") == 2


def test_another_store_is_another_file(
    cli: Cli, programs: Programs, unit: Path, tmp_path: Path
) -> None:
    assert cli("service", "install", "--yes").status == 0
    other = tmp_path / "other.db"
    programs.answer("restart", 0, run=BEAT.format(path=str(other)))
    done = cli("service", "install", "--yes", "--db", str(other))
    assert done.status == 0
    assert f"This will replace {unit}:" in done.out
    assert f'"SHOETRACK_DATABASE_URL={other}"' in unit.read_text()


def test_what_another_wrote_is_neither_replaced_nor_removed(
    cli: Cli, programs: Programs, unit: Path
) -> None:
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    for args in (("install", "--yes"), ("uninstall", "--yes")):
        done = cli("service", *args)
        assert done.status == 1
        assert "was not written by shoetrack" in done.err
    assert unit.read_text() == "[Service]\nExecStart=/bin/true\n"


def test_without_a_session_cron_is_shown_and_nothing_written(
    cli: Cli, programs: Programs, unit: Path
) -> None:
    programs.answer("show", 1, text="Failed to connect to bus: No medium found")
    done = cli("service", "install", "--yes")
    assert done.status == 1
    assert done.err.count("\n") == 1
    assert "no systemd session" in done.err
    assert f"{sys.executable} -P -m shoetrack daemon --once" in done.err
    assert not unit.exists()


def test_a_daemon_started_by_hand_comes_first(
    cli: Cli, programs: Programs, unit: Path, filled: Location
) -> None:
    with locks.one_at_a_time(filled, locks.DAEMON):
        done = cli("service", "install", "--yes")
    assert done.status == 1
    assert "runs already" in done.err
    assert not unit.exists()


def test_a_broken_configuration_is_told_before(
    cli: Cli, programs: Programs, unit: Path, home: Path
) -> None:
    home.mkdir()
    (home / "config.toml").write_text('unit = "furlong"\n')
    done = cli("service", "install", "--yes")
    assert done.status == 1
    assert "line 1" in done.err
    assert not unit.exists()


def test_a_password_is_not_written_and_that_is_said(
    cli: Cli, programs: Programs, unit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOETRACK_SMTP_PASSWORD", "hunter2")
    done = cli("service", "install", "--yes")
    assert done.status == 0
    assert "SHOETRACK_SMTP_PASSWORD is set here, but not written into it" in done.err
    assert "shoetrack alerts password" in done.err
    assert "hunter2" not in unit.read_text() + done.out + done.err


def test_a_mac_gets_its_agent(
    cli: Cli, programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "PLATFORM", "darwin")
    done = cli("service", "install", "--print")
    found = plistlib.loads(done.out.encode())
    assert found["ProgramArguments"][0] == sys.executable
    assert str(tmp_path / "user/Library/LaunchAgents") in done.err


def test_windows_gets_its_task(
    cli: Cli, programs: Programs, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(here, "PLATFORM", "win32")
    monkeypatch.setenv("USERDOMAIN", "PC")
    monkeypatch.setenv("USERNAME", "Ada")
    done = cli("service", "install", "--print")
    assert "<UserId>PC\\Ada</UserId>" in done.out
    assert "\r" not in done.out
    assert str(home / "shoetrack-task.xml") in done.err
    assert not home.exists()


# --- uninstall ------------------------------------------------------------------------------


def test_it_is_taken_out(cli: Cli, programs: Programs, unit: Path) -> None:
    assert cli("service", "install", "--yes").status == 0
    refused = cli("service", "uninstall")
    assert refused.status == 1
    assert unit.exists()
    done = cli("service", "uninstall", "--yes")
    assert done.status == 0
    assert not unit.exists()
    assert "systemctl --user disable --now shoetrack.service" in programs.asked
    again = cli("service", "uninstall", "--yes")
    assert again.status == 0
    assert "nothing was changed" in again.out


# --- status ---------------------------------------------------------------------------------


def test_before_there_is_anything(cli: Cli, programs: Programs, home: Path) -> None:
    done = cli("service", "status")
    assert done.status == 1
    assert "does not run, and never did" in done.out
    assert "Not installed" in done.out
    assert not home.exists()
    found = cli("service", "status", "--json").json
    assert (found["running"], found["state"], found["installed"]) == (False, "never", False)


def test_one_that_runs(cli: Cli, programs: Programs, filled: Location) -> None:
    beats(filled)
    note(filled, "strava_state", account_id=7, account_name="Ada", synced_at=NOW - 10 * MINUTE)
    note(filled, "job", name="strava", done_at=NOW - 10 * MINUTE, next_at=NOW + 5 * MINUTE)
    note(filled, "job", name="backup", next_at=NOW + timedelta(days=3))
    note(
        filled,
        "job",
        name="deliver",
        next_at=NOW + MINUTE,
        failures=2,
        fault="unreachable",
        message="smtp.example.org\x1b[31m cannot be reached",
    )
    with locks.one_at_a_time(filled, locks.DAEMON):
        done = cli("service", "status")
        found = cli("service", "status", "--json").json
    assert done.status == 0
    lines = done.out.splitlines()
    assert lines[:4] == [
        "The daemon runs since 09:00 (process 42).",
        "Its last sign of life was 60 seconds ago, at 11:59.",
        "Last sync with Strava: 11:50.",
        "Next: deliver, 12:01.",
    ]
    assert "strava   11:50      12:05" in lines
    assert "backup   never      2026-06-04 12:00" in lines
    assert "deliver failed 2 times in a row: smtp.example.org\\x1b[31m cannot be reached" in lines
    assert found["state"] == "running"
    assert found["running"] is True
    assert (found["pid"], found["since"]) == (42, "2026-06-01T09:00:00Z")
    assert found["last_sync"] == "2026-06-01T11:50:00Z"
    assert found["next"] == {"job": "deliver", "at": "2026-06-01T12:01:00Z"}
    assert [job["name"] for job in found["jobs"]] == ["backup", "deliver", "strava"]
    assert found["jobs"][1]["failures"] == 2


def test_one_that_does_not_answer(cli: Cli, programs: Programs, filled: Location) -> None:
    beats(filled, 7 * MINUTE)
    with locks.one_at_a_time(filled, locks.DAEMON):
        done = cli("service", "status")
    assert done.status == 1
    assert "The daemon (process 42) does not answer." in done.out
    assert "Its last sign of life was 7 minutes ago" in done.out


def test_one_that_died(cli: Cli, programs: Programs, filled: Location) -> None:
    beats(filled, timedelta(days=2))
    done = cli("service", "status")
    assert done.status == 1
    assert "it failed, or was killed" in done.out
    assert "2 days ago, at 2026-05-30 12:00." in done.out
    assert cli("service", "status", "--json").json["state"] == "died"


def test_one_that_was_stopped(cli: Cli, programs: Programs, filled: Location) -> None:
    beats(filled, stopped_at=NOW - MINUTE)
    done = cli("service", "status")
    assert done.status == 1
    assert "it was stopped at 11:59." in done.out


def test_one_on_another_machine(cli: Cli, programs: Programs, filled: Location) -> None:
    beats(filled, host="the-nas")
    done = cli("service", "status")
    assert done.status == 0
    assert "The daemon runs on the-nas since 09:00" in done.out


def test_whether_it_is_installed_as_it_would_be_now(
    cli: Cli, programs: Programs, unit: Path, tmp_path: Path
) -> None:
    assert cli("service", "install", "--yes").status == 0
    assert f"Installed: {unit}" in cli("service", "status").out
    unit.write_text(unit.read_text().replace(sys.executable, "/old/python"))
    assert "Installed, but for another Python" in cli("service", "status").out
    answer = json.loads(cli("service", "status", "--json").out)
    assert (answer["installed"], answer["up_to_date"]) == (True, False)


def test_to_tell_it_loads_nothing_heavy(filled: Location, home: Path) -> None:
    beats(filled)
    with locks.one_at_a_time(filled, locks.DAEMON):
        assert loaded(home, "service", "status") & HEAVY == set()
