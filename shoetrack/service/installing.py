"""Writing the file, starting what it says, and taking both back."""

from __future__ import annotations

import contextlib
from enum import Enum, auto
from pathlib import Path

from shoetrack.service import MARK, Manager, ServiceError

_MARKS = (MARK.encode(), MARK.encode("utf-16-le"), MARK.encode("utf-16-be"))


class Found(Enum):
    """What is in the file's place."""

    NOTHING = auto()
    SAME = auto()  # what would be written
    OTHER = auto()  # ours, but of other settings, or another Python
    FOREIGN = auto()  # not ours


def find(manager: Manager, content: bytes | None = None) -> Found:
    """What is in the place of the file. Raises ServiceError."""
    there = _read(manager.path)
    if there is None:
        return Found.NOTHING
    if there == content:
        return Found.SAME
    return Found.OTHER if any(mark in there for mark in _MARKS) else Found.FOREIGN


def install(manager: Manager, content: bytes) -> None:
    """Write the file and start what it says. Raises ServiceError; all is then as it was."""
    before = _read(manager.path)
    _write(manager.path, content)
    try:
        manager.start()
    except ServiceError:
        _put_back(manager, before)
        raise


def uninstall(manager: Manager) -> None:
    """Stop what runs, and remove the file. Raises ServiceError; the file is then still there."""
    can_ask = not manager.obstacle()
    if can_ask:
        manager.stop()
    try:
        manager.path.unlink(missing_ok=True)
    except OSError as error:
        raise ServiceError(f"{manager.path} cannot be removed: {error.strerror}") from error
    if can_ask:
        manager.forget()


def refuse_foreign(manager: Manager, found: Found) -> None:
    """Leave alone what someone else wrote. Raises ServiceError."""
    if found is Found.FOREIGN:
        raise ServiceError(
            f"{manager.path} was not written by shoetrack, as the line that says so is not in it:"
            " move it away first"
        )


def _put_back(manager: Manager, before: bytes | None) -> None:
    """As it was; why it could not be started is what is told, not what fails on the way back."""
    with contextlib.suppress(ServiceError):
        if before is not None:
            _write(manager.path, before)
            manager.start()
            return
        manager.stop()
    with contextlib.suppress(ServiceError, OSError):
        manager.path.unlink(missing_ok=True)
        manager.forget()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ServiceError(f"{path} cannot be read: {error.strerror}") from error


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise ServiceError(f"{path} cannot be written: {error.strerror}") from error
