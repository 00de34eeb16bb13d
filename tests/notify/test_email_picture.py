"""The small picture of a pair's place in its range."""

from __future__ import annotations

import struct
import zlib
from functools import cache

import pytest

from shoetrack.notify.picture import HEIGHT, SCALE, WIDTH, draw_bar
from shoetrack.units import MM_PER_MILE

from .letters import RANGE

Dot = tuple[int, int, int, int]


def read_png(data: bytes) -> list[list[Dot]]:
    """The dots of a PNG of 8 bits with opacity; AssertionError where it is not a whole one."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(kind + content),)
        chunks.append((kind, content))
        at += length + 12
    assert [kind for kind, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    assert (depth, colour, rest) == (8, 6, [0, 0, 0])
    raw = zlib.decompress(chunks[1][1])
    step = 1 + 4 * width
    assert len(raw) == step * height
    rows = [raw[begin : begin + step] for begin in range(0, len(raw), step)]
    assert all(row[0] == 0 for row in rows)
    return [[(*row[at : at + 4],) for at in range(1, step, 4)] for row in rows]


@cache
def middle(miles: float) -> list[Dot]:
    """The dots along the track of a pair of so many miles, of 300-500."""
    return read_png(draw_bar(round(miles * MM_PER_MILE), RANGE))[HEIGHT // 2]


def name(dot: Dot) -> str:
    """What a dot is, by its colour."""
    red, green, blue, opacity = dot
    if opacity < 255:
        return "empty" if red == green == blue else "range"
    if red == green == blue:
        return "mark"
    return "green" if green > red else "amber" if green > 100 else "red"


def stretches(dots: list[Dot]) -> list[str]:
    """What one meets along the track; marks and half-covered dots left out."""
    names = [name(dot) for dot in dots[8:-8]]
    wide = [
        one
        for one, two, three in zip(names, names[1:], names[2:], strict=False)
        if one == two == three != "mark"
    ]
    return [one for one, before in zip(wide, ["", *wide], strict=False) if one != before]


@pytest.mark.parametrize(
    ("miles", "seen"),
    [
        (0, ["empty", "range", "empty"]),
        (120, ["green", "empty", "range", "empty"]),
        (299.9, ["green", "range", "empty"]),
        (300, ["amber", "range", "empty"]),
        (412, ["amber", "range", "empty"]),
        (499.9, ["amber", "empty"]),
        (500, ["red", "empty"]),
        (512, ["red", "empty"]),
        (5000, ["red", "empty"]),
    ],
)
def test_it_shows_where_a_pair_is(miles: float, seen: list[str]) -> None:
    assert stretches(middle(miles)) == seen


def test_what_has_been_run_is_to_scale() -> None:
    lengths = [
        sum(name(dot) in ("green", "amber") for dot in middle(miles)) for miles in (100, 200, 250)
    ]
    assert lengths[1] == pytest.approx(2 * lengths[0], abs=2)
    assert lengths[2] == pytest.approx(2.5 * lengths[0], abs=2)


def test_both_ends_of_the_range_are_marked_beyond_the_track() -> None:
    top = read_png(draw_bar(412 * MM_PER_MILE, RANGE))[0]
    marked = [x for x, dot in enumerate(top) if dot[3] > 200]
    low, high = marked[0], marked[-1]
    assert low / high == pytest.approx(300 / 500, abs=0.01)
    assert len(marked) < 6 * SCALE


def test_it_is_drawn_on_nothing_with_round_ends() -> None:
    rows = read_png(draw_bar(412 * MM_PER_MILE, RANGE))
    assert len(rows) == HEIGHT
    assert {len(row) for row in rows} == {WIDTH}
    assert rows == rows[::-1]
    for corner in (rows[0][0], rows[0][-1], rows[8][0], rows[8][-1]):
        assert corner[3] == 0


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("miles", [100, 412, 512])
def test_it_is_seen_on_white_and_on_black(miles: float, *, dark: bool) -> None:
    """At least 3 to 1, as https://www.w3.org/TR/WCAG22/#non-text-contrast asks."""
    page = 0x1C / 255 if dark else 1.0
    dots = middle(miles)
    seen = [dots[20], next(dot for dot in dots if name(dot) == "mark")]
    for dot in seen:
        lighter, darker = sorted((light(dot), linear(page)), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 3


def light(dot: Dot) -> float:
    red, green, blue = (linear(part / 255) for part in dot[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize(
    ("distance", "ends"), [(0, (0, 0)), (-5, (0, 10)), (10**15, (1, 2)), (3, (5, 5)), (1, (0, 0))]
)
def test_odd_numbers_make_a_picture_too(distance: int, ends: tuple[int, int]) -> None:
    read_png(draw_bar(distance, ends))


def test_it_is_small() -> None:
    assert len(draw_bar(412 * MM_PER_MILE, RANGE)) < 1500
