"""What the user named, walked: files, folders and .zip archives, each content a `Source`.

Listing is cheap, so that a progress bar knows its end: of a file only the first four bytes are
read, of an archive its directory. A listing never blocks and never stops at what is unreadable.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.archive import ZIP_MAGICS, Member, members_of
from shoetrack.importers.content import CHUNK, content_of, reason_of

CHANGED = "changed while it was read: import it again"
_NOT_REGULAR = "not a regular file (a pipe, a socket or a device): name a file or a folder"


@dataclass(frozen=True, slots=True)
class Problem:
    """What cannot even be opened, and why, with what to do where that helps."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Source:
    """One content that can be read: a file, or a member of an archive.

    `name` is how a person writes it: `runs/a.gpx`, `export.zip/activities/1.gpx.gz`; always
    printable. `explicit` is True where the user named this very file.
    """

    name: str
    explicit: bool
    path: Path = field(repr=False)  # the file, or the archive that holds it
    member: Member | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Where the content is, whatever folder one stands in: what the store remembers."""
        whole = printable(os.fspath(self.path.absolute()))
        return f"{whole}/{printable(self.member.name)}" if self.member else whole

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """A stream of the content, gzip undone: a .gpx and its .gpx.gz give the same bytes.

        Raises UnreadableError and no other, from here, from its reads, and at the end where the
        file changed meanwhile.
        """
        try:
            raw, before = _open_regular(self.path)
        except OSError as error:
            raise UnreadableError(reason_of(error)) from error
        with raw:
            try:
                inner = self.member.open_in(raw) if self.member else raw
            except OSError as error:
                raise UnreadableError(reason_of(error)) from error
            content = content_of(inner)  # held here, for a dropped stream would close the file
            yield content
            after = os.fstat(raw.fileno())
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise UnreadableError(CHANGED)

    def digest(self) -> str:
        """SHA-256 of the content in hex. Raises UnreadableError."""
        running = hashlib.sha256()
        with self.open() as stream:
            while chunk := stream.read(CHUNK):
                running.update(chunk)
        return running.hexdigest()


def find_sources(paths: Sequence[Path]) -> Iterator[Source | Problem]:
    """Everything to read under `paths`, in their order, and in each sorted by name.

    Folders are walked whole. Links are followed, but no folder is entered twice, so loops end.
    Hidden files are passed over unless they were named themselves.
    """
    entered: set[tuple[int, int]] = set()
    for path in paths:
        yield from _walk(path, entered)


def printable(text: str) -> str:
    r"""The text without what a terminal would obey or could not encode: `\x1b`, `\udcff`."""
    return "".join(
        character.encode("unicode_escape").decode()
        if ord(character) < 32 or 127 <= ord(character) < 160 or 0xD800 <= ord(character) < 0xE000
        else character
        for character in text
    )


def _walk(top: Path, entered: set[tuple[int, int]]) -> Iterator[Source | Problem]:
    waiting = [os.fspath(top)]
    while waiting:
        path = waiting.pop()
        explicit = path == os.fspath(top)
        try:
            found = os.stat(path)  # noqa: PTH116 - Path would tidy the name that the user gave
            if stat.S_ISDIR(found.st_mode):
                identity = (found.st_dev, found.st_ino)
                if identity not in entered:
                    entered.add(identity)
                    waiting.extend(_names_in(path))
            elif stat.S_ISREG(found.st_mode):
                yield from _sources_of(path, explicit)
            else:
                yield Problem(printable(path), _NOT_REGULAR)
        except (OSError, ValueError, UnreadableError) as error:
            yield Problem(printable(path), _why(path, error))


def _names_in(folder: str) -> list[str]:
    """What the folder holds, last name first, because `_walk` takes from the end."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    return [
        os.path.join(folder, name)  # noqa: PTH118
        for name in sorted(names, reverse=True)
        if not name.startswith(".") and name != "__MACOSX"
    ]


def _why(path: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError) and os.path.islink(path):  # noqa: PTH114
        return "a dangling link: what it points to is gone"
    return reason_of(error)


def _sources_of(path: str, explicit: bool) -> Iterator[Source | Problem]:
    file = Path(path)
    raw, found = _open_regular(file)
    with raw:
        if raw.read(len(ZIP_MAGICS[0])) not in ZIP_MAGICS:
            yield Source(printable(path), explicit, file)
            return
        raw.seek(0)
        try:
            members = list(members_of(raw, found.st_size))
        except UnreadableError as error:
            yield Problem(printable(path), str(error))
            return
    if explicit and not members:
        yield Problem(printable(path), "is an archive without any file in it")
    for member in members:
        name = f"{printable(path)}/{printable(member.name)}"
        if isinstance(member, Member):
            yield Source(name, explicit=False, path=file, member=member)
        else:
            yield Problem(name, member.reason)


def _open_regular(path: Path) -> tuple[io.FileIO, os.stat_result]:
    """Open a regular file, unbuffered. Raises OSError; what is no regular file is never waited for.

    Without O_NONBLOCK, opening a pipe that took the file's place since it was listed would wait
    for a writer for ever.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    raw = os.fdopen(os.open(path, flags | getattr(os, "O_NOCTTY", 0)), "rb", 0)
    found = os.fstat(raw.fileno())
    if not stat.S_ISREG(found.st_mode):
        raw.close()
        raise UnreadableError(_NOT_REGULAR)
    return raw, found
