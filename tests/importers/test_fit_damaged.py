"""Damaged, cut off, unfinished and padded FIT files: refused, or on request what is left."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from shoetrack.errors import UnreadableError
from shoetrack.importers import Problem, find_sources, read_source
from shoetrack.importers.fit.outings import NO_SUMMARY
from shoetrack.model import DistanceSource, RunRecord, Skip

from .make_fit import (
    ACTIVITY,
    FILE_ID,
    SESSION,
    Writer,
    activity,
    around,
    body,
    file_id,
    records,
    refusal,
    results,
    run,
    session,
)

WHOLE = body(session()).file()
ONE_RUN = "--lenient would take 1 run from it, with the watch's own total"


def test_a_wrong_checksum() -> None:
    data = body(session()).file(crc=1)
    reason = refusal(data)
    assert reason.startswith("has a wrong checksum")
    assert reason.endswith(ONE_RUN)
    found = run(data, lenient=True)
    assert found.distance_mm == 5_000_000
    assert re.search(r"wrong checksum.* as asked", found.remarks[-1])


@pytest.mark.parametrize("at", range(14, len(WHOLE), 7))
def test_any_flipped_bit_is_found(at: int) -> None:
    data = WHOLE[:at] + bytes([WHOLE[at] ^ 4]) + WHOLE[at + 1 :]
    assert "has a wrong checksum" in refusal(data)


def test_the_headers_checksum() -> None:
    data = bytearray(WHOLE)
    data[2] ^= 1  # the profile's version, which says nothing
    assert refusal(bytes(data)).startswith("has a damaged header")
    data[12:14] = b"\0\0"  # not set; the file's own checksum still tells
    assert refusal(bytes(data)).startswith("has a wrong checksum")
    unset = bytearray(around(body(session()).body))
    unset[12:14] = b"\0\0"
    assert run(around(bytes(unset[14:-2]), 12)).distance_mm == 5_000_000


@pytest.mark.parametrize("end", range(12, len(WHOLE)))
def test_cut_off_anywhere(end: int) -> None:
    data = WHOLE[:end]
    reason = refusal(data)
    assert reason.startswith("is cut off: copy it again")
    try:
        found = results(data, lenient=True)
    except UnreadableError as error:
        assert "would find no run" in reason
        assert "no run can be found" in str(error)  # noqa: PT017
        return
    (record,) = found
    assert isinstance(record, RunRecord)
    assert "is cut off" in record.remarks[-1]
    if record.distance_from is DistanceSource.SESSION:
        assert record.distance_mm == 5_000_000
    else:
        assert NO_SUMMARY in record.remarks or record.distance_mm is None
        assert (record.distance_mm or 0) <= 300_000


def test_cut_off_without_a_summary_the_records_are_what_is_left() -> None:
    data = WHOLE[: WHOLE.index(b"\x40\x00\x00\x12")]
    assert refusal(data).endswith("1 run from it, as far as its records go")
    assert run(data, lenient=True).distance_mm == 300_000


@pytest.mark.parametrize("tail", [b"", WHOLE[-2:]])
def test_a_writer_that_never_finished(tail: bytes) -> None:
    data = body(session()).file(size=0)[:-2] + tail
    reason = refusal(data)
    assert reason.startswith("was never finished")
    assert reason.endswith(ONE_RUN)
    assert run(data, lenient=True).distance_mm == 5_000_000


@pytest.mark.parametrize("tail", [b"", b"\0", b"\x12\x34"])
@pytest.mark.parametrize("header", [12, 14])
def test_a_header_alone_holds_nothing(header: int, tail: bytes) -> None:
    data = around(b"", header)[:-2] + tail
    assert results(data) == [Skip("run.fit", "nothing recorded in it")]


@pytest.mark.parametrize("padding", [b"\0", bytes(99_999), b"\xff" * 512, bytes(9) + b"\xff" * 9])
def test_padding_is_passed_over(padding: bytes) -> None:
    assert run(WHOLE + padding) == run(WHOLE)


@pytest.mark.parametrize("rubbish", [b"x", bytes(70_000) + b"\1", WHOLE[1:], WHOLE[:8] + b".fit"])
def test_other_bytes_after_the_end_may_be_a_lost_run(rubbish: bytes) -> None:
    reason = refusal(WHOLE + rubbish)
    assert "after its end" in reason
    assert reason.endswith(ONE_RUN)
    assert run(WHOLE + rubbish, lenient=True).distance_mm == 5_000_000


def test_a_damaged_part_does_not_hide_the_next_one() -> None:
    data = body(session(400_000)).file(crc=7) + WHOLE
    assert refusal(data).endswith("--lenient would take 2 runs from it")
    assert [getattr(one, "index", None) for one in results(data, lenient=True)] == [0, 1]


def test_a_cut_chain_is_refused_whole() -> None:
    assert refusal(WHOLE + WHOLE[:-9]).startswith("is cut off")
    assert len(results(WHOLE + WHOLE[:40], lenient=True)) == 1


def test_a_damaged_course_has_no_run() -> None:
    data = body(session(), kind=6).file(crc=7)
    assert refusal(data).endswith("--lenient would find no run in it")
    assert refusal(data, lenient=True).endswith("no run can be found in it")


def test_messages_that_make_no_sense() -> None:
    undefined = Writer().put(FILE_ID, file_id()).put(SESSION, session()).data(b"abc", local=7)
    reason = refusal(undefined.file())
    assert reason.startswith("holds a message that it never defined")
    assert reason.endswith(ONE_RUN)
    assert run(undefined.file(), lenient=True).distance_mm == 5_000_000
    for end in (1, 20):
        short = body(session()).body[:-end]
        assert "ends within a message" in refusal(around(short))


def test_not_a_fit_file() -> None:
    assert refusal(b"hello") == "is not a FIT file"
    assert refusal(WHOLE[:11]) == "is not a FIT file"
    assert refusal(b"\x08" + WHOLE[1:]) == "is not a FIT file"


def test_more_than_anyone_has_is_refused() -> None:
    writer = Writer().put(FILE_ID, file_id())
    for leg in range(1001):
        writer.put(SESSION, session(start=leg * 90_000 + 0x1000_0000))
    assert "more than 1,000 sessions" in refusal(writer.file())
    assert "chains more than 1,000" in refusal(around(b"@", 12) * 1001)


def test_gzipped_and_named_anything(tmp_path: Path) -> None:
    (tmp_path / "1234").write_bytes(gzip.compress(WHOLE))
    (source,) = find_sources([tmp_path / "1234"])
    assert not isinstance(source, Problem)
    (found,) = read_source(source)
    assert isinstance(found, RunRecord)
    assert found.distance_mm == 5_000_000


def test_no_summary_in_a_whole_file_is_no_fault() -> None:
    writer = records(Writer().put(FILE_ID, file_id())).put(ACTIVITY, activity())
    found = run(writer.file())
    assert (found.distance_mm, found.distance_from) == (300_000, DistanceSource.COMPUTED)
    assert found.remarks == (NO_SUMMARY,)
    assert found.utc_offset_s == 7200
