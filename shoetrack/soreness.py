"""What notes of soreness and wear say: beside the miles, and when to point to a professional.

Nothing here is medical advice, and nothing is diagnosed: pain of the kinds that common advice sends
to a doctor or a physiotherapist is answered with one sentence that says so.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from shoetrack.model import Observation
from shoetrack.names import key

LEVELS = range(11)
LONGEST_PART = 40
LONGEST_NOTE = 200

# Pain from this level on is severe on the usual scale from 0 to 10.
SEVERE = 7
# From this level on it counts as sore for whether it lasts: 1 and 2 come and go with training.
SORE = 3
LASTING = timedelta(days=14)
# A part that nobody noted for so long is not known to have been sore all the while.
_SILENCE = timedelta(days=28)
_SAID_FOR = timedelta(days=28)
_WORDS = re.compile(
    r"(?<!\bno )(?<!\bnot )(?<!\bwithout )"
    r"\b(sharp(?!\w*\s+(?:turn|corner|bend|left|right|hill|climb|descent))"
    r"|stabb|numb(?!er)|tingl|pins and needles|swell|swollen"
    r"|severe (?:pain|ache)|(?:lasting|constant|chronic) (?:pain|ache|soreness)"
    r"|(?:pain|hurt|sore|ach)\w* for (?:\w+ )?(?:weeks|months))",
    re.IGNORECASE,
)
# Two runs say nothing of a trend.
_MIN_FOR_TREND = 3


def needs_care(before: Iterable[Observation], after: Iterable[Observation]) -> bool:
    """Whether what was noted of runs calls for the sentence, which `before` did not already.

    It does where a part is as sore as `SEVERE`, where the part or the note of its run has a word
    for sharp, severe or lasting pain, numbness or swelling, and where it lasts: sore in every note
    of it over `LASTING` or more, without four weeks of silence in between. For one part it is said
    once, and again only where all such notes of it are more than four weeks away.
    """
    said = _reasons(before)
    return any(
        all(other != part or abs(day - on) > _SAID_FOR for other, on in said)
        for part, day in _reasons(after)
    )


def _reasons(noted: Iterable[Observation]) -> set[tuple[str, date]]:
    """The parts and days that call for the sentence; a note of no part is on the part ""."""
    of_runs = [one for one in noted if one.run_id is not None]
    alarming = {one.run_id for one in of_runs if _WORDS.search(one.note)}
    with_parts = {one.run_id for one in of_runs if one.level}
    by_part: dict[str, list[Observation]] = {}
    found = set()
    for one in of_runs:
        if one.level is None:
            if one.run_id in alarming - with_parts:
                found.add(("", one.noted_on))
            continue
        by_part.setdefault(key(one.part), []).append(one)
        named = one.level > 0 and (one.run_id in alarming or _WORDS.search(one.part))
        if one.level >= SEVERE or named:
            found.add((key(one.part), one.noted_on))
    for part, notes in by_part.items():
        found |= {(part, day) for day in _lasting(notes)}
    return found


def _lasting(notes: Iterable[Observation]) -> set[date]:
    """The days of one part that belong to a soreness that lasts."""
    worst: dict[date, int] = {}
    for one in notes:
        worst[one.noted_on] = max(worst.get(one.noted_on, 0), one.level or 0)
    found: set[date] = set()
    stretch: list[date] = []
    for day in sorted(worst):
        if worst[day] < SORE:
            stretch = []
            continue
        if stretch and day - stretch[-1] > _SILENCE:
            stretch = []
        stretch.append(day)
        if day - stretch[0] >= LASTING:
            found.update(stretch)
    return found


@dataclass(frozen=True, slots=True)
class Life:
    """What a pair had been worn by the end of each day: `days` in order, `totals` in mm."""

    days: tuple[date, ...]
    totals: tuple[int, ...]
    opening_mm: int

    @classmethod
    def of(cls, gains: Iterable[tuple[date, int]], openings: Iterable[tuple[date, int]]) -> Life:
        """From what the ledger has for each day. What a pair had when it was added it had from the
        first, whichever day that was written for.
        """
        by_day: dict[date, int] = {}
        opening = 0
        for day, distance in gains:
            by_day[day] = by_day.get(day, 0) + distance
        for day, distance in openings:
            by_day[day] = by_day.get(day, 0) - distance
            opening += distance
        days = tuple(sorted(by_day))
        sums = accumulate((by_day[day] for day in days), initial=opening)
        return cls(days, tuple(sums), opening)

    def worn_on(self, day: date) -> int:
        """The pair's millimetres at the end of a day."""
        return self.totals[bisect_right(self.days, day)]


@dataclass(frozen=True, slots=True)
class Trend:
    """How many runs left something sore in a pair's first miles here, and in its last, `span_mm`
    each.
    """

    first: int
    last: int
    span_mm: int


def trend(noted: Sequence[Observation], life: Life, span_mm: int) -> Trend | None:
    """The runs in a pair after which something was sore, of level 1 and above, early against late.

    None with fewer than three of them, or where the pair's miles since it was added do not reach
    twice the span.
    """
    sore = {one.run_id: one.noted_on for one in noted if one.run_id is not None and one.level}
    total = life.totals[-1]
    if len(sore) < _MIN_FOR_TREND or total - life.opening_mm < 2 * span_mm:
        return None
    at = [life.worn_on(day) for day in sore.values()]
    return Trend(
        first=sum(worn <= life.opening_mm + span_mm for worn in at),
        last=sum(worn > total - span_mm for worn in at),
        span_mm=span_mm,
    )
