"""The directory of a .zip archive: which members may be read, and why the others may not.

Only the directory is read here, and nothing is ever unpacked to disk. That the sizes it declares
are true is held by `content.member_of`, so the checks below need no unpacking.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from shoetrack.errors import UnreadableError
from shoetrack.importers.content import (
    BOMB,
    MAX_CONTENT,
    MAX_RATIO,
    RATIO_FROM,
    TOO_LARGE,
    member_of,
)

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")

# Ten runs a day for 27 years.
MAX_MEMBERS = 100_000
# zipfile reads the directory in one go; 100,000 names of 100 characters fit in this.
_MAX_DIRECTORY = 16 * 1024**2

_LOCAL_HEADER = struct.Struct("<4s2xHH16xHH")
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """Where one member's packed bytes lie in its archive, and what they must unpack to."""

    name: str
    offset: int
    packed_size: int
    size: int
    crc: int
    deflated: bool

    def open_in(self, archive: BinaryIO) -> BinaryIO:
        """Its unpacked bytes; `archive` is the archive, open. Raises UnreadableError."""
        archive.seek(self.offset)
        header = archive.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != ZIP_MAGICS[0]:
            raise UnreadableError("is damaged inside its archive: download the archive again")
        _, flags, _, name_size, extra_size = _LOCAL_HEADER.unpack(header)
        if flags & _ENCRYPTED:
            raise UnreadableError("is encrypted: unpack the archive with its password first")
        archive.seek(name_size + extra_size, io.SEEK_CUR)
        return member_of(archive, self.packed_size, self.size, self.crc, self.deflated)


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that is not read, and why."""

    name: str
    reason: str


class _Bounded(io.BufferedReader):
    """A file that gives no more at once than a sane directory holds."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile
        return super().read(size)


def members_of(
    raw: io.RawIOBase, archive_size: int, packed_size: int | None = None
) -> Iterator[Member | Refused]:
    """The members worth a look, sorted by name; folders and hidden files are passed over.

    `packed_size` is what an archive inside an archive takes there: a bomb packed twice is small
    only there. Closes `raw`. Raises UnreadableError where the archive as a whole is damaged or a
    bomb.
    """
    try:
        with _Bounded(raw) as bounded, zipfile.ZipFile(bounded) as directory:
            infos = directory.infolist()
    except (OSError, EOFError, ValueError, struct.error, OverflowError, MemoryError) as error:
        raise UnreadableError("is a damaged or incomplete archive: download it again") from error
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise UnreadableError("is a damaged or incomplete archive: download it again") from error
    if len(infos) > MAX_MEMBERS:
        raise UnreadableError(f"holds more than {MAX_MEMBERS:,} files: refused")
    unpacked = sum(info.file_size for info in infos)
    # A bomb of overlapping members declares its packed bytes many times over; zipfile itself
    # looks for that only since Python 3.11.8 (CVE-2024-0450).
    overlapping = sum(info.compress_size for info in infos) > archive_size
    taken = archive_size if packed_size is None else packed_size
    if overlapping or (unpacked > RATIO_FROM and unpacked > MAX_RATIO * taken):
        raise UnreadableError(BOMB)
    for info in sorted(infos, key=lambda info: info.orig_filename):
        if not info.is_dir() and not _is_hidden(info.orig_filename):
            yield _judge(info)


def _is_hidden(name: str) -> bool:
    """macOS adds `__MACOSX/._name` beside each file: its attributes, no content."""
    parts = re.split(r"[/\\]", name)
    return "__MACOSX" in parts or any(
        part.startswith(".") and part not in (".", "..") for part in parts
    )


def _judge(info: zipfile.ZipInfo) -> Member | Refused:
    name = info.orig_filename
    reason = ""
    if (
        ".." in name.split("/")
        or name.startswith("/")
        or re.match(r"[A-Za-z]:", name)
        or "\\" in name
        or "\0" in name
    ):
        reason = "has a name that points outside its archive: refused"
    elif info.flag_bits & _ENCRYPTED:
        reason = "is encrypted: unpack the archive with its password first"
    elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # Bzip2 and LZMA let a few bytes claim gigabytes of memory, and are rare in archives.
        reason = f"is packed by method {info.compress_type}: pack it again as an ordinary zip"
    elif info.file_size > MAX_CONTENT:
        reason = TOO_LARGE
    elif info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * info.compress_size:
        reason = BOMB
    if reason:
        return Refused(name, reason)
    deflated = info.compress_type == zipfile.ZIP_DEFLATED
    return Member(name, info.header_offset, info.compress_size, info.file_size, info.CRC, deflated)
