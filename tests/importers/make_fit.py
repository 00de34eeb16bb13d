"""Small FIT files for the tests: a writer of messages, and the messages of a run."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from shoetrack.errors import UnreadableError
from shoetrack.importers import fit
from shoetrack.model import RunRecord, Skip

from .make import START

ENUM, U8, S16, U16, S32, U32, TEXT, F32, BYTES = (
    0x00, 0x02, 0x83, 0x84, 0x85, 0x86, 0x07, 0x88, 0x0D
)  # fmt: skip
_LETTERS = {ENUM: "B", U8: "B", S16: "h", U16: "H", S32: "i", U32: "I", F32: "f"}

Value = int | float | str | bytes
# Field number to base type and value.
Fields = Mapping[int, tuple[int, Value]]

FILE_ID, SPORT, SESSION, LAP, RECORD, EVENT, DEVICE_INFO, ACTIVITY = 0, 12, 18, 19, 20, 21, 23, 34
RUNNING, CYCLING, TRANSITION, SWIMMING, WALKING, HIKING = 1, 2, 3, 5, 11, 17
NOW = int((START - datetime(1989, 12, 31, tzinfo=UTC)).total_seconds())


def crc16(data: bytes) -> int:
    """CRC-16/ARC, bit by bit: another way than the reader's."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


class Writer:
    """Collects messages; `file` gives the FIT file around them."""

    def __init__(self, big_endian: bool = False) -> None:
        self.body = b""
        self._order = ">" if big_endian else "<"

    def define(
        self,
        number: int,
        fields: Iterable[tuple[int, int, int]],
        local: int = 0,
        developer: Iterable[tuple[int, int, int]] = (),
    ) -> Writer:
        """Fields as number, size, base type; a developer's as number, size, index."""
        fields, developer = list(fields), list(developer)
        first = 0x40 | local | (0x20 if developer else 0)
        self.body += struct.pack(
            f"{self._order}BBBHB", first, 0, self._order == ">", number, len(fields)
        )
        self.body += b"".join(bytes(field) for field in fields)
        if developer:
            self.body += bytes([len(developer)]) + b"".join(bytes(field) for field in developer)
        return self

    def data(self, payload: bytes, local: int = 0) -> Writer:
        self.body += bytes([local]) + payload
        return self

    def squeezed(self, payload: bytes, time: int, local: int = 0) -> Writer:
        """A message with the last five bits of its time in its first byte."""
        self.body += bytes([0x80 | local << 5 | time & 31]) + payload
        return self

    def pack(self, base: int, value: Value) -> bytes:
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            return value.encode() + b"\0"
        return struct.pack(self._order + _LETTERS[base], value)

    def put(self, number: int, fields: Fields, local: int = 0) -> Writer:
        """A definition, and one message of it."""
        packed = {field: (base, self.pack(base, value)) for field, (base, value) in fields.items()}
        self.define(
            number, [(field, len(raw), base) for field, (base, raw) in packed.items()], local
        )
        return self.data(b"".join(raw for _, raw in packed.values()), local)

    def file(self, header: int = 14, size: int | None = None, crc: int | None = None) -> bytes:
        return around(self.body, header, size, crc)


def around(body: bytes, header: int = 14, size: int | None = None, crc: int | None = None) -> bytes:
    """A FIT file of that body; with a stated size or checksum that may be wrong."""
    head = struct.pack("<BBHI4s", header, 0x20, 2140, len(body) if size is None else size, b".FIT")
    if header >= 14:
        head += struct.pack("<H", crc16(head)) + bytes(header - 14)
    whole = head + body
    return whole + struct.pack("<H", crc16(whole) if crc is None else crc)


def file_id(kind: int = 4, maker: int = 1, product: int = 2691) -> Fields:
    return {0: (ENUM, kind), 1: (U16, maker), 2: (U16, product), 4: (U32, NOW)}


def session(
    distance_cm: int = 500_000,
    sport: int = RUNNING,
    start: int = NOW,
    seconds: float = 1500,
    sub_sport: int = 0,
    **more: tuple[int, Value],
) -> Fields:
    """`more`: further fields, as f110=(TEXT, "Run"); they replace those of the same number."""
    millis = round(seconds * 1000)
    return {
        253: (U32, start + round(seconds)),
        2: (U32, start),
        5: (ENUM, sport),
        6: (ENUM, sub_sport),
        7: (U32, millis),
        8: (U32, millis),
        9: (U32, distance_cm),
        **{int(key[1:]): value for key, value in more.items()},
    }


def activity(time: int = NOW, offset_s: int | None = 7200, kind: int = 0) -> Fields:
    local = {} if offset_s is None else {5: (U32, time + offset_s)}
    return {253: (U32, time), 2: (ENUM, kind), **local}


RECORD_FIELDS = [(253, 4, U32), (0, 4, S32), (1, 4, S32), (5, 4, U32), (3, 1, U8)]
NO_PLACE = 0x7FFF_FFFF
NO_U32 = 0xFFFF_FFFF


def semicircles(degrees: float) -> int:
    return round(degrees * 2**31 / 180)


def records(
    writer: Writer,
    count: int = 11,
    start: int = NOW,
    step_s: int = 10,
    step_cm: int | None = 3000,
    first_cm: int = 0,
    places: bool = True,
) -> Writer:
    """Along a meridian, each 0.001 degrees (111.195 m) north of the last."""
    writer.define(RECORD, RECORD_FIELDS, local=1)
    for i in range(count):
        lat = semicircles(52 + i / 1000) if places else NO_PLACE
        lon = semicircles(13.4) if places else NO_PLACE
        distance = NO_U32 if step_cm is None else first_cm + i * step_cm
        values = zip((U32, S32, S32, U32, U8), (start + i * step_s, lat, lon, distance, 140),
                     strict=True)  # fmt: skip
        writer.data(b"".join(writer.pack(base, value) for base, value in values), local=1)
    return writer


def body(
    *sessions: Fields, kind: int = 4, summary: Fields | None = None, big_endian: bool = False
) -> Writer:
    """A file's messages: what it is, some records, the sessions, the activity."""
    writer = Writer(big_endian).put(FILE_ID, file_id(kind))
    records(writer)
    for one in sessions:
        writer.put(SESSION, one)
    return writer.put(ACTIVITY, activity() if summary is None else summary)


def results(data: bytes, name: str = "run.fit", lenient: bool = False) -> list[RunRecord | Skip]:
    return fit.read(io.BytesIO(data), name, "d" * 64, lenient)


def run(data: bytes, name: str = "run.fit", lenient: bool = False) -> RunRecord:
    (record,) = results(data, name, lenient)
    assert isinstance(record, RunRecord), record
    return record


def runs(data: bytes) -> list[RunRecord]:
    return [one for one in results(data) if isinstance(one, RunRecord)]


def reasons(data: bytes) -> list[str]:
    return [one.reason for one in results(data) if isinstance(one, Skip)]


def refusal(data: bytes, lenient: bool = False) -> str:
    """The reason for which a file is refused."""
    try:
        found = results(data, lenient=lenient)
    except UnreadableError as error:
        return str(error)
    raise AssertionError(f"was read: {found}")


# A run and a walk as two legs: what the contract's tests read.
TWO = body(
    session(f110=(TEXT, "Run")),
    session(sport=WALKING, start=NOW + 1600, f110=(TEXT, "Walk")),
).file()
