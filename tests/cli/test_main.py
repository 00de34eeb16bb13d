"""The command itself: help, errors in one line, pipes, encodings, places, the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from shoetrack.cli import main
from tests.cli.conftest import Cli
from tests.support import (
    cli_command,
    cli_env,
    make_run,
    run_cli,
    run_in_terminal,
    start_cli,
    write_season,
)


def test_every_command_has_help_with_its_options(cli: Cli) -> None:
    top = cli("--help")
    assert top.status == 0
    for name in main._COMMANDS:
        assert f"  {name} " in top.out
        answer = cli(name, "--help")
        assert answer.status == 0
        assert "--db FILE" in answer.out
    assert cli("--version").out.startswith("shoetrack, version")


@pytest.mark.parametrize(
    "args",
    [
        ("nonsense",),
        ("status", "--nonsense"),
        ("shoe", "nonsense"),
        ("import",),
        ("run", "show", "x"),
        ("--unit", "furlong"),
        ("runs", "--since", "2026-02-30"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(cli: Cli, args: tuple[str, ...]) -> None:
    answer = cli(*args)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("shoetrack: ")
    assert answer.err.count("\n") == 1
    assert "--help" in answer.err


@pytest.mark.parametrize(
    "now",
    ["soon", "2026-05-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"],
)
def test_a_moment_that_is_none_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, now: str
) -> None:
    cli("shoe", "add", "Peg")
    monkeypatch.setenv("SHOETRACK_NOW", now)
    answer = cli("status")
    assert answer.status == 2
    assert answer.err.startswith(f"shoetrack: SHOETRACK_NOW is '{now}': ")


def test_ctrl_c_while_the_program_is_loaded_is_one_line(home: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'shoetrack.cli.main':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
    )
    done = run_cli("status", home=home, env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "shoetrack: interrupted\n"


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX")
def test_closed_streams_are_no_error(home: Path) -> None:
    run_cli("shoe", "add", "Peg", home=home)
    line = 'exec "$0" "$@" <&- >&- 2>&-'
    command = ["sh", "-c", line, *cli_command("status")]
    assert subprocess.run(command, env=cli_env(home), check=False).returncode == 0


def test_a_bad_configuration_is_named_with_its_line(cli: Cli, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('unit = "km"\n[wear]\nrnage = "300-500 mi"\n')
    answer = cli("status")
    assert answer.status == 1
    assert "line 3" in answer.err
    assert "wear.range" in answer.err


def test_a_bug_is_told_in_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("shoetrack.questions.standing.overview", broken)
    answer = cli("status")
    assert answer.status == 1
    assert "a bug in shoetrack: RuntimeError: boom" in answer.err
    monkeypatch.setenv("SHOETRACK_DEBUG", "1")
    with pytest.raises(RuntimeError):
        cli("status")


def test_another_store_by_option_url_and_environment(cli: Cli, tmp_path: Path) -> None:
    other = tmp_path / "other store" / "mine.db"
    assert cli("--db", other, "shoe", "add", "Ghost").status == 0
    assert cli("status", "--db", other, "--json").json["shoes"][0]["name"] == "Ghost"
    url = f"sqlite:///{other}".replace(" ", "%20")
    assert len(cli("--db", url, "--json").json["shoes"]) == 1
    assert cli("--json").json["shoes"] == []
    assert cli("--db", "postgresql://me:secret@host/db", "status").status == 1
    assert "secret" not in cli("--db", "postgresql://me:secret@host/db", "status").err


def test_module_and_environment(home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    env = {"SHOETRACK_DATABASE_URL": url}
    assert run_cli("shoe", "add", "Ghost", home=home, env=env).returncode == 0
    assert (tmp_path / "x.db").exists()
    assert not home.exists()


def test_a_reader_that_closes_the_pipe_early_is_no_error(home: Path, tmp_path: Path) -> None:
    write_season(tmp_path / "runs", 300)
    run_cli("import", tmp_path / "runs", home=home)
    process = start_cli("export", home=home)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(60) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal(home: Path, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.gpx").write_text(make_run(name="Łódź 🏃"), encoding="utf-8")
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    assert run_cli("shoe", "add", "Süße 👟", home=home).returncode == 0
    run_cli("import", tmp_path, home=home)

    def shown(*args: str) -> str:
        raw = subprocess.run(
            cli_command(*args), env=cli_env(home, env), capture_output=True, check=True
        )
        assert raw.stderr == b""
        # click takes a stream that says ASCII for one that was not set up, and writes UTF-8.
        return raw.stdout.decode("utf-8" if encoding == "ascii" else encoding)

    for command in ("status", "runs", "ledger"):
        assert shown(command)
    assert json.loads(shown("runs", "--json"))[0]["name"] == "Łódź 🏃"


def test_an_interrupted_import_keeps_what_it_has_and_ends_with_130(
    home: Path, tmp_path: Path
) -> None:
    write_season(tmp_path / "runs", 2000)
    process = start_cli("import", tmp_path / "runs", home=home)
    while not (home / "shoetrack.db").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert run_cli("verify", home=home).returncode == 0


def test_tables_fit_80_columns_and_have_colour_only_where_wanted(
    home: Path, tmp_path: Path
) -> None:
    run_cli("shoe", "add", "An unreasonably long name of a pair of running shoes 12", home=home)
    run_cli("shoe", "add", "Peg", "--start", "480mi", "--rotation", "daily", home=home)
    write_season(tmp_path / "runs", 5)
    run_cli("import", tmp_path / "runs", home=home)
    for args in (["status"], ["due"], ["runs"], ["ledger"], ["shoe", "list"], ["undo", "--list"]):
        plain = run_in_terminal(args, home, {"NO_COLOR": "1"})
        assert "\x1b[3" not in plain
        assert max(map(len, plain.splitlines())) <= 80, args
        assert "480" not in plain or "480.0" in plain  # numbers are never shortened
    assert "\x1b[" in run_in_terminal(["status"], home, {})
    assert "\x1b[" not in run_in_terminal(["runs", "--limit", "1"], home, {"TERM": "dumb"})
    assert "\x1b[" not in run_cli("status", home=home).stdout


def test_the_demo_needs_and_touches_no_store(home: Path, tmp_path: Path) -> None:
    done = run_cli("demo", home=home, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    for said in ("worn-out", "near-end", "fresh", "uneven", "on no pair", "without a distance"):
        assert said in done.stdout
    assert "$ shoetrack check --dry-run\nGhost 15 is at its end" in done.stdout
    assert "shoetrack import" in done.stdout.splitlines()[-2]
    assert not home.exists()
    assert list(tmp_path.iterdir()) == []  # nor is its own left behind
    assert run_cli("demo", home=home).stdout == done.stdout


def test_the_demo_may_be_kept(home: Path, tmp_path: Path) -> None:
    assert run_cli("demo", "--keep", home, home=tmp_path / "own").returncode == 0
    assert run_cli("verify", home=home).returncode == 0
    assert run_cli("demo", "--keep", home, home=tmp_path / "own").returncode == 2


def test_completion_scripts(cli: Cli) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_SHOETRACK_COMPLETE" in cli("completion", shell).out


@pytest.mark.parametrize("group", ["strava", "shoe", "run"])
def test_a_group_alone_shows_its_help(cli: Cli, group: str) -> None:
    answer = cli(group)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"Usage: shoetrack {group} ")
    assert "\nCommands:\n" in answer.err


@pytest.mark.parametrize("group", ["alerts", "run", "service", "shoe", "strava"])
def test_a_group_says_whole_lines(cli: Cli, group: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in a narrow terminal, where click would cut them."""
    monkeypatch.setenv("COLUMNS", "50")
    assert "..." not in cli(group, "--help").out.partition("Commands:")[2]
