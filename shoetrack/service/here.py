"""The manager of this machine and this person."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from shoetrack.service import Manager, Person, manager_of

PLATFORM = sys.platform


def manager(data: Path) -> Manager:
    """What keeps programs running here; `data` is the folder of shoetrack's own files."""
    return manager_of(PLATFORM, person(PLATFORM, data))


def person(platform: str, data: Path) -> Person:
    """Who is at work, by the environment."""
    home = Path.home()
    # What is not absolute does not count, says the XDG Base Directory Specification.
    config = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return Person(
        home=home,
        config=config if config.is_absolute() else home / ".config",
        data=data,
        name=_name(platform),
        uid=0 if sys.platform == "win32" else os.getuid(),
    )


def _name(platform: str) -> str:
    if platform == "win32":
        parts = (os.environ.get("USERDOMAIN", ""), os.environ.get("USERNAME", ""))
        return "\\".join(part for part in parts if part)
    return os.environ.get("LOGNAME") or os.environ.get("USER") or ""
