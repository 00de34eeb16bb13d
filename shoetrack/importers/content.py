"""The bytes of one file or archive member as a stream: gzip undone, bounded, every fault named."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO, cast

from shoetrack.errors import UnreadableError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 64 * 1024

# Apple Health's export of ten years with a watch takes some gigabytes. A track of so many points is
# refused before its end.
MAX_CONTENT = 8 * 1024**3
# GPX packs up to 25:1. Deflate's own limit is 1032:1, and what comes near that holds no run.
MAX_RATIO = 200
# Below this a high ratio does no harm (a small file of blanks), so nobody is refused for it.
RATIO_FROM = 16 * 1024**2

GZIP_MAGIC = b"\x1f\x8b"
_RAW_DEFLATE = -zlib.MAX_WBITS
_GZIP = 16 + zlib.MAX_WBITS

BOMB = f"unpacks to more than {MAX_RATIO} times its size, as a decompression bomb does: refused"
TOO_LARGE = "holds more than 8 GiB, which no export of runs does: refused"
CUT_OFF = "is cut off: copy it again from where it came"
EMPTY = "is empty"
_DENIED = "permission denied: make it readable for your user first"
_NOT_READ = "cannot be read"


def reason_of(error: Exception) -> str:
    """The sentence for a person that an I/O or unpacking error stands for."""
    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, PermissionError):
        return _DENIED
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    if isinstance(error, EOFError):
        return CUT_OFF
    if isinstance(error, zlib.error | struct.error):
        return "is damaged inside its packing: copy it again from where it came"
    if isinstance(error, ValueError):
        return "is no path that this system knows"
    detail = error.strerror if isinstance(error, OSError) else None
    return f"{_NOT_READ} ({detail or type(error).__name__})"


def is_of_the_moment(reason: str) -> bool:
    """Whether a reason is of the place and not of the content, which was not seen: a drive that
    does not answer, a right that is missing.
    """
    return reason == _DENIED or reason.startswith(_NOT_READ)


def read_fully(stream: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end of the stream."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Inflated(io.RawIOBase):
    """What zlib unpacks from `packed`, never more at once than it is asked for."""

    def __init__(self, packed: BinaryIO, wbits: int) -> None:
        super().__init__()
        self._packed = packed
        self._wbits = wbits
        self._inflater = zlib.decompressobj(wbits)
        self._pending = b""
        self._taken = 0
        self._given = 0
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = b""
        while not data and not self._ended:
            data = self._step(len(view))
        self._given += len(data)
        if self._given > RATIO_FROM and self._given > MAX_RATIO * self._taken:
            raise UnreadableError(BOMB)
        view[: len(data)] = data
        return len(data)

    def _step(self, limit: int) -> bytes:
        if not self._pending:
            self._pending = self._packed.read(CHUNK)
            self._taken += len(self._pending)
        starved = not self._pending
        data = self._inflater.decompress(self._pending, limit)
        self._pending = self._inflater.unconsumed_tail
        if self._inflater.eof:
            self._next_member(self._inflater.unused_data)
        elif starved and not data:
            raise EOFError
        return data

    def _next_member(self, rest: bytes) -> None:
        """A gzip file may hold several members (RFC 1952, 2.2). What follows the last one and is
        no member is padding of a tape or a block device: every member before it proved its own
        checksum, so the content is whole and the rest is not part of it.
        """
        if self._wbits != _GZIP:
            self._ended = True
            return
        if len(rest) < len(GZIP_MAGIC):
            more = self._packed.read(CHUNK)
            self._taken += len(more)
            rest += more
        if rest.startswith(GZIP_MAGIC):
            self._inflater = zlib.decompressobj(_GZIP)
            self._pending = rest
        else:
            self._ended = True


class _Member(io.RawIOBase):
    """An archive member's own bytes, held to the size and the checksum its archive declares."""

    def __init__(self, inner: BinaryIO, size: int, crc: int) -> None:
        super().__init__()
        self._inner = inner
        self._left = size
        self._crc = crc
        self._running = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._inner.read(len(view))
        self._left -= len(data)
        self._running = zlib.crc32(data, self._running)
        if self._left < 0 or (not data and (self._left or self._running != self._crc)):
            raise UnreadableError("is damaged inside its archive: download the archive again")
        view[: len(data)] = data
        return len(data)


class _Window(io.RawIOBase):
    """The next `size` bytes of a file."""

    def __init__(self, inner: BinaryIO, size: int) -> None:
        super().__init__()
        self._inner = inner
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._inner.read(min(len(view), self._left))
        self._left -= len(data)
        view[: len(data)] = data
        return len(data)


class _Guarded(io.RawIOBase):
    """The outermost layer: caps the size, and lets no error out but UnreadableError."""

    def __init__(self, inner: BinaryIO) -> None:
        super().__init__()
        self._inner = inner
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._inner.read(len(view))
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableError(reason_of(error)) from error
        self._given += len(data)
        if self._given > MAX_CONTENT:
            raise UnreadableError(TOO_LARGE)
        view[: len(data)] = data
        return len(data)


def member_of(archive: BinaryIO, packed_size: int, size: int, crc: int, deflated: bool) -> BinaryIO:
    """The member whose packed bytes `archive` stands at; its end proves size and checksum."""
    window = _buffered(_Window(archive, packed_size))
    inner = _buffered(_Inflated(window, _RAW_DEFLATE)) if deflated else window
    return _buffered(_Member(inner, size, crc))


def content_of(raw: BinaryIO) -> io.BufferedReader:
    """The content of a file: gzip undone where its magic bytes say so, whatever its name.

    Raises UnreadableError, here and from every read: empty, cut off, damaged, too large, a bomb.
    """
    try:
        packed = io.BufferedReader(cast("io.RawIOBase", raw), CHUNK)
        gzipped = packed.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(reason_of(error)) from error
    inner = _buffered(_Inflated(packed, _GZIP)) if gzipped else packed
    content = _buffered(_Guarded(inner))
    if not content.peek(1):
        raise UnreadableError(EMPTY)
    return content


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, CHUNK)
