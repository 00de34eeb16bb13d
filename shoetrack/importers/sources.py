"""What the user named, walked: files, folders and .zip archives, each content a `Source`.

Listing is cheap, so that a progress bar knows its end: of a file only the first four bytes are
read, of an archive its directory, and of an export's table the names of what it speaks for. Only an
archive inside an archive has to be unpacked for its directory. A listing never blocks and never
stops at what is unreadable.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers import nested
from shoetrack.importers.archive import MAX_MEMBERS, ZIP_MAGICS, Member, Refused, members_of
from shoetrack.importers.content import (
    BOMB,
    CHUNK,
    MAX_RATIO,
    RATIO_FROM,
    content_of,
    read_fully,
    reason_of,
)
from shoetrack.importers.exports import speakers as exports

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
    printable. `explicit` is True where the user named this very file. `beside` are the contents
    that an export's table speaks for, which are no sources of their own.
    """

    name: str
    explicit: bool
    path: Path = field(repr=False)  # the file, or the archive that holds it
    member: Member | None = field(default=None, repr=False)
    inside: Member | None = field(default=None, repr=False)  # the archive within, with the member
    beside: tuple[Source, ...] = field(default=(), repr=False)

    @property
    def place(self) -> str:
        """Where the content is, whatever folder one stands in: what the store remembers."""
        path = self.path if self.path.is_absolute() else self.path.absolute()
        parts = [os.fspath(path)]
        parts += [member.name for member in (self.inside, self.member) if member is not None]
        return "/".join(printable(part) for part in parts)

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
                inner = self._content_in(raw, before)
            except OSError as error:
                raise UnreadableError(reason_of(error)) from error
            content = content_of(inner)  # held here, for a dropped stream would close the file
            yield content
            after = os.fstat(raw.fileno())
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise UnreadableError(CHANGED)

    def _content_in(self, raw: io.FileIO, found: os.stat_result) -> BinaryIO:
        if self.member is None:
            return raw
        if self.inside is None:
            return self.member.open_in(raw)
        return self.member.open_in(io.BufferedReader(_archive_within(self.inside, raw, found)))

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
    if text.isprintable():  # as nearly every name is
        return text
    return "".join(
        character.encode("unicode_escape").decode()
        if ord(character) < 32 or 127 <= ord(character) < 160 or 0xD800 <= ord(character) < 0xE000
        else character
        for character in text
    )


def _walk(top: Path, entered: set[tuple[int, int]]) -> Iterator[Source | Problem]:
    waiting = [os.fspath(top)]
    spoken_for: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in spoken_for:
            continue
        explicit = path == os.fspath(top)
        try:
            found = os.stat(path)  # noqa: PTH116 - Path would tidy the name that the user gave
            if stat.S_ISDIR(found.st_mode):
                identity = (found.st_dev, found.st_ino)
                if identity not in entered:
                    entered.add(identity)
                    names = _names_in(path)
                    waiting.extend(names)
                    spoken_for |= _all_spoken_for(names)
            elif stat.S_ISREG(found.st_mode):
                yield from sources_in(path, explicit=explicit)
            else:
                yield Problem(printable(path), _NOT_REGULAR)
        except (OSError, ValueError, UnreadableError) as error:
            yield Problem(printable(path), _why(path, error))


def _names_in(folder: str) -> list[str]:
    """What the folder holds, last name first, because `_walk` takes from the end."""
    with os.scandir(folder or ".") as entries:
        names = [entry.name for entry in entries]
    return [
        os.path.join(folder, name)  # noqa: PTH118
        for name in sorted(names, reverse=True)
        if not name.startswith(".") and name != "__MACOSX"
    ]


def _all_spoken_for(paths: Sequence[str]) -> set[str]:
    """Those of the paths in one folder that another of them speaks for."""
    named = {os.path.basename(path): path for path in paths}  # noqa: PTH119
    return {other for path in paths for other in _spoken_for(path, named)}


def _spoken_for(path: str, named: Mapping[str, str]) -> list[str]:
    """What the file at `path` speaks for of the paths in its folder, which go by their names."""
    if not exports.may_speak(path, named):
        return []
    spoken = exports.spoken_for(Source(printable(path), explicit=False, path=Path(path)))
    return [named[name] for name in sorted(spoken) if name in named and named[name] != path]


