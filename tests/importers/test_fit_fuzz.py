"""Any bytes at all: a list or an UnreadableError, never anything else, and never for long."""

from __future__ import annotations

import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack.errors import UnreadableError
from shoetrack.importers import fit
from shoetrack.model import RunRecord, Skip

from .make_fit import (
    BYTES,
    CYCLING,
    DEVICE_INFO,
    FILE_ID,
    LAP,
    NO_U32,
    NOW,
    RECORD,
    SESSION,
    SPORT,
    TEXT,
    TWO,
    U8,
    U16,
    U32,
    Writer,
    activity,
    around,
    body,
    file_id,
    records,
    session,
)  # fmt: skip


def seeds() -> list[Writer]:
    named = body(session(f110=(TEXT, "Früh")), session(NO_U32, CYCLING, NOW + 5000))
    named.put(SPORT, {0: (U8, 1), 3: (TEXT, "Run")}).put(DEVICE_INFO, {0: (U8, 0), 2: (U16, 1)})
    swapped = body(session(NO_U32), session(0, start=NOW + 60), big_endian=True)
    flat = records(Writer().put(FILE_ID, file_id())).put(LAP, {25: (U8, 1)})
    squeezed = Writer().define(RECORD, [(253, 4, U32), (8, 3, BYTES)], 1, [(0, 2, 0)])
    for second in range(9):
        squeezed.data(squeezed.pack(U32, NOW + second) + b"\1\2\3zz", local=1)
        squeezed.squeezed(b"\xff" * 9, second, local=1)
    return [named, swapped, flat, squeezed]


SEEDS = [seed.body for seed in seeds()]
BYTE_SETS = st.sampled_from(
    [b"", b"\0", b"\xff", b"\x40", b"\x80", b"\x60", b"\x0f", b"\x7f\xff\xff\xff", b"\xff" * 4,
     bytes(8), b"\x40\0\0\x12\0\xff", b"\x40\0\0\x14\0\1\xfd\x08\x8f", b"\x8f", b"\x89", b"\x0d"]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), BYTE_SETS | st.binary(max_size=6)), max_size=6
)


def edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, removed, added in edits:
        at = round(place * len(data))
        data = data[:at] + added + data[at + removed :]
    return data


def survives(data: bytes) -> None:
    fit.claims(data)
    for lenient in (False, True):
        try:
            found = fit.read(io.BytesIO(data), "x.fit", "d", lenient)
        except UnreadableError as error:
            assert str(error)  # noqa: PT017
            continue
        assert found
        for index, one in enumerate(found):
            assert isinstance(one, RunRecord | Skip)
            if isinstance(one, RunRecord):
                assert one.index == index
                assert one.distance_mm is None or 0 < one.distance_mm <= 1_000_000_000
                assert (one.distance_mm is None) == (one.distance_from is None)
                assert one.duration_s is None or one.duration_s > 0
                assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in one.name)
                if one.started_at and one.ended_at:
                    assert one.started_at <= one.ended_at


@settings(max_examples=1200, deadline=None, derandomize=True)
@given(st.sampled_from(SEEDS), EDITS)
def test_a_mutated_body_with_a_checksum_that_fits(
    seed: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    survives(around(edited(seed, edits)))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(EDITS)
def test_a_mutated_file(edits: list[tuple[float, int, bytes]]) -> None:
    survives(edited(TWO + TWO, edits))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    survives(data)
    survives(around(data))
    survives(around(data, size=0))
    survives(TWO + data)


def definitions() -> bytes:
    return Writer().define(RECORD, [(n, 1, U8) for n in range(255)]).body


HOSTILE = {
    "definitions": lambda: definitions() * (2**20 // 771),
    "small definitions": lambda: b"\x40\0\0\x12\0\0" * (2**20 // 6),
    "messages of nothing": lambda: Writer().define(1, []).body + bytes(2**20),
    "records of nothing": lambda: Writer().define(RECORD, []).body + bytes(2**20),
    "sessions of nothing": lambda: Writer().define(SESSION, []).body + bytes(2**20),
    "device infos": lambda: Writer().define(DEVICE_INFO, [(27, 1, TEXT)]).body + bytes(2**20),
    "long texts": lambda: b"".join(
        Writer().define(SESSION, [(110, 255, TEXT)]).data(b"a" * 255).body for _ in range(900)
    ),
    "times back and forth": lambda: (
        Writer().define(RECORD, [(253, 4, U32)]).body + b"\0\0\0\0\x20\0\0\0\0\x40" * (2**20 // 10)
    ),
    "two kinds in turn": lambda: (
        Writer().define(8, []).define(8, [], 1).body + b"\0\0\1" * (2**20 // 3)
    ),
    "empty files": lambda: around(b"@\0\0\0\0\0", 12) * (2**20 // 20),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_megabyte_takes_no_time(kind: str) -> None:
    data = HOSTILE[kind]()
    if kind != "empty files":
        data = around(b"", size=len(data))[:-2] + data
    begun = time.process_time()
    survives(data)
    assert time.process_time() - begun < 4  # for two readings


def test_an_unfinished_chain_of_headers_ends() -> None:
    survives(around(activity_alone(), size=0) + around(b"", 12) * 100)


def activity_alone() -> bytes:
    return Writer().put(34, activity()).body
