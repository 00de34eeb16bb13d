"""What a check finds, and what it may ask."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from shoetrack.config import Config, load
from shoetrack.db import version
from shoetrack.db.location import Location
from shoetrack.db.reader import Reader, exists, open_reader, schema_version
from shoetrack.paths import Places
from shoetrack.service import Manager


class Status(StrEnum):
    """How it is."""

    OK = "ok"
    NOTE = "note"  # worth knowing; nothing is lost by it
    FAULT = "fault"


class Finding(NamedTuple):
    """One line: what is so, and where it should be otherwise, what to do."""

    status: Status
    message: str
    advice: str = ""


def ok(message: str) -> Finding:
    return Finding(Status.OK, message)


def note(message: str, advice: str = "") -> Finding:
    return Finding(Status.NOTE, message, advice)


def fault(message: str, advice: str = "") -> Finding:
    return Finding(Status.FAULT, message, advice)


@dataclass
class Patient:
    """What is looked at. `named` is whether `--db` or the environment names the store."""

    places: Places
    locate: Callable[[], Location]
    now: datetime
    environ: Mapping[str, str]
    manager: Manager
    named: bool = False

    @cached_property
    def config(self) -> Config:
        """Raises ConfigError."""
        return load(self.places.config_file)

    @cached_property
    def location(self) -> Location:
        """Raises StoreError."""
        return self.locate()

    @contextmanager
    def asked(self) -> Iterator[Reader | None]:
        """The store for reading; None where there is none, or it would have to be changed first.

        Raises StoreError.
        """
        if not exists(self.location) or schema_version(self.location) != version.HEAD:
            yield None
            return
        with open_reader(self.location) as reader:
            yield reader

    def show(self, moment: datetime) -> str:
        """A moment in the home zone, or where nobody can tell which that is, the machine's."""
        from shoetrack.errors import ConfigError

        try:
            zone = self.config.timezone
        except ConfigError:
            zone = None
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def others_can_read(path: Path) -> bool:
    """Whether anyone else on this machine can: by its own mode and those of all folders above."""
    return _others_can(0o044, path)


def others_can_write(path: Path) -> bool:
    """Likewise."""
    return _others_can(0o022, path)


def _others_can(do: int, path: Path) -> bool:
    if sys.platform == "win32":
        return False  # a home folder is its owner's there
    real = path.resolve()
    mode = real.stat().st_mode
    above = [parent.stat().st_mode for parent in real.parents]
    return any(
        mode & do & whose and all(folder & search for folder in above)
        for whose, search in ((0o070, 0o010), (0o007, 0o001))
    )


def in_shell(path: Path) -> str:
    """A path as a word of a command."""
    import shlex

    return shlex.quote(os.fspath(path))