def _beside(path: str) -> tuple[Source, ...]:
    """The files that the one at `path` speaks for: named by it, or in a folder named by it."""
    if not exports.may_speak(path, (exports.ROUTES,)):
        return ()
    spoken = exports.spoken_for(Source(printable(path), explicit=False, path=Path(path)))
    if not spoken:
        return ()
    files: list[str] = []
    try:
        for other in reversed(_names_in(os.path.dirname(path))):  # noqa: PTH120
            if os.path.basename(other) not in spoken or other == path:  # noqa: PTH119
                continue
            inside = os.path.isdir(other)  # noqa: PTH112
            files += reversed(_names_in(other)) if inside else [other]
    except OSError:
        return ()  # it is read without them
    return tuple(Source(printable(file), explicit=False, path=Path(file)) for file in files)


def _why(path: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError) and os.path.islink(path):  # noqa: PTH114
        return "a dangling link: what it points to is gone"
    return reason_of(error)


def sources_in(path: str, *, explicit: bool) -> Iterator[Source | Problem]:
    """What one file holds: itself, or of an archive what is in it.

    Raises OSError, ValueError or UnreadableError where it cannot be opened.
    """
    file = Path(path)
    raw, found = _open_regular(file)
    with raw:
        if raw.read(len(ZIP_MAGICS[0])) not in ZIP_MAGICS:
            yield Source(printable(path), explicit, file, beside=_beside(path))
            return
        raw.seek(0)
        try:
            members = list(members_of(raw, found.st_size))
        except UnreadableError as error:
            yield Problem(printable(path), str(error))
            return
    if explicit and not members:
        yield Problem(printable(path), "is an archive without any file in it")
    listed = list(_of_members(file, printable(path), members, found.st_size))
    beside = exports.spoken_for_in([one for one in listed if isinstance(one, Source)])
    hidden = {id(other) for others in beside.values() for other in others}
    for one in listed:
        if isinstance(one, Source) and one.name in beside:
            yield replace(one, beside=beside[one.name])
        elif id(one) not in hidden:
            yield one


def _of_members(
    file: Path, name: str, members: Sequence[Member | Refused], size: int
) -> Iterator[Source | Problem]:
    """What an archive of `size` bytes holds, and what the archives in it hold."""
    count = unpacked = 0
    for member in members:
        whole = f"{name}/{printable(member.name)}"
        if isinstance(member, Refused):
            yield Problem(whole, member.reason)
        elif not member.name.lower().endswith(".zip"):
            yield Source(whole, explicit=False, path=file, member=member)
        else:
            within = list(_within(file, whole, member))
            # Each archive alone is held to the limits; so are all of one together.
            count += len(within)
            unpacked += sum(one.member.size for one in within if isinstance(one, Source)
                            and one.inside and one.member)  # fmt: skip
            if count > MAX_MEMBERS or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * size):
                yield Problem(whole, BOMB)
                return
            yield from within


def _within(file: Path, name: str, inside: Member) -> Iterator[Source | Problem]:
    """What the archive `inside` an archive holds; itself, where it is none."""
    try:
        raw, found = _open_regular(file)
        with raw:
            if read_fully(inside.open_in(raw), len(ZIP_MAGICS[0])) not in ZIP_MAGICS:
                yield Source(name, explicit=False, path=file, member=inside)
                return
            archive = _archive_within(inside, raw, found)
        members = list(members_of(archive, inside.size, inside.packed_size))
    except (OSError, EOFError, zlib.error, UnreadableError) as error:
        yield Problem(name, reason_of(error))
        return
    for member in members:
        whole = f"{name}/{printable(member.name)}"
        if isinstance(member, Refused):
            yield Problem(whole, member.reason)
        elif member.name.lower().endswith(".zip"):
            yield Problem(whole, "is an archive two archives deep: unpack the outer one first")
        else:
            yield Source(whole, explicit=False, path=file, member=member, inside=inside)


def _archive_within(inside: Member, raw: BinaryIO, found: os.stat_result) -> io.RawIOBase:
    return nested.unpacked(found, inside.offset, lambda: inside.open_in(raw))


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
