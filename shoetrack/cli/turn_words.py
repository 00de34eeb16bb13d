"""What is said of a rotation, and of how long a pair rested."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shoetrack.cli.text import clean, plural
from shoetrack.rotation import words
from shoetrack.units import Unit

if TYPE_CHECKING:
    from shoetrack.rotation.judge import Rotation
    from shoetrack.rotation.rests import Rest

_DAY = timedelta(days=1)


def findings(found: Rotation, unit: Unit) -> list[str]:
    """The verdict on a rotation in sentences: which pairs are over or under, and by how much."""
    return [clean(sentence) for sentence in words.findings(found, unit)]


def span(length: timedelta | None) -> str:
    """A rest in a few letters: `13 h`, from two days on `3 d`. Rounded down, as it is judged."""
    if length is None:
        return "–"
    if length < 2 * _DAY and length % _DAY:
        return f"{length // timedelta(hours=1)} h"
    return f"{length // _DAY} d"


def rested(rest: Rest | None) -> str:
    """A rest in words: `rested 3 days`, `worn 13 hours ago`."""
    if rest is None:  # but perhaps miles of before
        return "no run in it yet"
    if rest.time is not None and rest.time < 2 * _DAY:
        words = plural(rest.time // timedelta(hours=1), "hour")
    elif rest.time is None and not rest.days:
        return "worn the same day"
    else:
        words = plural(rest.length // _DAY, "day")
    return f"worn {words} ago" if rest.short else f"rested {words}"
