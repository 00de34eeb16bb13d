"""The system's own programs, called and answered. All of them go through here."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from shoetrack.service import ServiceError

# Stopping a daemon takes a few seconds at the most; past this something hangs.
_PATIENCE_S = 60


class Answer(NamedTuple):
    """What a program gave: its exit status, and the lines that it wrote."""

    status: int
    lines: tuple[str, ...]

    @property
    def first(self) -> str:
        return self.lines[0] if self.lines else f"exit status {self.status}"

    @property
    def last(self) -> str:
        return self.lines[-1] if self.lines else f"exit status {self.status}"


def is_there(name: str) -> bool:
    """Whether there is a program of this name."""
    return shutil.which(name) is not None


def call(*words: str, env: Mapping[str, str] | None = None, folder: str | None = None) -> Answer:
    """Run a program to its end, without a shell. Raises ServiceError where it cannot be run."""
    program = shutil.which(words[0])
    if program is None:
        raise ServiceError(f"there is no {words[0]} on this machine")
    try:
        done = subprocess.run(  # noqa: S603 - the words are ours, and no shell reads them
            [program, *words[1:]],
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceError(f"`{shlex.join(words)}` does not end: try it by hand") from error
    except OSError as error:
        raise ServiceError(f"`{shlex.join(words)}` cannot be run: {error.strerror}") from error
    lines = tuple(line.strip() for line in done.stdout.splitlines() if line.strip())
    return Answer(done.returncode, lines)


def must(*words: str, env: Mapping[str, str] | None = None) -> None:
    """Run a program that has to succeed. Raises ServiceError."""
    answer = call(*words, env=env)
    if answer.status != 0:
        raise ServiceError(f"`{shlex.join(words)}` failed: {answer.first}")
