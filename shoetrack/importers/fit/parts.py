"""The outside of a FIT content: headers, sizes and checksums of the files chained in it.

Source: the FIT protocol's "FIT File Structure" (Garmin FIT SDK, 21.x). A content is one FIT file or
several, each with its own header and checksum: Garmin's watches so add a chest strap's swim data.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from fastcrc import crc16

from shoetrack.errors import UnreadableError
from shoetrack.importers.content import CHUNK, read_fully

_HEADER = 12  # without its own checksum, which only headers of 14 bytes have
_CHECKSUM = 2
_MAGIC = b".FIT"
# A swim of two hours with a chest strap has seven.
_MAX_PARTS = 1_000

CUT_OFF = "is cut off"
UNFINISHED = "was never finished by the device that wrote it"
BAD_CHECKSUM = "has a wrong checksum, so it was damaged or changed"
BAD_HEADER = "has a damaged header"
RUBBISH = "goes on after its end with bytes that are no FIT file"


def claims(head: bytes) -> bool:
    """Whether a content that begins so is a FIT file."""
    return head[8:12] == _MAGIC and head[0] >= _HEADER


class Part:
    """One FIT file of the chain. `fault` is "" or, once its chunks are read, what is wrong."""

    def __init__(self, stream: BinaryIO, header: bytes, fault: str = "") -> None:
        self.fault = fault
        self._stream = stream
        self._header = header
        self._size = int.from_bytes(header[4:8], "little")

    def chunks(self) -> Iterator[bytes]:
        """Its body, in order. Raises UnreadableError where the stream does."""
        if not self._size:
            yield from self._to_the_end()
            return
        checksum = crc16.arc(self._header)
        left = self._size
        while left:
            chunk = read_fully(self._stream, min(CHUNK, left))
            if not chunk:
                self._blame(CUT_OFF)
                return
            checksum = crc16.arc(chunk, checksum)
            left -= len(chunk)
            yield chunk
        stated = read_fully(self._stream, _CHECKSUM)
        if len(stated) < _CHECKSUM:
            self._blame(CUT_OFF)
        elif int.from_bytes(stated, "little") != checksum:
            self._blame(BAD_CHECKSUM)

    def _to_the_end(self) -> Iterator[bytes]:
        """The body of a file that states no size, as one whose battery died while it was written:
        the size is entered last. A checksum alone, or nothing, is the body of an empty file.
        """
        chunk = read_fully(self._stream, CHUNK)
        if len(chunk) <= _CHECKSUM:
            return
        self._blame(UNFINISHED)
        while chunk:
            yield chunk
            chunk = read_fully(self._stream, CHUNK)

    def _blame(self, fault: str) -> None:
        self.fault = self.fault or fault


def parts(stream: BinaryIO) -> Iterator[Part]:
    """The FIT files chained in a content; the chunks of each must be read before the next.

    Zeros or 0xFF after the last one are the padding of a memory, and passed over; other bytes are
    a part that has a fault and no body. Raises UnreadableError where the stream does, where the
    content is no FIT file at all, and where it is a chain without an end.
    """
    for count in range(_MAX_PARTS + 1):
        header = read_fully(stream, _HEADER)
        if claims(header):
            if count == _MAX_PARTS:
                raise UnreadableError(f"chains more than {_MAX_PARTS:,} files: refused")
            header += read_fully(stream, header[0] - _HEADER)
            yield Part(stream, header, _fault_of(header))
        elif not count:
            raise UnreadableError("is not a FIT file")
        else:
            if not _is_padding(header, stream):
                yield Part(io.BytesIO(), header, RUBBISH)
            return


def _fault_of(header: bytes) -> str:
    if len(header) < header[0]:
        return CUT_OFF
    own = header[_HEADER : _HEADER + _CHECKSUM]
    # All zeros is a checksum that was not made.
    if not any(own) or int.from_bytes(own, "little") == crc16.arc(header[:_HEADER]):
        return ""
    return BAD_HEADER


def _is_padding(chunk: bytes, stream: BinaryIO) -> bool:
    while chunk and not chunk.strip(b"\0\xff"):
        chunk = read_fully(stream, CHUNK)
    return not chunk
