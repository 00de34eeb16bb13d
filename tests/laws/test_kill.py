"""Nothing is lost to a crash (law 10): an import killed at any moment, and run again, ends with the
totals of one that was left in peace.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from shoetrack.audit import verify
from shoetrack.db.location import Location
from shoetrack.db.reader import open_reader
from tests.laws.watch import Watch
from tests.support import ask_json, cli_command, cli_env, run_cli, write_season

FILES = 900  # five transactions' worth


def totals(home: Path) -> Any:
    return [ask_json(*command, home=home) for command in (("status",), ("runs",))]


def in_store(home: Path) -> int:
    """How many runs a store has, which must be sound, whatever just happened to it."""
    with open_reader(Location(home / "shoetrack.db")) as reader:
        proof = verify(reader)
    assert proof.problems == ()
    return proof.runs


def import_and_kill(season: Path, home: Path, until: Callable[[], bool]) -> bool:
    """Start an import and kill it at a moment; whether it was over before."""
    words = cli_command("import", season)
    quiet, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(words, env=cli_env(home), stdout=quiet, stderr=pipe) as process:
        while process.poll() is None:
            if until():
                process.kill()
                break
            time.sleep(0.002)
        _, err = process.communicate()
        assert err == b""
        return process.returncode == 0


def after(seconds: float) -> Callable[[], bool]:
    """True once so much time has passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


def after_more(watch: Watch, seconds: float) -> Callable[[], bool]:
    """True so much time after the store has come to hold more."""
    kept = watch.value("SELECT COUNT(*) FROM run")
    then: list[Callable[[], bool]] = []

    def is_time() -> bool:
        if not then and watch.value("SELECT COUNT(*) FROM run") > kept:
            then.append(after(seconds))
        return bool(then) and then[0]()

    return is_time


def test_killed_at_any_time_and_run_again(tmp_path: Path) -> None:
    """By the clock at first, in its start; then each time soon after it has committed more."""
    season, calm, home = tmp_path / "season", tmp_path / "calm", tmp_path / "home"
    write_season(season, FILES)
    for place in (calm, home):
        pair = ("shoe", "add", "Pegasus", "--start", "40mi", "--default-for", "run")
        assert run_cli(*pair, home=place).returncode == 0
    begun = time.monotonic()
    assert run_cli("import", season, home=calm).returncode == 0
    usual_s = time.monotonic() - begun

    moments = random.Random(20260601)
    for _ in range(5):
        import_and_kill(season, home, after(usual_s * moments.uniform(0.02, 0.4)))
        in_store(home)
    kills = 0
    with closing(Watch(home / "shoetrack.db")) as watch:
        delay_s = 0.0
        while not import_and_kill(season, home, after_more(watch, delay_s)):
            kills += 1
            in_store(home)
            delay_s = moments.uniform(0, usual_s / 8)
    assert kills, "it was never killed in its work"
    assert totals(home) == totals(calm)
    assert ask_json("verify", home=home)["ok"]
    again = ask_json("import", season, home=home)
    assert (again["new"], again["known"], again["doubtful"]) == (0, FILES, 0)


# The command line in a process that kills itself at its n-th statement to SQLite, and at n = 0
# lives, and says how many there were.
DYING = """
import os, signal, sqlite3, sys
from shoetrack import pipeline
from shoetrack.cli.main import run

pipeline._BATCH_FILES = 2
left = int(sys.argv[1])
connect = sqlite3.connect

def count(_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

def watched(*args, **kwargs):
    connection = connect(*args, **kwargs)
    connection.set_trace_callback(count)
    return connection

sqlite3.connect = watched
status = run(sys.argv[2:])
print(-left)
sys.exit(status)
"""


def import_and_die(folder: Path, home: Path, statement: int) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", DYING, str(statement), "import", str(folder)]
    return subprocess.run(
        words, env=cli_env(home), capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def test_killed_at_every_kind_of_statement(tmp_path: Path) -> None:
    """From the first that makes the store to the last commit; seldom hit by a clock.

    What a kill may leave is a hidden folder `.new-store-*` beside the store, which nothing reads:
    a half-made store is never in the place of a whole one.
    """
    write_season(tmp_path / "runs", 5)
    alive = import_and_die(tmp_path / "runs", tmp_path / "calm", 0)
    assert alive.returncode == 0, alive.stderr
    statements = int(alive.stdout.split()[-1])
    expected = totals(tmp_path / "calm")

    moments = random.Random(20260602).sample(range(1, statements), 9)
    stores_seen = set()
    for statement in [1, *moments, statements]:
        home = tmp_path / f"home-{statement}"
        died = import_and_die(tmp_path / "runs", home, statement)
        assert died.returncode == -signal.SIGKILL, died.stderr
        stores_seen.add(in_store(home))
        done = run_cli("import", tmp_path / "runs", home=home)
        assert (done.returncode, done.stderr) == (0, "")
        assert in_store(home) == 5
        left = {path.name for path in home.iterdir() if not path.name.startswith("shoetrack.db")}
        assert all(name.startswith(".new-store-") for name in left)
    assert totals(home) == expected
    assert len(stores_seen) > 2, "it was never killed between two transactions"
