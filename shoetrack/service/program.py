"""What is kept running: this Python with this shoetrack, over the store that is meant now."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from shoetrack.db.location import Location
from shoetrack.paths import DATABASE, HOME
from shoetrack.service import ServiceError
from shoetrack.service.calling import call
from shoetrack.vault import KEYRING

# platformdirs goes by them: without them a service would look for its store elsewhere.
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME")
# What the daemon may need and a file that anyone could read must not hold.
SECRETS = {
    "SHOETRACK_SMTP_PASSWORD": "shoetrack alerts password",
    "SHOETRACK_STRAVA_CLIENT_SECRET": "shoetrack strava login",
}


class Program(NamedTuple):
    """Words to start it by, of which the first is an absolute path, and what its environment has to
    have.
    """

    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def daemon(python: str, environ: Mapping[str, str], named: Location | None) -> Program:
    """The daemon, started by this Python.

    `python` is not resolved: what a link in a virtual environment points to knows nothing of it.
    `named` is the store where `--db` or the environment names one. Raises ServiceError.
    """
    if not python:
        raise ServiceError(
            "Python does not know where it is: start shoetrack by Python's full path"
        )
    settings = {}
    if environ.get(HOME):
        settings[HOME] = str(Path(environ[HOME]).expanduser().absolute())
    else:
        settings |= {name: environ[name] for name in _FOLDERS if environ.get(name, "").strip()}
    if named is not None:
        settings[DATABASE] = str(named.path)
    if environ.get(KEYRING):
        settings[KEYRING] = environ[KEYRING]
    # -P: what lies in the folder that it is started in is not imported.
    words = (str(Path(python).absolute()), "-P", "-m", "shoetrack", "daemon")
    for text in (*words, *settings.values()):
        _check(text)
    return Program(words, tuple(settings.items()))


def _check(text: str) -> None:
    """Raises ServiceError for what none of the formats can hold."""
    bad = [char for char in text if not char.isprintable() and (ord(char) < 0xA0)]
    if bad or any("\ud800" <= char <= "\udfff" or char in "\ufffe\uffff" for char in text):
        raise ServiceError(
            f"{os.fsencode(text)!r} holds what a service's file cannot: rename it, or move what is"
            " there"
        )


def try_out(program: Program) -> None:
    """See that it can be started as a service starts it, from anywhere and without what a terminal
    has set. Raises ServiceError.
    """
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    answer = call(*program.words[:-1], "--version", env=env, folder=Path("/").absolute().anchor)
    if answer.status != 0:
        raise ServiceError(
            f"{program.words[0]} does not find shoetrack by itself ({answer.last}): install it"
            " there, as by `pip install shoetrack`"
        )


def cron_line(program: Program) -> str:
    """What does the same by cron, where nothing keeps a daemon running."""
    settings = [f"{name}={shlex.quote(value)}" for name, value in program.environment]
    words = [shlex.quote(word) for word in (*program.words, "--once")]
    # Cron ends the command at a %.
    return f"*/15 * * * * {' '.join([*settings, *words])}".replace("%", r"\%")


def left_out(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """Secrets that are set here and that a service will not know: their names, and the command that
    keeps each.
    """
    return [(name, command) for name, command in SECRETS.items() if environ.get(name)]
