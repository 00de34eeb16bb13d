"""The walk over a body: every size of chunk and series, developers' fields, redefinitions."""

from __future__ import annotations

import io
import itertools
import random

import pytest

from shoetrack.importers import fit
from shoetrack.importers.fit.layout import Values
from shoetrack.importers.fit.walk import DamagedError, Walker
from shoetrack.model import RunRecord

from .make_fit import (
    ACTIVITY,
    FILE_ID,
    NOW,
    RECORD,
    SESSION,
    TEXT,
    U8,
    U16,
    U32,
    Writer,
    activity,
    body,
    file_id,
    records,
    run,
    session,
)


def walked(data: bytes, sizes: list[int] | None = None) -> list[tuple[int, Values]]:
    """The counters (field 1 of message 7) that are taken, fed in pieces of those sizes."""
    found: list[tuple[int, Values]] = []
    walker = Walker({7: frozenset({1})}, lambda number, values: found.append((number, values)))
    at = 0
    for size in sizes or [len(data)]:
        walker.feed(data[at : at + size])
        at += size
    walker.feed(data[at:])
    walker.finish()
    return found


def mixture(seed: int) -> tuple[bytes, int]:
    """Messages of many kinds and sizes in series and mixed, and how many of them are counted."""
    rng = random.Random(seed)
    writer, counted, kinds = Writer(), 0, dict[int, tuple[bool, int]]()
    for _ in range(rng.randint(1, 60)):
        local = rng.randrange(16)
        if local not in kinds or rng.random() < 0.2:
            wanted = rng.random() < 0.2
            sizes = [rng.choice([0, 1, 7, 255]) for _ in range(rng.randint(0, 5))]
            fields = [(2, size, U8) for size in sizes] + ([(1, 2, U16)] if wanted else [])
            extra = [(0, rng.randint(0, 9), 0) for _ in range(rng.choice([0, 0, 2]))]
            writer.define(7 if wanted else 8, fields, local, extra)
            size = sum(field[1] for field in [*fields, *extra])
            kinds[local] = wanted, size
        wanted, size = kinds[local]
        for _ in range(rng.choice([1, 2, 3, 64, 65, 66, 200])):
            if local < 4 and rng.random() < 0.01:
                writer.squeezed(b"\1" * size, rng.randrange(32), local)
            else:
                writer.data(b"\1" * size, local)
            counted += wanted
    return writer.body, counted


@pytest.mark.parametrize("seed", range(40))
def test_every_message_is_stepped_over_exactly(seed: int) -> None:
    data, counted = mixture(seed)
    assert walked(data) == [(7, {1: 0x0101})] * counted
    rng = random.Random(seed)
    for longest in (1, 9, 300, 5000):
        pieces = [rng.randint(0, longest) for _ in range(min(len(data), 20_000))]
        assert len(walked(data, pieces)) == counted


@pytest.mark.parametrize("seed", range(5))
def test_a_cut_message_is_noticed(seed: int) -> None:
    data, _ = mixture(seed)
    data = Writer().define(8, [(0, 255, U8)] * 255).data(bytes(65_025)).body + data
    for end in (1, 5, 100, 1000, 65_000):
        with pytest.raises(DamagedError, match="ends within"):
            walked(data[:end])


def test_a_message_never_defined() -> None:
    with pytest.raises(DamagedError, match="never defined"):
        walked(b"\0")
    with pytest.raises(DamagedError, match="never defined"):
        walked(Writer().define(7, [(1, 2, U16)], local=1).data(b"ab", local=1).body + b"\x80")


def test_local_numbers_are_defined_anew() -> None:
    writer = Writer().put(FILE_ID, file_id())
    writer.define(RECORD, [(5, 4, U32), (6, 2, U16)])
    for _ in range(500):
        writer.data(bytes(6))
    writer.put(SESSION, session(), local=0)
    writer.define(RECORD, [(6, 2, U16)], local=0)
    for _ in range(500):
        writer.data(bytes(2))
    assert run(writer.put(ACTIVITY, activity()).file()).distance_mm == 5_000_000


def test_developers_fields_are_stepped_over() -> None:
    writer = Writer().put(FILE_ID, file_id()).put(206, {0: (U8, 0), 3: (TEXT, "Power")})
    writer.define(RECORD, [(253, 4, U32), (5, 4, U32)], 1, [(0, 2, 0), (9, 33, 0)])
    for second in range(100):
        values = writer.pack(U32, NOW + second) + writer.pack(U32, second * 300)
        writer.data(values + b"\x41" * 35, local=1)
    writer.define(SESSION, [(9, 4, U32), (5, 1, 0)], 2, [(0, 2, 0)])
    writer.data(writer.pack(U32, 30_000) + b"\1" + b"zz", local=2)
    assert run(writer.file()).distance_mm == 300_000
    writer.define(SESSION, [(5, 1, 0)], 2, [(0, 2, 0)]).data(b"\1zz", local=2)
    assert run(writer.file()).distance_mm == 300_000


class Slow(io.BytesIO):
    """A stream that gives less than it is asked for."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        super().__init__(data)
        self._sizes = itertools.cycle(sizes)

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, next(self._sizes)))


def test_a_stream_may_give_little_at_a_time() -> None:
    data = body(session()).file()
    (found,) = fit.read(Slow(data, [1, 3, 70]), "run.fit", "d" * 64)
    assert found == run(data)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 3000, 9000])
def test_long_series_across_chunks(count: int) -> None:
    writer = records(Writer().put(FILE_ID, file_id()), count)
    found = run(writer.put(SESSION, session()).file())
    assert isinstance(found, RunRecord)
    assert found.distance_mm == 5_000_000
