"""Files that must be refused, each with a sentence that helps; and those near them that are not."""

from __future__ import annotations

import pytest

from shoetrack.importers.gpx import parser as gpx_parser

from .make import document, line, point, refusal, run, track


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("nan", "1"), ("1", "nan"), ("inf", "1"), ("91", "1"), ("-90.001", "1"), ("1", "180.001"),
        ("1", "-999"), ("", "1"), ("north", "1"), ("1,2,3", "1"), ("1.2,3", "1"), ("100", "1"),
        ("0x10", "1"), ("1e999", "1"),
    ],
)  # fmt: skip
def test_a_point_nowhere_on_earth(lat: str, lon: str) -> None:
    reason = refusal(document(track(line(3) + point(lat, lon))))
    assert "line 7" in reason
    assert "nowhere on Earth" in reason


@pytest.mark.parametrize("attributes", ["lat='1'", "lon='1'", "", "Lat='1' Lon='1'"])
def test_a_point_without_a_place(attributes: str) -> None:
    assert "missing" in refusal(document(track(f"<trkpt {attributes}/>")))


def test_the_poles_and_the_date_line_are_on_earth() -> None:
    points = point(90, 180) + point(-90, -180) + point("+89.5", "1e2")
    assert run(document(track(points))).distance_mm


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is cut off"),
        ("hello", "is malformed at line 1"),
        ("\x01\x02\x03", "is malformed"),
        ("<html><body/></html>", "not GPX"),
        ("<kml/>", "not GPX"),
        ('{"a": 1}', "is malformed"),
        (f"rubbish{document()}", "is malformed at line 1"),
        (document()[:-8], "is cut off at line 16: copy it again"),
        (document()[:300], "is cut off"),
        (document().replace("</trkseg>", "</trk>"), "is malformed at line 15 (mismatched tag)"),
        (document().replace("Home", "A & B"), "is malformed at line 3"),
        (document() + document(), "more than one document"),
        (document() + "<gpx/>", "more than one document"),
        (document() + "rubbish <x:gpx a=''>", "more than one document"),
        (document().replace("Home", "Ho\0\0\0me"), "zero bytes at line 3"),
        (document()[:300] + "\0" * 900, "zero bytes"),
        (document().replace("Home", "&nbsp;"), "undefined entity"),
    ],
)
def test_damage_is_named(text: str, words: str) -> None:
    assert words in refusal(text)


BOMB = '<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE gpx [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("doctype", [BOMB, EXTERNAL, "<!DOCTYPE gpx>", "<!DOCTYPE gpx SYSTEM 'x'>"])
def test_a_doctype_is_refused(doctype: str) -> None:
    text = document(track(head="<name>&b;</name>")).replace("?>\n", f"?>{doctype}\n")
    assert "DOCTYPE" in refusal(text)


@pytest.mark.parametrize("padding", ["", "\n\n", "\0" * 5000, " \r\n\0", "<!-- bye -->", "<?x y?>"])
def test_padding_after_the_end_is_nothing(padding: str) -> None:
    assert run(document() + padding) == run(document())


@pytest.mark.parametrize("rubbish", [b"rubbish", b"\xff\xfe\0\1", b"<", b"<!-- open", b"&amp;"])
def test_rubbish_after_the_end_is_remarked(rubbish: bytes) -> None:
    for filling in (b"", b"\n" * 200_000):
        record = run(document().encode() + filling + rubbish)
        assert any("after its end" in remark for remark in record.remarks)


@pytest.mark.parametrize("blanks", [" ", "\n\n  ", "\0\0", "\ufeff", "\ufeff  ", " " * 100_000])
def test_blanks_before_the_start_are_stripped(blanks: str) -> None:
    assert run(blanks + document()) == run(document())


def test_nesting_is_bounded() -> None:
    deep = "<a>" * 5000 + "</a>" * 5000
    for body in (deep, f"<extensions>{deep}</extensions>"):
        assert "nested too deeply" in refusal(document(body))
        assert "nested too deeply" in refusal(document(track(point(1, 1, "", body))))


def test_an_endless_tag_is_refused_before_it_is_held() -> None:
    for start in ("<trk a='", "<!-- ", "<trk " + "b='1' c='2' " * 9):
        assert "more than 1 MiB" in refusal(document(start + "x" * 3_000_000))


def test_endless_names_are_refused() -> None:
    names = "".join(f"<n{i}/>" for i in range(50_000))
    assert "names of elements" in refusal(document(names))
    assert "names of elements" in refusal(document(f"<extensions>{names}</extensions>"))


def test_a_huge_text_is_read_in_bounds() -> None:
    points = point(52, 13, "2026-05-01T07:00:00Z" + " " * 3_000_000) + line()
    assert run(document(track(points, f"<name>{'n' * 3_000_000}</name>"))).name == "n" * 500


def test_points_and_tracks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpx_parser, "MAX_POINTS", 10)
    assert "more than 10 points" in refusal(document())
    assert "tracks" in refusal(document("<trk/>" * 10_001))


def test_a_thousand_outings_in_one_track_are_too_many() -> None:
    days = "".join(
        point(
            52, 13, f"{2000 + i // 300}-{i % 300 // 25 + 1:02}-{i % 25 + 1:02}T00:00:{i % 60:02}Z"
        )
        + point(52, 13, "1990-01-01T00:00:00Z")
        for i in range(1200)
    )
    assert "outings in one track" in refusal(document(track(days)))
