"""A small picture of a pair's place in its range, as a PNG.

A track with the range on it, a mark at either end of the range, and what has been run filled in. It
is drawn at twice the size that it is shown at, for fine screens, on nothing: its colours can be
seen on white and on black.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from functools import lru_cache

SCALE = 2  # dots for each one of the page's
WIDTH = 300 * SCALE
HEIGHT = 18 * SCALE

_TOP = 4 * SCALE  # of the track; the marks stand out of it
_RADIUS = HEIGHT / 2 - _TOP
_MARK = 2 * SCALE  # how wide it is
_BEYOND = 1.12  # how far the track goes past the range, or past what has been run

_Colour = tuple[int, int, int]
_Layer = tuple[_Colour, float]  # with how much of it covers a dot, 0 to 1

_GREY = (128, 128, 128)
_GREEN = (38, 152, 88)
_AMBER = (205, 125, 0)
_RED = (214, 69, 69)


def draw_bar(distance_mm: int, range_mm: tuple[int, int]) -> bytes:
    """The picture of a pair that has run so far, in mm, of its range."""
    end = max(*range_mm, distance_mm, 1) * _BEYOND
    low, high, run = (max(mm, 0) / end * WIDTH for mm in (*range_mm, distance_mm))
    fill = _GREEN if run < low else _AMBER if run < high else _RED
    # The lower half is the upper one upside down.
    upper = [bytes(_row(y, low, high, run, fill)) for y in range(HEIGHT // 2)]
    return _png(upper + upper[::-1])


def _row(y: int, low: float, high: float, run: float, fill: _Colour) -> Iterator[int]:
    """The dots of one row: red, green, blue and opacity of each."""
    for x in range(WIDTH):
        track = _track(x, y)
        layers: tuple[_Layer, ...] = (
            (_GREY, 0.3 * track),
            (_AMBER, 0.35 * track * _overlap(x, low, high)),
            (fill, track * _overlap(x, 0, run)),
            (_GREY, max(_overlap(x, end - _MARK / 2, end + _MARK / 2) for end in (low, high))),
        )
        yield from _blend(layers)


def _track(x: int, y: int) -> float:
    """How much of a dot lies on the track, whose ends are round."""
    across = x + 0.5 - min(max(x + 0.5, _RADIUS), WIDTH - _RADIUS)
    down = y + 0.5 - HEIGHT / 2
    return min(max(_RADIUS + 0.5 - math.hypot(across, down), 0.0), 1.0)


def _overlap(x: int, begin: float, end: float) -> float:
    """How much of a dot lies between two places on the row."""
    return max(0.0, min(x + 1, end) - max(x, begin))


@lru_cache(maxsize=256)  # most dots are like their neighbours
def _blend(layers: tuple[_Layer, ...]) -> tuple[int, ...]:
    """The layers laid upon each other, the first lowest, on nothing."""
    red = green = blue = opacity = 0.0
    for colour, cover in layers:
        below = opacity * (1 - cover)
        opacity = cover + below
        if cover:
            red, green, blue = (
                (new * cover + old * below) / opacity
                for new, old in zip(colour, (red, green, blue), strict=True)
            )
    return round(red), round(green), round(blue), round(opacity * 255)


def _png(rows: list[bytes]) -> bytes:
    """Rows of dots as a file (https://www.w3.org/TR/png-3/)."""
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 6, 0, 0, 0)  # 8 bits each, colour and opacity
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )
