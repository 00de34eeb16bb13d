"""TCX files that must be refused, each with a sentence that helps; and those that are read."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shoetrack.errors import UnreadableError
from shoetrack.importers import tcx
from shoetrack.importers.tcx import parser as tcx_parser
from shoetrack.model import RunRecord

from .make_tcx import activity, document, lap, refusal, run, trackpoint, trackpoints, whole


@pytest.mark.parametrize(
    ("lat", "lon"),
    [("nan", "1"), ("1", "inf"), ("91", "1"), ("1", "-180.5"), ("", "1"), ("1", ""),
     ("north", "1"), ("1,2,3", "1"), ("0x10", "1"), ("1e999", "1")],
)  # fmt: skip
def test_a_point_nowhere_on_earth(lat: str, lon: str) -> None:
    points = trackpoints(3) + trackpoint(place=(lat, lon))
    reason = refusal(document(activity(lap(points))))
    assert "line 7" in reason
    assert "nowhere on Earth" in reason


def test_points_that_are_somewhere_or_have_no_place() -> None:
    points = "".join(trackpoint(place=place) for place in ((90, 180), ("-90", "1e2"), ("1,5", 2)))
    points += "<Trackpoint><Position/></Trackpoint>" + trackpoint(place=(0, 0))
    assert run(document(activity(lap(points)))).distance_mm == 1_000_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is cut off"),
        ("hello", "is malformed at line 1"),
        ("<gpx/>", "not TCX"),
        (document()[:-8], "is cut off at line 18: copy it again"),
        (document()[:600], "is cut off"),
        (document().replace("</Track>", "</Lap>"), "is malformed at line 15 (mismatched tag)"),
        (document() + document(), "more than one document"),
        (document() + "<TrainingCenterDatabase/>", "more than one document"),
        (document().replace("Home", "Ho\0me"), "zero bytes"),
        (document().replace("Home", "&nbsp;"), "undefined entity"),
        (whole("<History><Running/></History>"), "version 1"),
    ],
)
def test_damage_is_named(text: str, words: str) -> None:
    assert words in refusal(text)


@pytest.mark.parametrize("inside", [" [<!ENTITY a 'b'>]", "", " SYSTEM 'x'"])
def test_a_doctype_is_refused(inside: str) -> None:
    doctype = f"<!DOCTYPE TrainingCenterDatabase{inside}>"
    assert "DOCTYPE" in refusal(document().replace("?>\n", f"?>{doctype}\n"))


@pytest.mark.parametrize("blanks", [" " * 10, "\n\n  ", "\0\0", "\ufeff", " " * 100_000])
def test_blanks_before_the_start_are_stripped(blanks: str) -> None:
    assert run(blanks + document()) == run(document())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = document().replace("Home", "Früh").replace("UTF-8", encoding)
    assert run(text.encode(encoding)).name == "Früh"


def test_nesting_tags_and_names_are_bounded() -> None:
    deep = "<a>" * 5000 + "</a>" * 5000
    for body in (deep, f"<Trackpoint>{deep}</Trackpoint>"):
        assert "nested too deeply" in refusal(document(activity(lap(body))))
    assert "nested too deeply" in refusal(document(deep))
    assert "more than 1 MiB" in refusal(document("<Activity a='" + "x" * 3_000_000))
    assert "names of elements" in refusal(whole("".join(f"<n{i}/>" for i in range(50_000))))


def test_a_huge_text_is_read_in_bounds() -> None:
    points = trackpoint(place=("52" + " " * 3_000_000, "13")) + trackpoints()
    tail = f"<Notes>{'n' * 3_000_000}</Notes>"
    assert run(document(activity(lap(points), tail=tail))).name == "n" * 500


def test_points_and_activities_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcx_parser, "MAX_POINTS", 10)
    assert "more than 10 points" in refusal(document())
    assert "activities" in refusal(document("<Activity/>" * 10_001))


SMALL = (
    "   "
    + document(
        activity(lap(trackpoints(3), metres="") + lap(trackpoints(2, 3)))
        + activity(lap(trackpoints(3, distances=False), metres=""))
    )
).encode()
PIECES = st.sampled_from(
    [b"", b"\0", b"<", b">", b'"', b"&", b"]]>", b"<!--", b"<Lap>", b"</Lap>", b"<Track>",
     b"</Track>", b"<Position>", b"<Time>", b"</Time>", b"nan", b"1e999", b"-", b"0", b"\xff",
     b"<DistanceMeters>", b"</DistanceMeters>", b"<Activity>", b"</Activity>", b"</Trackpoint>"]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.integers(0, len(SMALL)), st.integers(0, 40), PIECES | st.binary(max_size=6)),
    max_size=5,
)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(EDITS)
def test_a_mutated_file(edits: list[tuple[int, int, bytes]]) -> None:
    data = SMALL
    for at, removed, added in edits:
        data = data[:at] + added + data[at + removed :]
    try:
        found = tcx.read(io.BytesIO(data), "x.tcx", "d")
    except UnreadableError as error:
        assert str(error)  # noqa: PT017
        return
    assert found
    for one in found:
        if isinstance(one, RunRecord):
            assert one.distance_mm is None or one.distance_mm > 0
            assert one.duration_s is None or one.duration_s > 0
            assert not (one.started_at and one.ended_at) or one.started_at < one.ended_at
