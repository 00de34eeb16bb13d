"""What is kept running: this Python, this store, and no secret."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from shoetrack.db.location import Location
from shoetrack.service import ServiceError
from shoetrack.service.program import Program, cron_line, daemon, left_out, try_out

PYTHON = "/opt/v/bin/python"


def test_nothing_is_set_that_is_not_set_now() -> None:
    assert daemon(PYTHON, {"PATH": "/bin", "HOME": "/home/ada"}, None) == Program(
        (PYTHON, "-P", "-m", "shoetrack", "daemon")
    )


def test_what_names_the_store_now_names_it_then() -> None:
    named = {"SHOETRACK_HOME": "/srv/shoes", "SHOETRACK_KEYRING": "off"}
    program = daemon(PYTHON, named, Location(Path("/srv/other.db")))
    assert dict(program.environment) == {**named, "SHOETRACK_DATABASE_URL": "/srv/other.db"}


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = daemon(PYTHON, {"SHOETRACK_HOME": "shoes"}, None)
    assert dict(program.environment) == {"SHOETRACK_HOME": str(tmp_path / "shoes")}


def test_folders_of_the_platform_that_were_moved_are_found_there_too() -> None:
    moved = {"XDG_CONFIG_HOME": "/srv/config", "XDG_DATA_HOME": "/srv/data"}
    assert dict(daemon(PYTHON, moved, None).environment) == moved
    home = {"SHOETRACK_HOME": "/srv/shoes"}
    assert dict(daemon(PYTHON, {**moved, **home}, None).environment) == home


def test_secrets_stay_where_they_are_and_are_named() -> None:
    environ = {
        "SHOETRACK_SMTP_PASSWORD": "hunter2",
        "SHOETRACK_STRAVA_CLIENT_SECRET": "abc123",
        "SHOETRACK_NOW": "2026-01-01T00:00:00Z",
    }
    program = daemon(PYTHON, environ, None)
    assert program.environment == ()
    assert [name for name, _ in left_out(environ)] == [
        "SHOETRACK_SMTP_PASSWORD",
        "SHOETRACK_STRAVA_CLIENT_SECRET",
    ]
    assert left_out({}) == []


def test_a_virtual_environments_python_stays_itself(tmp_path: Path) -> None:
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert daemon(str(link), {}, None).words[0] == str(link)


@pytest.mark.parametrize("bad", ["/a\nb", "/a\tb", "/a\x7fb", "/a\udcffb", "/a\ufffeb"])
def test_what_no_format_can_hold_is_refused(bad: str) -> None:
    with pytest.raises(ServiceError, match="cannot"):
        daemon(PYTHON, {"SHOETRACK_HOME": bad}, None)
    with pytest.raises(ServiceError, match="cannot"):
        daemon(f"{bad}/python", {}, None)


def test_names_of_any_language_are_not() -> None:
    for fine in ("/läufe/跑步 👟", "/a\u00adb", "/👩\u200d🚀"):
        assert dict(daemon(PYTHON, {"SHOETRACK_HOME": fine}, None).environment)


def test_without_a_python_that_knows_where_it_is_there_is_no_service() -> None:
    with pytest.raises(ServiceError, match="full path"):
        daemon("", {}, None)


def test_it_is_tried_out_as_a_service_starts_it() -> None:
    try_out(daemon(sys.executable, {}, None))


def test_a_python_that_does_not_find_shoetrack_is_told_before_anything_is_written(
    tmp_path: Path,
) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S "$@"\n')
    bare.chmod(0o755)
    with pytest.raises(ServiceError, match=r"does not find shoetrack by itself \(.*No module"):
        try_out(daemon(str(bare), {}, None))


def test_what_only_this_terminal_has_set_does_not_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shoetrack").mkdir()
    (tmp_path / "shoetrack" / "__main__.py").write_text("raise SystemExit(0)")
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -S "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ServiceError, match="does not find"):
        try_out(daemon(str(bare), {}, None))


def test_the_line_for_cron_does_as_it_says(tmp_path: Path) -> None:
    weird = tmp_path / 'it\'s 100% $HOME "x"'
    weird.mkdir()
    echo = weird / "python"
    echo.write_text('#!/bin/sh\nprintf "%s\\n" "$@" "$SHOETRACK_HOME"\n')
    echo.chmod(0o755)
    line = cron_line(daemon(str(echo), {"SHOETRACK_HOME": str(weird)}, None))
    schedule, command = line[:13], line[13:]
    assert schedule == "*/15 * * * * "
    assert "%" not in command.replace(r"\%", "")
    # Cron takes the backslash away, and gives the rest to a shell.
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        env={"PATH": os.environ["PATH"], "HOME": "/nowhere"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines() == ["-P", "-m", "shoetrack", "daemon", "--once", str(weird)]
