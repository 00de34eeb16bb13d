"""`doctor`: each thing that can be wrong, made wrong for real."""

from __future__ import annotations

import os
import platform
import shlex
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shoetrack import backups, doctor, locks
from shoetrack.alerting import secrets
from shoetrack.db.location import Location
from shoetrack.db.store import Store
from shoetrack.importers.strava import tokens
from shoetrack.service import here
from shoetrack.service.program import daemon
from shoetrack.vault import Secret, Vault
from tests.cli.conftest import Answer, Cli
from tests.support import NOW, run_in_terminal

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ALERT = {
    "kind": "wear",
    "subject": "shoe:1",
    "title": "Peg is worn out",
    "body": "It has 503 mi.\nReplace it.",
    "after_change": 0,
    "raised_at": NOW - DAY,
}
EMAIL = """\
[alerts]
channels = ["email"]
[alerts.email]
host = "smtp.example.org"
user = "ada"
from = "shoes@example.org"
to = ["ada@example.org"]
"""


@pytest.fixture(autouse=True)
def _own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No session and no home but one of the test's own; all that a test makes is private."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("SHOETRACK_KEYRING", "off")
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def here_is(home: Path) -> Location:
    """A store in `home`, and a configuration that says where home is."""
    location = Location(home / "shoetrack.db", own_folder=True)
    Store(location).close()
    (home / "config.toml").write_text('timezone = "Europe/Copenhagen"\n')
    return location


def note(location: Location, table: str, **values: Any) -> int:
    store = Store(location)
    with store.write("daemon", "the daemon's own rows", NOW) as tx:
        row_id = tx.note_new(table, **values)
    store.close()
    return row_id


def configure(home: Path, text: str) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "config.toml").write_text(f'timezone = "Europe/Copenhagen"\n{text}')


@pytest.fixture
def open_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home that others can get to: pytest's own folders are private."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        if not all(parent.stat().st_mode & 0o001 for parent in folder.parents):
            pytest.skip("the folder for temporary files is private here")
        folder.chmod(0o755)
        monkeypatch.setenv("SHOETRACK_HOME", name)
        yield folder


def of(answer: Answer, name: str) -> list[tuple[str, str]]:
    """What a check found: its status and its message."""
    checks = answer.json["checks"]
    return [(one["status"], one["message"]) for one in checks if one["name"] == name]


def advice(answer: Answer, name: str) -> list[str | None]:
    return [one["advice"] for one in answer.json["checks"] if one["name"] == name]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- as a whole -----------------------------------------------------------------------------


def test_a_new_user_is_told_what_to_do_first(cli: Cli, home: Path) -> None:
    found = cli("doctor", "--json")
    assert found.status == 0
    assert found.json["ok"] is True
    assert of(found, "store") == [("note", f"there is none yet: it will be {home}/shoetrack.db")]
    assert advice(found, "store") == ["begin with `shoetrack init`"]
    assert advice(found, "daemon") == ["`shoetrack service install` starts it"]
    assert {one["status"] for one in found.json["checks"]} == {"ok", "note"}
    assert not home.exists()


