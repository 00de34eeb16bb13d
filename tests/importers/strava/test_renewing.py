"""The login survives processes that are killed at each step of a renewal, or renew at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.strava_server import StravaServer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

# Asks who is connected; `sys.argv[5]` names the step at which it kills itself.
CODE = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from shoetrack import vault
from shoetrack.importers.strava import oauth
from shoetrack.importers.strava.api import open_strava
from shoetrack.importers.strava.errors import StravaError
from shoetrack.importers.strava.session import Bases

home, api, url, now, step = sys.argv[1:]
now = datetime.fromisoformat(now)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if step == "before-asking":
    oauth.renew = die
elif step == "answered":
    oauth._tokens = die
elif step == "written":
    os.fsync = die
elif step == "replaced":
    vault.files.sync_folder = die
try:
    print(open_strava(Path(home), Bases(api, url), lambda: now, lambda _: None).athlete().name)
except StravaError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def server(home: Path) -> Iterator[StravaServer]:
    """A server whose tokens for `home` have run out."""
    with StravaServer() as strava:
        strava.connect(home)
        strava.expire()
        yield strava


def start(server: StravaServer, home: Path, step: str = "") -> subprocess.Popen[str]:
    words = [str(home), server.api, server.oauth, server.world.now.isoformat(), step]
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    with process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def works(server: StravaServer, home: Path) -> bool:
    return finish(start(server, home)) == (0, "Ada Læufer 🏃\n")


@pytest.mark.parametrize(("step", "renewals"), [("before-asking", 1), ("replaced", 1)])
def test_killed_where_nothing_is_under_way_the_login_works(
    server: StravaServer, home: Path, step: str, renewals: int
) -> None:
    assert finish(start(server, home, step)) == (-signal.SIGKILL, "")
    assert works(server, home)
    assert server.count("POST", "/oauth/token") == renewals


@pytest.mark.parametrize("step", ["answered", "written"])
def test_killed_between_strava_s_answer_and_the_disk_a_sentence_says_so(
    server: StravaServer, home: Path, step: str
) -> None:
    """The one window that nobody can close: the old token died when the new one was issued."""
    assert finish(start(server, home, step)) == (-signal.SIGKILL, "")
    status, said = finish(start(server, home))
    assert status == 1
    assert said == (
        "Strava does not accept this login any more, as it was taken back there or its last"
        " renewal was cut off: run `shoetrack strava login` again\n"
    )
    server.connect(home)
    assert works(server, home)


def test_killed_while_strava_is_asked_and_has_not_begun_the_login_works(
    server: StravaServer, home: Path
) -> None:
    fault = server.hold("/oauth/token")
    process = start(server, home)
    assert fault.arrived.wait(30)
    process.kill()
    assert finish(process) == (-signal.SIGKILL, "")
    fault.release(drop=True)
    assert works(server, home)


def test_killed_when_the_tokens_are_kept_they_are_not_renewed_again(
    server: StravaServer, home: Path
) -> None:
    fault = server.fail("slow", "/athlete", times=1)
    fault.release()  # the first call is the one that finds the tokens run out
    fault = server.hold("/athlete")
    process = start(server, home)
    assert fault.arrived.wait(30)
    process.kill()
    finish(process)
    fault.release(drop=True)
    assert works(server, home)
    assert server.count("POST", "/oauth/token") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_while_strava_answers_it_keeps_the_tokens_first(
    server: StravaServer, home: Path, number: signal.Signals
) -> None:
    fault = server.hold("/oauth/token", early=False)
    process = start(server, home)
    assert fault.arrived.wait(30)
    process.send_signal(number)
    fault.release()
    status, _ = finish(process)
    assert status == -number
    assert works(server, home)
    assert server.count("POST", "/oauth/token") == 1


def test_asked_twice_it_ends_at_once(server: StravaServer, home: Path) -> None:
    fault = server.hold("/oauth/token")
    process = start(server, home)
    assert fault.arrived.wait(30)
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
    assert finish(process)[0] == -signal.SIGTERM
    fault.release(drop=True)
    assert works(server, home)


def test_one_that_dies_with_the_lock_does_not_keep_the_others_out(
    server: StravaServer, home: Path
) -> None:
    fault = server.hold("/oauth/token")
    first = start(server, home)
    assert fault.arrived.wait(30)
    others = [start(server, home) for _ in range(3)]
    first.kill()
    finish(first)
    fault.release(drop=True)
    assert [finish(other) for other in others] == [(0, "Ada Læufer 🏃\n")] * 3
    assert server.count("POST", "/oauth/token") == 2


def test_processes_at_once_renew_once(server: StravaServer, home: Path) -> None:
    processes = [start(server, home) for _ in range(4)]
    assert [finish(process) for process in processes] == [(0, "Ada Læufer 🏃\n")] * 4
    assert server.count("POST", "/oauth/token") == 1
