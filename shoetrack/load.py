"""The week's running against that of the weeks before. A plain function; `today` is an argument.

That a week should not be more than 10 % above the ones before is common advice with little behind
it. Runners who kept to it were injured as often as others (Buist and others, Am J Sports Med
2008;36:33-39: 532 novices by lot, 20.8 % against 20.3 %); of 873 novices followed for a year, some
kinds of injury were more frequent where two weeks had risen by more than 30 %, and not all kinds
together (Nielsen and others, J Orthop Sports Phys Ther 2014;44:739-747). So a rise is a fact to
show, and nothing to warn of.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from shoetrack.model import Day
from shoetrack.sport import Sport

# Rolling, and no calendar week: on a Monday that would have fallen to nothing.
WEEK = timedelta(days=7)
WEEKS_BEFORE = 4
WINDOW = WEEK * (WEEKS_BEFORE + 1)
# What the advice is about. A day's hike is longer than a week's runs, and says nothing of them.
RUNNING = (Sport.RUN, Sport.TRAIL_RUN, Sport.TREADMILL)
# From so little a week, 5 km, any next run is a rise of a hundred percent.
NEXT_TO_NOTHING_MM = 5_000_000
ADVISED_PERCENT = 10


class Load(NamedTuple):
    """The last seven days, from `since` on, and the mean of the four times seven before them.

    `mean_mm` is None where there was no running yet when those began.
    """

    week_mm: int
    mean_mm: int | None
    since: date

    @property
    def rise(self) -> float | None:
        """How far the week is above the mean, of 1; below it, negative. None: nothing to say."""
        if self.mean_mm is None or self.mean_mm < NEXT_TO_NOTHING_MM:
            return None
        return self.week_mm / self.mean_mm - 1

    @property
    def percent(self) -> int | None:
        """The rise as it is shown: two ways to measure a run differ by more than its decimals."""
        return None if self.rise is None else round(self.rise * 100)

    @property
    def above_advised(self) -> bool:
        """Whether the rise is more than what is often advised."""
        return self.percent is not None and self.percent > ADVISED_PERCENT


def week(days: Iterable[Day], today: date, *, ran_before: bool) -> Load | None:
    """The load of today. `days` are days of running; `ran_before` is whether there was a run by
    the end of the first day of `WINDOW`, so that its four weeks are whole.

    None without any running in the window.
    """
    since = today - WEEK + timedelta(days=1)
    within = [day for day in days if today - WINDOW < day.on <= today and day.distance_mm > 0]
    if not within:
        return None
    now = sum(day.distance_mm for day in within if day.on >= since)
    before = sum(day.distance_mm for day in within if day.on < since)
    return Load(now, round(before / WEEKS_BEFORE) if ran_before else None, since)
