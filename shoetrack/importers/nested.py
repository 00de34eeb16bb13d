"""An archive inside an archive, as Garmin's account export has them: one level, no deeper.

Reading a zip means seeking to its directory, and the bytes of the inner one can only be unpacked
forwards. So it is unpacked once, into a temporary file without a name that goes with the process,
and not once for each of its thousands of members. Its size is held to what its archive declares,
that to `MAX_NESTED`, and both to the ratio of a bomb.
"""

from __future__ import annotations

import io
import os
import tempfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.content import CHUNK, reason_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Garmin cuts its uploaded files into parts of less than that.
MAX_NESTED = 4 * 1024**3
# A small one is never written to disk.
_IN_MEMORY = 8 * 1024**2

# Which one: process, device, inode, size and time of the outer archive, and the offset in it.
Key = tuple[int, ...]


class _Unpacked:
    """One inner archive, unpacked; closed when neither the cache nor a view holds it."""

    def __init__(self, packed: BinaryIO) -> None:
        self.file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self.size = 0
        while chunk := packed.read(CHUNK):
            self.size += len(chunk)
            if self.size > MAX_NESTED:
                raise UnreadableError("is an archive of more than 4 GiB inside an archive")
            self.file.write(chunk)

    def __del__(self) -> None:
        self.file.close()


class _View(io.RawIOBase):
    """A reader of an unpacked archive with a place of its own, for several read at once."""

    def __init__(self, unpacked: _Unpacked) -> None:
        super().__init__()
        self._unpacked = unpacked
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._unpacked.size}
        if starts[whence] + offset < 0:
            raise ValueError("a place before the start")
        self._at = starts[whence] + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        self._unpacked.file.seek(self._at)
        data = self._unpacked.file.read(len(view))
        self._at += len(data)
        view[: len(data)] = data
        return len(data)


# The one that was read last: the members of an archive are read one after the other.
_last: tuple[Key, _Unpacked] | None = None


def unpacked(outer: os.stat_result, offset: int, open_: Callable[[], BinaryIO]) -> io.RawIOBase:
    """The inner archive at `offset` of an outer one, for seeking; `open_` gives its bytes.

    Raises UnreadableError.
    """
    global _last
    # A forked process would share the place in the file with its parent.
    key = (os.getpid(), outer.st_dev, outer.st_ino, outer.st_size, outer.st_mtime_ns, offset)
    if _last is None or _last[0] != key:
        _last = None  # so that there are never two at a time
        try:
            _last = key, _Unpacked(open_())
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableError(reason_of(error)) from error
    return _View(_last[1])
