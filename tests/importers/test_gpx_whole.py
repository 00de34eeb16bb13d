"""Points taken whole are the points that expat gives: in any document, cut anywhere."""

from __future__ import annotations

import io
import itertools
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoetrack.errors import UnreadableError
from shoetrack.importers import gpx, xml_text
from shoetrack.importers.gpx import whole as gpx_whole
from shoetrack.importers.gpx.points import Columns
from tests.support import START, gpx_text, straight

_EXTENSIONS = (
    "\n<extensions><ns3:TrackPointExtension>\n <ns3:hr>150</ns3:hr><ns3:cad>88</ns3:cad>\n"
    "</ns3:TrackPointExtension></extensions>\n"
)
_PLACES = gpx_text(straight(5000, START, count=60), name="a run").replace(
    "</time></trkpt>", f"</time>{_EXTENSIONS}</trkpt>"
)
# Up and down three hills of 21 m.
_HEIGHTS = (f"<ele>{40 + abs(i % 20 - 10) * 2.1}</ele><time>" for i in itertools.count())
DOCUMENT = re.sub("<time>", lambda _: next(_HEIGHTS), _PLACES)
# Pieces that change what a document means, or break it, put anywhere.
PIECES = (
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "</trkseg><trkseg>",
    "<trkpt",
    "</trkpt>",
    '<trkpt lat="52.5" lon="13.4"/>',
    '<trkpt lon="13.4" lat="52.5"><time>2026-05-01T08:00:00Z</time></trkpt>',
    '<trkpt lat="0.0" lon="0.0"><time>2026-05-01T07:00:01Z</time></trkpt>',
    '<trkpt lat="91" lon="0"></trkpt>',
    '<trkpt lat="100" lon="0"></trkpt>',
    "<time>2026-05-01T09:00:00Z</time>",
    "<ele>12</ele>",
    "<ele>nan</ele>",
    "<ele>1e9</ele>",
    "<ele>4,5</ele>",
    "<ele/>",
    "<extensions><time>2020-01-01T00:00:00Z</time></extensions>",
    "<extensions><trkpt lat='1' lon='2'></trkpt></extensions>",
    "<a><b><c>deep</c></b></a>",
    "&amp;",
    "&#50;",
    "\x00",
    "\x0b",
    "ü",
    "</gpx>",
    "<?pi?>",
    "x",
    "<",
    "\r",
)


def _read(document: str) -> object:
    try:
        return gpx.read(io.BytesIO(document.encode()), "a.gpx", "")
    except UnreadableError as error:
        return str(error)


def _both(document: str, chunk: int) -> tuple[object, object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_text, "CHUNK", chunk)
        patch.setattr(gpx_whole, "_WORTH", 1)
        whole = _read(document)
        patch.setattr(gpx_whole, "_WORTH", len(document) * 10)
        return whole, _read(document)


def test_the_document_is_one_where_points_are_taken_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    points_in = gpx_whole._points_in

    def counted(stretch: bytes) -> Columns | None:
        found = points_in(stretch)
        taken.append(len(found[0]) if found else 0)
        return found

    monkeypatch.setattr(gpx_whole, "_points_in", counted)
    _read(DOCUMENT)
    assert sum(taken) == 60


@given(
    inserts=st.lists(st.tuples(st.integers(0, len(DOCUMENT)), st.sampled_from(PIECES)), max_size=4),
    cut=st.none() | st.integers(0, len(DOCUMENT)),
    chunk=st.sampled_from([300, 1000, 5000, 64 * 1024]),
)
def test_any_document_reads_the_same(
    inserts: list[tuple[int, str]], cut: int | None, chunk: int
) -> None:
    document = DOCUMENT
    for at, piece in inserts:
        document = document[:at] + piece + document[at:]
    whole, by_expat = _both(document[:cut], chunk)
    assert whole == by_expat


@given(
    at=st.integers(0, len(DOCUMENT) - 1), to=st.characters(max_codepoint=0x2FF), chunk=st.just(2000)
)
def test_any_changed_character_reads_the_same(at: int, to: str, chunk: int) -> None:
    whole, by_expat = _both(DOCUMENT[:at] + to + DOCUMENT[at + 1 :], chunk)
    assert whole == by_expat


def test_the_line_of_a_fault_after_points_that_were_taken_is_right() -> None:
    document = DOCUMENT.replace("</trkseg></trk>", "</trkseg>\n<oops></trk>")
    line = document[: document.index("<oops>")].count("\n") + 1
    assert f"at line {line}" in str(_read(document))


def test_points_and_elevations_are_the_same() -> None:
    points = straight(9000, START - timedelta(days=1), count=400)
    document = gpx_text(points).replace("<time>", "<ele>12.5</ele><time>")
    with pytest.MonkeyPatch.context() as patch:
        whole = gpx.points(io.BytesIO(document.encode()))
        patch.setattr(gpx_whole, "_WORTH", 10**9)
        assert gpx.points(io.BytesIO(document.encode())) == whole
    assert [len(segment) for track in whole for segment in track] == [400]
    assert {point.elevation for point in whole[0][0]} == {12.5}
