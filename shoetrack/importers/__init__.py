"""Readers of what watches and programs record, each picked by a file's content.

`find_sources` walks what the user named, `read_source` gives the runs of one content. To add a
format, write a module with `claims` and `read` and name it in `READERS`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers import fit, gpx, tcx
from shoetrack.importers.content import CHUNK, read_fully
from shoetrack.importers.exports import apple_health, runkeeper
from shoetrack.importers.exports import strava as strava_export
from shoetrack.importers.exports.rows import BadRow
from shoetrack.importers.gpx.sinks import Point
from shoetrack.importers.sniff import what_it_is
from shoetrack.importers.sources import CHANGED, Problem, Source, find_sources
from shoetrack.model import RunRecord, Skip

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["NO_ACTIVITY", "READERS", "BadRow", "Point", "Problem", "Reader", "Source",
           "find_sources", "read_and_hash", "read_points", "read_source"]  # fmt: skip

# Why what no reader knows was passed over.
NO_ACTIVITY = "not an activity file"
# What is called so should be a recording, and is damaged where it is none.
_RECORDINGS = (".gpx", ".fit", ".tcx")


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: whether a content that begins so is of it, and how it is read.

    `read` takes the stream, the source's name and the content's digest, reads all or nothing,
    and raises UnreadableError with the reason. A record that it gives a digest keeps it: an
    export's rows are known by their own, so that a newer export with more rows knows them. Such a
    format may have `read_beside` instead, which takes the files that it speaks for.
    """

    kind: str
    claims: Callable[[bytes], bool]
    read: Callable[[BinaryIO, str, str], list[RunRecord | Skip]]
    read_beside: Callable[[BinaryIO, str, Sequence[Source]], list[RunRecord | Skip]] | None = None
    read_leniently: Callable[[BinaryIO, str, str], list[RunRecord | Skip]] | None = None


READERS: tuple[Reader, ...] = (
    Reader("gpx", gpx.claims, gpx.read),
    Reader("fit", fit.claims, fit.read, read_leniently=partial(fit.read, lenient=True)),
    Reader("tcx", tcx.claims, tcx.read),
    Reader("apple-health", apple_health.claims, apple_health.read, apple_health.read_beside),
    Reader("runkeeper", runkeeper.claims, runkeeper.read, runkeeper.read_beside),
    Reader("strava-export", strava_export.claims, strava_export.read, strava_export.read_beside),
)


def read_source(
    source: Source, digest: str | None = None, *, lenient: bool = False
) -> list[RunRecord | Skip]:
    """The runs of one content, and what was readable but no run.

    `digest` is what `source.digest()` gave before, where the caller has it; the records carry
    the digest of the very bytes that were read, or where they are rows of an export, their own.
    `lenient` takes what is whole of a damaged content, where its format allows to tell. Raises
    UnreadableError with the reason.
    """
    found, read = read_and_hash(source, lenient=lenient)
    if digest is not None and digest != read:
        raise UnreadableError(CHANGED)
    return found


def read_and_hash(source: Source, *, lenient: bool = False) -> tuple[list[RunRecord | Skip], str]:
    """As `read_source`, and the digest of the content, in one pass over it."""
    with source.open() as stream:
        hashed = _Hashed(stream)
        reader = _reader_of(hashed.head)
        buffered = io.BufferedReader(hashed, CHUNK)
        found: list[RunRecord | Skip]
        if reader is None:
            reason = what_it_is(hashed.head)
            if source.explicit or source.name.lower().removesuffix(".gz").endswith(_RECORDINGS):
                raise UnreadableError(reason)
            found = [Skip(source.name, NO_ACTIVITY)]
        elif reader.read_beside is not None:
            found = reader.read_beside(buffered, source.name, source.beside)
        elif lenient and reader.read_leniently is not None:
            found = reader.read_leniently(buffered, source.name, "")
        else:
            found = reader.read(buffered, source.name, "")
        while buffered.read(CHUNK):
            pass
    digest = hashed.hexdigest()
    return [
        replace(one, digest=one.digest or digest) if isinstance(one, RunRecord) else one
        for one in found
    ], digest


def read_points(source: Source) -> list[list[list[Point]]]:
    """The points of a GPX content: tracks, their segments, their points. Raises UnreadableError."""
    with source.open() as stream:
        hashed = _Hashed(stream)
        if not gpx.claims(hashed.head):
            raise UnreadableError(what_it_is(hashed.head))
        return gpx.points(io.BufferedReader(hashed, CHUNK))


def _reader_of(head: bytes, readers: Sequence[Reader] = READERS) -> Reader | None:
    claiming = [reader for reader in readers if reader.claims(head)]
    if len(claiming) > 1:
        kinds = " and ".join(reader.kind for reader in claiming)
        raise UnreadableError(f"is claimed by two readers, {kinds}: please report it")
    return claiming[0] if claiming else None


class _Hashed(io.RawIOBase):
    """A stream whose first bytes can be seen beforehand, and that is hashed while it is read.

    One pass, so that the digest cannot be of other bytes than the runs.
    """

    def __init__(self, inner: BinaryIO) -> None:
        super().__init__()
        self.head = read_fully(inner, CHUNK)
        self._inner = inner
        self._pending = self.head
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._pending[: len(view)] or self._inner.read(len(view))
        self._pending = self._pending[len(data) :]
        self._hash.update(data)
        view[: len(data)] = data
        return len(data)

    def hexdigest(self) -> str:
        """Of the bytes read so far."""
        return self._hash.hexdigest()
