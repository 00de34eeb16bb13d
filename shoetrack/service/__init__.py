"""Keeping the daemon running: the file that asks the system for it, in the system's own format.

Each of `systemd`, `launchd` and `windows` has a manager; `manager_of` finds the one of a platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from shoetrack.errors import ShoetrackError

if TYPE_CHECKING:
    from pathlib import Path

    from shoetrack.service.program import Program

# The line by which a file is known to be ours.
MARK = "Written by `shoetrack service install`, removed by `shoetrack service uninstall`."


class ServiceError(ShoetrackError):
    """The system does not keep the daemon running, and why."""


class Person(NamedTuple):
    """Whose daemon it is. `config` is where this person's programs are configured, `data` where
    shoetrack keeps its own files; `name` is as the system knows it, `uid` 0 where it has none.
    """

    home: Path
    config: Path
    data: Path
    name: str = ""
    uid: int = 0


class Manager(Protocol):
    """What keeps programs running on a system."""

    what: str  # "systemd user unit"
    log: str  # what shows what the daemon has said

    @property
    def path(self) -> Path:
        """The file that asks for the daemon."""

    def content(self, program: Program) -> bytes:
        """What is in it. Raises ServiceError where a path cannot be written into it."""

    def obstacle(self) -> str:
        """Why nothing can be asked for here; empty where it can."""

    def start(self) -> None:
        """Start what the file says, now and from now on, in the place of what was running.

        Raises ServiceError.
        """

    def stop(self) -> None:
        """Stop it, now and for good; nothing where it does not run. Raises ServiceError."""

    def forget(self) -> None:
        """The file is gone. Raises ServiceError."""

    def hint(self) -> str:
        """What a person may want to do besides; empty where nothing."""


def manager_of(platform: str, person: Person) -> Manager:
    """The manager of a platform, as `sys.platform` names it."""
    if platform == "darwin":
        from shoetrack.service.launchd import Launchd

        return Launchd(person)
    if platform == "win32":
        from shoetrack.service.windows import Tasks

        return Tasks(person)
    from shoetrack.service.systemd import Systemd

    return Systemd(person)
