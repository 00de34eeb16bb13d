"""Where a run started and finished."""

from __future__ import annotations

from shoetrack.model import Place


def place_of(lat: float, lon: float) -> Place | None:
    """A place on Earth, of degrees; None for what is none, NaN included.

    Nor is exactly 0/0, in the sea off Africa: devices write it before they know where they are.
    """
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0) or not (lat or lon):
        return None
    return lat, lon
