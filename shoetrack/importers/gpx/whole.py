"""Whole points, taken by one regular expression where a file writes them as nearly all do.

expat calls Python up to sixteen times for a point, which is most of what reading a GPX file costs.
Here runs of well-formed points are cut out of the stream before expat sees it; whatever is written
in another way, even one odd point, goes to expat as it stands. Both give the same points: a test
holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from shoetrack.importers.gpx.points import Columns

# Leaves and one layer around leaves; no attributes, entities, or characters that XML forbids.
# Possessive (`*+`), so that text that does not fit is given up at once.
_BLANK = r"[ \t\r\n]*+"
_TEXT = r"[^<>&\x00-\x08\x0b\x0c\x0e-\x1f]*+"
_NAME = r"[A-Za-z_][\w.:-]*+"
_NUMBER = r"-?\d{1,3}(?:\.\d{1,30}+)?"
_LEAVES = rf"{_BLANK}(?:<({_NAME})>{_TEXT}</\7>{_BLANK})*+"
_POINT = re.compile(
    rf'(<trkpt lat="({_NUMBER})" lon="({_NUMBER})" ?>{_BLANK}'
    rf"(?:<ele>({_TEXT})</ele>{_BLANK})?+"
    rf"(?:<time>({_TEXT})</time>{_BLANK})?+"
    rf"(?:<extensions>{_BLANK}(?:<({_NAME})>(?:{_TEXT}|{_LEAVES})</\6>{_BLANK})*+"
    rf"</extensions>{_BLANK})?+"
    rf"</trkpt>{_BLANK})",
    re.ASCII,
)
_FIRST, _LAST = b"<trkpt ", b"</trkpt>"
# Shorter stretches are as quick through expat.
_WORTH = 2_000


def without_points(
    chunks: Iterator[bytes],
    is_between_points: Callable[[int], bool],
    take: Callable[[Columns], None],
) -> Iterator[bytes]:
    """The chunks without the points that were taken out of them, in the order of the file.

    `is_between_points` tells, once all that was yielded so far is parsed (so many bytes), whether
    the parser stands inside a segment and outside of any point, comment or unfinished tag. The
    lines of what is taken are kept, so that a fault's line is right.
    """
    fed = 0
    for chunk in chunks:
        begin, end = chunk.find(_FIRST), chunk.rfind(_LAST) + len(_LAST)
        if begin < 0 or end - begin < _WORTH:
            fed += len(chunk)
            yield chunk
            continue
        fed += begin
        yield chunk[:begin]
        found = _points_in(chunk[begin:end]) if is_between_points(fed) else None
        if found is not None:
            take(found)
            rest = b"\n" * chunk.count(b"\n", begin, end) + chunk[end:]
        else:
            rest = chunk[begin:]
        fed += len(rest)
        yield rest


def _points_in(stretch: bytes) -> Columns | None:
    """The points of a stretch that holds nothing but plain ones, each with a place; else None."""
    if not stretch.isascii():
        return None
    text = stretch.decode("ascii")
    found = _POINT.findall(text)
    if not found:
        return None
    wholes, lats, lons, elevations, times, _, _ = zip(*found, strict=True)
    if sum(map(len, wholes)) != len(text):
        return None  # something stands between them
    latitudes, longitudes = list(map(float, lats)), list(map(float, lons))
    if not (min(latitudes) >= -90 and max(latitudes) <= 90 and 0.0 not in latitudes):
        return None
    if not (min(longitudes) >= -180 and max(longitudes) <= 180):
        return None
    return latitudes, longitudes, times, elevations
