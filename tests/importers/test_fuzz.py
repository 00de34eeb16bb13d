"""Any bytes at all: a list or an UnreadableError, never anything else."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack.errors import UnreadableError
from shoetrack.importers import READERS, gpx
from shoetrack.importers.sniff import what_it_is
from shoetrack.model import RunRecord, Skip

from .make import document, line, point, track

SMALL = document(
    track(line(4), "<name>Früh</name><type>run</type>")
    + "<trk><extensions><TrackStatsExtension><Distance>500</Distance></TrackStatsExtension>"
    + f"</extensions><trkseg>{point(0, 0)}{line(3)}</trkseg></trk>",
    head="<metadata><time>2026-05-01T06:00:00Z</time></metadata>",
    creator="Garmin Connect",
).encode()

PIECES = st.sampled_from(
    [b"", b"\0", b"<", b">", b'"', b"&", b"]]>", b"<!--", b"<![CDATA[", b"<trk>", b"</trk>",
     b"<trkseg>", b"</trkseg>", b"<extensions>", b"</extensions>", b"<time>", b"nan", b"1e999",
     b"-", b"0", b"\xff", b"\xff\xfe", b"<?xml version='1.0' encoding='utf-16'?>",
     b"<!DOCTYPE a>", b"</gpx>", b"<gpx>", b"9999-12-31T23:59:59Z", b"xmlns:a=''", b"lat='1'"]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, len(SMALL)), st.integers(0, 40), PIECES | st.binary(max_size=6)),
    max_size=5,
)


def survives(data: bytes) -> None:
    for reader in READERS:
        reader.claims(data)
    assert what_it_is(data)
    try:
        found = gpx.read(io.BytesIO(data), "x.gpx", "d")
    except UnreadableError as error:
        assert str(error)  # noqa: PT017
    else:
        assert found
        for one in found:
            assert isinstance(one, RunRecord | Skip)
            if isinstance(one, RunRecord):
                assert one.distance_mm is None or one.distance_mm > 0
                assert one.duration_s is None or one.duration_s > 0


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(EDITS)
def test_a_mutated_file(edits: list[tuple[int, int, bytes]]) -> None:
    data = SMALL
    for at, removed, added in edits:
        data = data[:at] + added + data[at + removed :]
    survives(data)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    survives(data)
    survives(b"<gpx>" + data + b"</gpx>")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(["utf-16", "utf-32", "shift_jis", "cp1251"]), EDITS)
def test_a_mutated_file_in_another_encoding(
    encoding: str, edits: list[tuple[int, int, bytes]]
) -> None:
    data = SMALL.replace(b"UTF-8", encoding.encode()).decode().encode(encoding, "replace")
    for at, removed, added in edits:
        data = data[:at] + added + data[at + removed :]
    survives(data)