def test_where_all_is_well_it_says_so(
    cli: Cli,
    home: Path,
    here_is: Location,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SHOETRACK_NOW")
    watched = tmp_path / "watched"
    watched.mkdir()
    configure(home, f'{EMAIL}[folders]\nwatch = ["{watched}"]\n')
    vault = Vault(home)
    secrets.keep(vault, secrets.SMTP, Secret("hunter2"))
    now = datetime.now(UTC)
    backups.weekly(here_is, home, now)
    manager = here.manager(home)
    manager.path.parent.mkdir(parents=True)
    manager.path.write_bytes(manager.content(daemon(sys.executable, os.environ, None)))
    host = platform.node()
    note(here_is, "heartbeat", pid=7, host=host, version="0", started_at=now, beat_at=now)
    with locks.one_at_a_time(here_is, locks.DAEMON):
        before = files(tmp_path)
        found = cli("doctor")
        assert files(tmp_path) == before
    assert found.status == 0, found.out
    assert found.out.splitlines()[-1] == "All is well."
    assert {line.split()[0] for line in found.out.splitlines()[:-1]} == {"ok"}
    assert "hunter2" not in found.out
    names = [line.split()[1] for line in found.out.splitlines()[:-1]]
    assert names == list(doctor.CHECKS)


def test_each_is_a_line_of_its_own_in_a_pipe(cli: Cli, home: Path) -> None:
    configure(home, 'unit = "furlong"\n')
    found = cli("doctor")
    assert found.status == 1
    lines = found.out.splitlines()
    assert all(line.split()[0] in ("ok", "note", "fault") for line in lines[:-1])
    assert lines[-1].startswith("1 fault, ")
    assert "\x1b" not in found.out


def test_in_a_terminal_it_fits(home: Path) -> None:
    configure(home, f'[folders]\nwatch = ["/media/{"a" * 30}/GARMIN/Activity"]\n')
    shown = run_in_terminal(["doctor"], home, {"NO_COLOR": "1"})
    lines = shown.splitlines()
    assert [line for line in lines if len(line) > 80 and len(line[14:].split()) > 1] == []
    assert any(line.startswith("! folders     /media/") for line in lines)
    assert any(line.startswith("            → fine, as long as") for line in lines)


def test_a_check_that_fails_stops_no_other(
    cli: Cli,
    home: Path,
    here_is: Location,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(_: object) -> Iterator[doctor.Finding]:
        yield doctor.ok("so far")
        raise OSError(5, "Input/output error", "/dev/broken")

    monkeypatch.setattr("shoetrack.doctor.files.secrets", full)
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "secrets") == [
        ("ok", "so far"),
        ("fault", "/dev/broken: Input/output error"),
    ]
    assert of(found, "daemon")


def test_a_bug_stays_a_bug(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoetrack.doctor.machine.zone", lambda _: [][1])
    found = cli("doctor")
    assert found.status == 1
    assert "this is a bug in shoetrack: IndexError" in found.err


# --- the machine ----------------------------------------------------------------------------


def test_a_clock_that_was_never_set(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOETRACK_NOW", "1985-01-01T00:00:00Z")
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "clock") == [("fault", "the clock says 1985-01-01 00:00 UTC")]


def test_a_clock_behind_the_store(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert cli("shoe", "add", "Peg").status == 0
    monkeypatch.setenv("SHOETRACK_NOW", (NOW - timedelta(hours=2)).isoformat())
    found = cli("doctor", "--json")
    assert found.status == 1
    ((status, message),) = of(found, "clock")[:1]
    assert status == "fault"
    assert "2026-06-01 10:00 UTC, but the store was last changed on 2026-06-01 12:00" in message


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        ("Mars/Olympus", "fault"),
        ("Europe/Copenhagen", "note"),
        (":Europe/Copenhagen", "note"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "note"),
        ("/nowhere/zone", "fault"),
    ],
)
def test_the_zone_of_the_environment(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    status: str,
) -> None:
    monkeypatch.setenv("TZ", zone)
    found = cli("doctor", "--json")
    assert [one for one, _ in of(found, "zone")] == [status]


def test_the_zone_of_the_configuration(cli: Cli, home: Path) -> None:
    configure(home, "")
    assert of(cli("doctor", "--json"), "zone") == [
        ("ok", "Europe/Copenhagen, by config.toml; UTC+02:00 now")
    ]


# --- the configuration and secrets ----------------------------------------------------------


def test_a_broken_configuration_is_told_once(
    cli: Cli,
    home: Path,
    here_is: Location,
) -> None:
    (home / "config.toml").write_text('unit = "mi"\nunitt = "km"\n')
    found = cli("doctor", "--json")
    assert found.status == 1
    faults = [one for one in found.json["checks"] if one["status"] == "fault"]
    assert [one["name"] for one in faults] == ["config"]
    assert "line 2: unitt is not an option; did you mean unit?" in faults[0]["message"]
    assert of(found, "ledger")
    assert of(found, "folders") == []


@pytest.mark.parametrize("open_one", ["secrets", "secrets/vault.json"])
def test_secrets_that_others_can_read(
    cli: Cli,
    home: Path,
    open_one: str,
) -> None:
    secrets.keep(Vault(home), secrets.SMTP, Secret("hunter2"))
    assert of(cli("doctor", "--json"), "secrets")[0][0] == "ok"
    (home / open_one).chmod(0o755)
    found = cli("doctor", "--json")
    assert found.status == 1
    assert [status for status, _ in of(found, "secrets")] == ["fault"]
    _run(advice(found, "secrets")[0])
    assert of(cli("doctor", "--json"), "secrets")[0][0] == "ok"


def _run(command: str | None) -> None:
    """Do as advised."""
    assert command is not None
    name, mode, path = shlex.split(command)
    assert name == "chmod"
    Path(path).chmod(int(mode, 8))


def test_an_address_in_a_configuration_that_others_can_read(
    cli: Cli,
    open_home: Path,
) -> None:
    home = open_home
    configure(home, '[alerts]\nchannels = ["ntfy"]\n[alerts.ntfy]\nurl = "ntfy://s3cret-topic"\n')
    config = home / "config.toml"
    config.chmod(0o644)
    found = cli("doctor", "--json")
    assert found.status == 1
    assert [status for status, _ in of(found, "secrets")] == ["fault"]
    assert "s3cret" not in found.out
    _run(advice(found, "secrets")[0])
    assert of(cli("doctor", "--json"), "secrets") == [("ok", "none are kept")]
    config.chmod(0o644)
    home.chmod(0o700)  # nobody gets to it
    assert of(cli("doctor", "--json"), "secrets") == [("ok", "none are kept")]


def test_a_password_file_that_others_can_read(
    cli: Cli,
    open_home: Path,
) -> None:
    file = open_home / "it's a pass word"
    file.write_text("hunter2\n")
    configure(open_home, f'{EMAIL}password_file = "{file}"\n')
    file.chmod(0o640)
    found = cli("doctor", "--json")
    assert of(found, "secrets")[0][0] == "fault"
    _run(advice(found, "secrets")[0])
    assert of(cli("doctor", "--json"), "secrets")[0][0] == "ok"


def test_a_folder_is_never_told_to_be_closed_as_a_password_file(cli: Cli, open_home: Path) -> None:
    folder = open_home / "passwords"
    folder.mkdir()
    folder.chmod(0o755)
    configure(open_home, f'{EMAIL}password_file = "{folder}"\n')
    found = cli("doctor", "--json")
    assert [status for status, _ in of(found, "secrets")] == ["ok"]
    assert "chmod" not in found.out
    assert of(found, "channels")[0][0] == "fault"


def test_a_damaged_vault(cli: Cli, home: Path) -> None:
    secrets.keep(Vault(home), secrets.SMTP, Secret("hunter2"))
    Vault(home).file.write_text("{")
    found = cli("doctor", "--json")
    ((status, message),) = of(found, "secrets")
    assert status == "fault"
    assert "is damaged" in message


def test_a_password_that_a_service_would_not_see(
    cli: Cli,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(home, EMAIL)
    monkeypatch.setenv("SHOETRACK_SMTP_PASSWORD", "hunter2")
    found = cli("doctor", "--json")
    assert ("note", "`shoetrack alerts password`") in [
        (status, (one or "").removeprefix("keep it with "))
        for (status, _), one in zip(of(found, "secrets"), advice(found, "secrets"), strict=True)
    ]
    ((status, message),) = of(found, "channels")
    assert (status, "is in SHOETRACK_SMTP_PASSWORD" in message) == ("ok", True)
    assert "hunter2" not in found.out


# --- the store ------------------------------------------------------------------------------


def test_a_store_of_a_newer_version_is_told_once(
    cli: Cli,
    here_is: Location,
) -> None:
    _change(here_is, "UPDATE alembic_version SET version_num = '9999'")
    found = cli("doctor", "--json")
    assert found.status == 1
    faults = [one for one in found.json["checks"] if one["status"] == "fault"]
    assert [one["name"] for one in faults] == ["store"]
    assert "newer shoetrack" in faults[0]["message"]


def _change(location: Location, sql: str) -> None:
    connection = sqlite3.connect(location.path, isolation_level=None)
    connection.execute(sql)
    connection.close()


def test_a_store_that_does_not_say_its_version(cli: Cli, here_is: Location) -> None:
    _change(here_is, "DELETE FROM alembic_version")
    found = cli("doctor", "--json")
    assert found.status == 1
    faults = [one for one in found.json["checks"] if one["status"] == "fault"]
    assert [one["name"] for one in faults] == ["store"]
    assert "restore it from a backup" in faults[0]["message"]


def test_an_older_store_stays_as_it_is(cli: Cli, here_is: Location) -> None:
    _change(here_is, "UPDATE alembic_version SET version_num = '0004'")
    found = cli("doctor", "--json")
    assert found.status == 0
    assert [status for status, _ in of(found, "store")] == ["note"]
    connection = sqlite3.connect(here_is.path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0004",)
    connection.close()


def test_a_store_that_is_none(cli: Cli, home: Path) -> None:
    home.mkdir()
    (home / "shoetrack.db").write_bytes(b"something else" * 100)
    found = cli("doctor", "--json")
    assert found.status == 1
    faults = [one for one in found.json["checks"] if one["status"] == "fault"]
    assert [one["name"] for one in faults] == ["store"]
    assert "is not a shoetrack store" in faults[0]["message"]


def test_a_ledger_that_was_tampered_with(cli: Cli, here_is: Location) -> None:
    _change(here_is, "DROP TRIGGER entry_no_update")
    found = cli("doctor", "--json")
    assert found.status == 1
    ((status, message),) = of(found, "ledger")
    assert (status, "entry_no_update" in message) == ("fault", True)


@pytest.mark.parametrize(
    ("mode", "what"), [(0o644, "read"), (0o620, "write"), (0o606, "read and write")]
)
def test_a_store_that_others_can_read_or_write(
    cli: Cli, open_home: Path, mode: int, what: str
) -> None:
    store = open_home / "named.db"
    assert cli("shoe", "add", "Peg", "--db", store).status == 0
    store.chmod(mode)
    found = cli("doctor", "--json", "--db", store)
    assert ("note", f"others on this machine can {what} {store}") in of(found, "store")
    _run(advice(found, "store")[0])
    found = cli("doctor", "--json", "--db", store)
    assert [status for status, _ in of(found, "store")] == ["ok"]


def test_a_disk_that_is_nearly_full(
    cli: Cli,
    here_is: Location,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for megabytes, status in ((5, "fault"), (100, "note"), (5000, "ok")):
        free = megabytes * 1024**2
        monkeypatch.setattr("shutil.disk_usage", lambda _, free=free: Usage(free))
        assert of(cli("doctor", "--json"), "store")[0][0] == status


class Usage:
    """What a disk has left, in bytes."""

    def __init__(self, free: int) -> None:
        self.free = free


def test_backups_grow_old(cli: Cli, home: Path, here_is: Location) -> None:
    assert of(cli("doctor", "--json"), "backups") == [("note", "there is none yet")]
    made = backups.weekly(here_is, home, NOW)
    for days, status in ((14, "ok"), (16, "note")):
        then = (NOW - days * DAY).timestamp()
        os.utime(made, (then, then))
        assert of(cli("doctor", "--json"), "backups")[0][0] == status


# --- where runs come from -------------------------------------------------------------------


def _log_in(home: Path, *scopes: str) -> None:
    with Vault(home).change() as kept:
        kept.facts |= {
            "strava.client_id": "7",
            "strava.scopes": " ".join(scopes),
            "strava.athlete_id": "7",
            "strava.athlete": "Ada",
        }
        kept.secrets["strava.refresh_token"] = Secret("r3fresh")


ALL = ("read", "activity:read_all", "profile:read_all")


def test_a_login_and_its_last_sync(cli: Cli, home: Path, here_is: Location) -> None:
    assert of(cli("doctor", "--json"), "strava")[0] == (
        "ok",
        "not connected: runs come from files",
    )
    _log_in(home, *ALL)
    assert of(cli("doctor", "--json"), "strava") == [("note", "connected as Ada, never synced")]
    row = note(here_is, "strava_state", account_id=7, account_name="Ada", synced_at=NOW - DAY)
    assert of(cli("doctor", "--json"), "strava") == [
        ("ok", "connected as Ada, last synced on 2026-05-31 14:00")
    ]
    store = Store(here_is)
    with store.write("daemon", "", NOW) as tx:
        tx.note("strava_state", row, synced_at=NOW - 3 * DAY)
    store.close()
    assert of(cli("doctor", "--json"), "strava")[0][0] == "note"


def test_what_was_not_granted(cli: Cli, home: Path) -> None:
    _log_in(home, "read", "activity:read_all")
    assert ("note", "not granted: profile:read_all") in of(cli("doctor", "--json"), "strava")


def test_a_login_that_is_lost(cli: Cli, home: Path) -> None:
    _log_in(home, *ALL)
    tokens.note_lost(Vault(home))
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "strava") == [("fault", "Strava does not accept the login of Ada any more")]


def test_folders_that_are_watched(cli: Cli, home: Path, tmp_path: Path) -> None:
    full, empty, gone, file = (tmp_path / name for name in ("full", "empty", "gone", "file"))
    full.mkdir()
    empty.mkdir()
    file.touch()
    (full / "run.gpx").touch()
    os.utime(full / "run.gpx", (NOW.timestamp(), NOW.timestamp()))
    watch = ", ".join(
        f'"{folder}"' for folder in (full, empty, gone, "/media/ada/GARMIN/Activity", file)
    )
    configure(home, f"[folders]\nwatch = [{watch}]\n")
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "folders") == [
        ("ok", f"{full}, its newest file of 2026-06-01 14:00"),
        ("ok", f"{empty}, which is empty"),
        ("fault", f"{gone} is not there"),
        ("note", "/media/ada/GARMIN/Activity is not there"),
        ("fault", f"{file} is not a folder"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links take a right there")
def test_a_folder_that_cannot_be_looked_into_stops_no_other(
    cli: Cli, home: Path, tmp_path: Path
) -> None:
    circle, fine = tmp_path / "circle", tmp_path / "fine"
    circle.symlink_to(circle)
    fine.mkdir()
    configure(home, f'[folders]\nwatch = ["{circle}", "{fine}"]\n')
    found = cli("doctor", "--json")
    (status, message), second = of(found, "folders")
    assert (status, message.startswith(f"{circle} cannot be read: ")) == ("fault", True)
    assert second == ("ok", f"{fine}, which is empty")
    assert advice(found, "folders")[0] == "mend it, or [folders] watch in config.toml"


# --- alerts ---------------------------------------------------------------------------------


def test_channels_that_are_not_ready(
    cli: Cli,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert of(cli("doctor", "--json"), "channels")[0][0] == "note"
    configure(home, EMAIL)
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "channels") == [
        ("fault", "email: there is no password for ada at smtp.example.org")
    ]
    assert advice(found, "channels") == ["`shoetrack alerts password`"]
    password = tmp_path / "password"
    configure(home, f'{EMAIL}password_file = "{password}"\n')
    found = cli("doctor", "--json")
    assert of(found, "channels") == [
        ("fault", f"email: the password cannot be read from {password}: No such file or directory")
    ]
    assert "password_file" in (advice(found, "channels")[0] or "")
    password.write_text("\ufeff \r\nhunter2\n", encoding="utf-8")
    assert of(cli("doctor", "--json"), "channels")[0][0] == "fault"
    password.write_text("hunter2\n")
    ((status, message),) = of(cli("doctor", "--json"), "channels")
    assert status == "ok"
    assert message == (
        "email: to ada@example.org by smtp.example.org at port 587;"
        f" the password for ada is in {password}"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among the files")
def test_a_pipe_is_not_waited_for(cli: Cli, home: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    configure(home, f'{EMAIL}password_file = "{tmp_path / "pipe"}"\n')
    ((status, message),) = of(cli("doctor", "--json"), "channels")
    assert (status, "it is a pipe" in message) == ("fault", True)


def test_a_channel_whose_address_is_not_there(
    cli: Cli,
    home: Path,
    tmp_path: Path,
) -> None:
    address = tmp_path / "ntfy"
    configure(home, f'[alerts]\nchannels = ["ntfy"]\n[alerts.ntfy]\nurl_file = "{address}"\n')
    assert of(cli("doctor", "--json"), "channels")[0][0] == "fault"
    address.write_text("ntfy://s3cret-topic\n")
    found = cli("doctor", "--json")
    assert of(found, "channels")[0][0] == "ok"
    assert "s3cret" not in found.out


def test_what_is_set_up_and_not_used(cli: Cli, home: Path) -> None:
    configure(home, EMAIL.replace('["email"]', '["desktop"]'))
    assert ("note", "email is set up, but not used") in of(cli("doctor", "--json"), "channels")


def test_a_desktop_that_is_there_or_not(
    cli: Cli,
    home: Path,
    tmp_path: Path,
) -> None:
    configure(home, '[alerts]\nchannels = ["desktop"]\n')
    assert of(cli("doctor", "--json"), "channels")[0][0] == "note"
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind(str(tmp_path / "run" / "bus"))
        assert of(cli("doctor", "--json"), "channels")[0][0] == "note"  # nobody listens
        bus.listen()
        assert of(cli("doctor", "--json"), "channels")[0][0] == "ok"


def test_what_did_not_arrive(cli: Cli, here_is: Location) -> None:
    assert of(cli("doctor", "--json"), "deliveries")[0][0] == "ok"
    alert = note(here_is, "alert", **ALERT)
    tried = {"tries": 3, "created_at": NOW, "next_at": NOW, "tried_at": NOW, "alert_id": alert}
    note(here_is, "delivery", channel="email", fault="the server is gone", **tried)
    found = cli("doctor", "--json")
    assert found.status == 0
    assert of(found, "deliveries") == [("note", "1 on the way by email: the server is gone")]
    note(here_is, "delivery", channel="ntfy", status="given-up", fault="no such topic", **tried)
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "deliveries")[0] == (
        "fault",
        "'Peg is worn out' did not arrive by ntfy, and was given up: no such topic",
    )


def test_trouble_that_is_open(cli: Cli, here_is: Location) -> None:
    alert = {**ALERT, "kind": "trouble", "subject": "trouble:strava", "title": "No sync"}
    note(here_is, "alert", **alert)
    note(here_is, "alert", **{**alert, "ended_at": NOW, "title": "Over"})
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "trouble") == [("fault", "No sync: It has 503 mi. Replace it.")]


# --- the daemon -----------------------------------------------------------------------------


def beats(location: Location, ago: timedelta, **values: Any) -> None:
    wanted = {"pid": 42, "host": platform.node(), "version": "0.1.0", **values}
    note(location, "heartbeat", started_at=NOW - DAY, beat_at=NOW - ago, **wanted)


def test_a_daemon_that_runs_and_what_fails_in_it(
    cli: Cli,
    here_is: Location,
) -> None:
    beats(here_is, MINUTE)
    note(here_is, "job", name="check", failures=1, fault="busy", message="the store is in use")
    note(here_is, "job", name="strava", failures=3, fault="gone", message="Strava is away")
    with locks.one_at_a_time(here_is, locks.DAEMON):
        found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "daemon") == [
        ("ok", "runs since 2026-05-31 14:00 (process 42)"),
        ("note", "check failed once: the store is in use"),
        ("fault", "strava failed 3 times in a row: Strava is away"),
    ]


def test_a_daemon_that_does_not_answer(cli: Cli, here_is: Location) -> None:
    beats(here_is, 10 * MINUTE)
    with locks.one_at_a_time(here_is, locks.DAEMON):
        found = cli("doctor", "--json")
    assert of(found, "daemon") == [("fault", "process 42 does not answer since 2026-06-01 13:50")]


def test_a_daemon_that_died_and_one_that_was_stopped(
    cli: Cli,
    here_is: Location,
) -> None:
    beats(here_is, DAY)
    found = cli("doctor", "--json")
    assert found.status == 1
    assert of(found, "daemon")[0][0] == "fault"
    store = Store(here_is)
    with store.write("daemon", "", NOW) as tx:
        (row,) = tx.rows("SELECT id FROM heartbeat WHERE athlete_id = :athlete")
        tx.note("heartbeat", row["id"], stopped_at=NOW - DAY)
    store.close()
    assert of(cli("doctor", "--json"), "daemon") == [
        ("note", "does not run: it was stopped on 2026-05-31 14:00")
    ]


def test_a_service_of_another_python(cli: Cli, home: Path, here_is: Location) -> None:
    manager = here.manager(home)
    manager.path.parent.mkdir(parents=True)
    manager.path.write_bytes(manager.content(daemon("/gone/python", os.environ, None)))
    found = cli("doctor", "--json")
    assert of(found, "daemon")[0] == ("fault", "it is installed, but has never run")
    assert of(found, "daemon")[1][0] == "note"
    assert "another Python" in of(found, "daemon")[1][1]


def test_rounds_by_cron_are_as_good(cli: Cli, here_is: Location) -> None:
    note(here_is, "job", name="check", begun_at=NOW, ended_at=NOW - MINUTE, done_at=NOW)
    assert of(cli("doctor", "--json"), "daemon")[0][0] == "note"
    note(here_is, "job", name="verify", ended_at=NOW - timedelta(hours=9))
    assert of(cli("doctor", "--json"), "daemon") == [
        ("ok", "single rounds are done, the last on 2026-06-01 13:59")
    ]


def test_files_that_could_not_be_read(cli: Cli, home: Path, here_is: Location) -> None:
    configure(home, f'[folders]\nwatch = ["{home}"]\n')
    file = {"size": 1, "mtime_ns": 1, "read_by": "0.1.0", "seen_at": NOW}
    note(here_is, "watched_file", place="/w/bad.fit", reason="its end is missing", **file)
    found = cli("doctor", "--json")
    assert ("note", "/w/bad.fit could not be read: its end is missing") in of(found, "folders")
