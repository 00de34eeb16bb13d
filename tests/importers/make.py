"""Small files for the tests: GPX documents, archives whole and broken."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, find_sources, gpx, read_source
from shoetrack.model import RunRecord, Skip

SPACE = "http://www.topografix.com/GPX/1/1"
START = datetime(2026, 5, 1, 7, tzinfo=UTC)


def point(lat: float | str, lon: float | str, time: str = "", extra: str = "") -> str:
    stamp = f"<time>{time}</time>" if time else ""
    return f'<trkpt lat="{lat}" lon="{lon}"><ele>5</ele>{stamp}{extra}</trkpt>\n'


def line(count: int = 11, start: datetime | None = START, step_s: float = 10.0) -> str:
    """Points along a meridian, each 0.001 degrees (111.195 m) north of the last."""
    return "".join(
        point(
            f"{52 + i / 1000:.6f}",
            "13.4",
            (start + timedelta(seconds=i * step_s)).isoformat().replace("+00:00", "Z")
            if start
            else "",
        )
        for i in range(count)
    )


def segment(points: str) -> str:
    return f"<trkseg>\n{points}</trkseg>\n"


def track(points: str | None = None, head: str = "<name>Home</name><type>running</type>") -> str:
    return f"<trk>{head}{segment(line() if points is None else points)}</trk>\n"


def document(body: str | None = None, creator: str = "test", head: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="{creator}" '
        f'xmlns="{SPACE}">\n{head}{track() if body is None else body}</gpx>\n'
    )


def results(text: str | bytes, name: str = "run.gpx") -> list[RunRecord | Skip]:
    data = text.encode() if isinstance(text, str) else text
    return gpx.read(io.BytesIO(data), name, "d" * 64)


def run(text: str | bytes, name: str = "run.gpx") -> RunRecord:
    (record,) = results(text, name)
    assert isinstance(record, RunRecord), record
    return record


def refusal(text: str | bytes) -> str:
    """The reason for which a document is refused."""
    try:
        found = results(text)
    except UnreadableError as error:
        return str(error)
    raise AssertionError(f"was read: {found}")


def write_zip(path: Path, members: Iterable[tuple[str, bytes]], method: int = 8) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.compress_type = method
            archive.writestr(info, data)
    return path


def encrypt_first(path: Path) -> Path:
    """Flag the first member as encrypted, in its own header and in the directory."""
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    return path


def overlapping_bomb(path: Path, members: int, unpacked: int) -> Path:
    """Many directory entries for one packed run of zeros (after D. Fifield, 2019)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(unpacked)
    packed = packer.compress(zeros) + packer.flush()
    crc = zlib.crc32(zeros)
    local = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(packed), unpacked, 1, 0
    )
    body = local + b"a" + packed
    entry = struct.pack(
        "<4s6H3L5H2L",
        *(b"PK\x01\x02", 20, 20, 0, 8, 0, 33, crc, len(packed), unpacked, 1, 0, 0, 0, 0, 0, 0),
    )
    directory = (entry + b"a") * members
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, members, members, len(directory), len(body), 0
    )
    path.write_bytes(body + directory + end)
    return path


def outcomes(*paths: Path) -> dict[str, str]:
    """What becomes of everything under the paths: name to "run", a skip's or a refusal's reason."""
    found: dict[str, str] = {}
    for source in find_sources(paths):
        if isinstance(source, Problem):
            found[source.name] = source.reason
            continue
        try:
            first = read_source(source)[0]
        except UnreadableError as error:
            found[source.name] = str(error)
        else:
            found[source.name] = first.reason if isinstance(first, Skip) else "run"
    return found
