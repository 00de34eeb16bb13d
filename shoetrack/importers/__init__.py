"""Readers of what watches and programs record, each picked by a file's content.

`find_sources` walks what the user named, `read_source` gives the runs of one content. To add a
format, write a module with `claims` and `read` and name it in `READERS`.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers import gpx
from shoetrack.importers.content import CHUNK, read_fully
from shoetrack.importers.gpx_sinks import Point
from shoetrack.importers.sniff import what_it_is, xml_root
from shoetrack.importers.sources import CHANGED, Problem, Source, find_sources
from shoetrack.model import RunRecord, Skip

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["READERS", "Point", "Problem", "Reader", "Source", "find_sources", "read_points",
           "read_source"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: whether a content that begins so is of it, and how it is read.

    `read` takes the stream, the source's name and the content's digest, reads all or nothing,
    and raises UnreadableError with the reason.
    """

    kind: str
    claims: Callable[[bytes], bool]
    read: Callable[[BinaryIO, str, str], list[RunRecord | Skip]]


def _not_yet(format_name: str) -> Callable[[BinaryIO, str, str], list[RunRecord | Skip]]:
    def read(stream: BinaryIO, source_name: str, digest: str) -> list[RunRecord | Skip]:
        return [Skip(source_name, f"{format_name} files are not read yet")]

    return read


READERS: tuple[Reader, ...] = (
    Reader("gpx", gpx.claims, gpx.read),
    # The FIT protocol's header: ".FIT" at byte 8.
    Reader("fit", lambda head: head[8:12] == b".FIT", _not_yet("FIT")),
    Reader("tcx", lambda head: xml_root(head) == "TrainingCenterDatabase", _not_yet("TCX")),
)


def read_source(source: Source, digest: str | None = None) -> list[RunRecord | Skip]:
    """The runs of one content, and what was readable but no run.

    `digest` is what `source.digest()` gave before, where the caller has it; the records carry
    the digest of the very bytes that were read. Raises UnreadableError with the reason.
    """
    with source.open() as stream:
        hashed = _Hashed(stream)
        reader = _reader_of(hashed.head)
        if reader is None:
            reason = what_it_is(hashed.head)
            if source.explicit or source.name.lower().endswith((".gpx", ".gpx.gz")):
                raise UnreadableError(reason)
            return [Skip(source.name, "not an activity file")]
        buffered = io.BufferedReader(hashed, CHUNK)
        found = reader.read(buffered, source.name, "")
        while buffered.read(CHUNK):
            pass
    if digest is not None and digest != hashed.hexdigest():
        raise UnreadableError(CHANGED)
    return [
        replace(one, digest=hashed.hexdigest()) if isinstance(one, RunRecord) else one
        for one in found
    ]


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
