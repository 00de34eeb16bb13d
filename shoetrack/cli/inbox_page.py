"""What the inbox shows of a run that waits: fitted to the terminal, with or without colour."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import combining, east_asian_width

from shoetrack.cli.render import say
from shoetrack.cli.runs import where
from shoetrack.cli.text import clean
from shoetrack.likely import Suggestion
from shoetrack.model import Run, Sighting
from shoetrack.units import Unit, show_distance, show_duration

NARROWEST = 20
# Lines of a page beside the pairs: its head, what waits, the keys and where they are typed.
_OTHER_LINES = 8
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Side:
    """A run as it is shown: `started` is its start on the clock of the place."""

    run: Run
    seen: Sequence[Sighting]
    started: datetime | None


def width() -> int:
    return max(shutil.get_terminal_size().columns, NARROWEST)


def pairs_at_once() -> int:
    """As many as there are digits, or as fit the terminal's height."""
    return min(9, max(1, shutil.get_terminal_size().lines - _OTHER_LINES))


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if combining(char) or char == "\u200d":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def fit(text: str, room: int) -> str:
    """A text made clean and cut to so many columns, with an ellipsis where something is missing."""
    text = clean(text)
    if cells(text) <= room:
        return text
    kept = ""
    for char in text:
        if cells(kept) + _cells(char) > room - 1:
            break
        kept += char
    return f"{kept}…"


def pad(text: str, room: int) -> str:
    """A text of exactly so many columns."""
    fitted = fit(text, room)
    return fitted + " " * (room - cells(fitted))


def head(side: Side, nth: int, of: int, unit: Unit) -> None:
    """Which run this is, in a line or two."""
    run = side.run
    far = "distance unknown" if run.distance_mm is None else show_distance(run.distance_mm, unit, 2)
    facts = [f"{nth} of {of}", f"run {run.id}", _day(side), run.sport, far]
    if run.duration_s:
        facts.append(show_duration(run.duration_s))
    say("")
    for line in wrapped(facts, ", "):
        say(line, "bold")
    if run.name:
        say(fit(run.name, width()))


def _day(side: Side) -> str:
    at = f" {side.started:%H:%M}" if side.started else ""
    return f"{side.run.local_date:%a %Y-%m-%d}{at}"


def wrapped(words: Sequence[str], joint: str) -> list[str]:
    """Words joined into lines that fit the terminal."""
    lines = [""]
    for word in words:
        longer = f"{lines[-1]}{joint}{word}" if lines[-1] else word
        if lines[-1] and cells(longer) > width():
            lines[-1] += joint.rstrip()
            lines.append(word)
        else:
            lines[-1] = longer
    return [fit(line, width()) for line in lines]


def pairs(suggestions: Sequence[Suggestion], page: int) -> None:
    """One page of the pairs to choose from, the likeliest first, with a digit each."""
    at_once = pairs_at_once()
    shown = suggestions[page * at_once : (page + 1) * at_once]
    room = width() - 3
    widest = max((cells(clean(one.shoe.name)) for one in shown), default=0)
    name_room = min(widest, room // 2 if room >= 40 else room)
    for digit, one in enumerate(shown, 1):
        name = pad(one.shoe.name, name_room)
        left = room - name_room - len(_GAP)
        reason = _GAP + fit(one.reason, left) if left >= 10 else ""
        say(f"{digit}  {name}{reason}".rstrip())


def beside(one: Side, two: Side, names: Mapping[int, str], unit: Unit) -> None:
    """Two runs that may be one, side by side."""
    label_room = 10
    room = (width() - label_room - len(_GAP)) // 2
    for label, left, right in _rows(one, two, names, unit):
        if left or right:
            line = f"{label:<{label_room}}{pad(left, room)}{_GAP}{fit(right, room)}"
            say(fit(line, width()))


def _rows(one: Side, two: Side, names: Mapping[int, str], unit: Unit) -> list[tuple[str, str, str]]:
    facts = [_facts(side, names, unit) for side in (one, two)]
    return [(label, facts[0][label], facts[1][label]) for label in facts[0]]


def _facts(side: Side, names: Mapping[int, str], unit: Unit) -> dict[str, str]:
    run = side.run
    far = "unknown"
    if run.distance_mm is not None:
        far = f"{show_distance(run.distance_mm, unit, 2)} ({run.distance_from})"
    # The end of a path tells more than its beginning.
    source = side.seen[0].source if side.seen else ""
    return {
        "Run": str(run.id),
        "Day": run.local_date.isoformat(),
        "Started": f"{side.started:%H:%M:%S}" if side.started else "",
        "Sport": run.sport,
        "Name": run.name,
        "Distance": far,
        "Duration": show_duration(run.duration_s),
        "Source": source.replace("\\", "/").rpartition("/")[2],
        "Pair": where(run, names, unit),
    }
