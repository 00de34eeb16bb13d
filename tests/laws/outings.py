"""What a machine imports: made-up outings, and the strategies that make them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from shoetrack.sport import Sport
from tests.support import gpx_text, make_run

# Watches start at any second; on the whole minute, two runs that are alike may be two.
FIRST_DAY = datetime(2026, 5, 1, 0, 0, 17, tzinfo=UTC)
SPORTS = {"running": Sport.RUN, "trail running": Sport.TRAIL_RUN, "": Sport.RUN}


@dataclass(frozen=True)
class Outing:
    """What a file tells. `metres` None: it has no points; `total_m`: the device's own total."""

    start: datetime | None
    duration_s: int
    metres: int | None
    total_m: int | None = None
    count: int = 5
    sport: str = "running"

    def text(self, name: str) -> str:
        if self.metres is None:
            return gpx_text(sport=self.sport, name=name, file_time=self.start)
        return make_run(
            self.metres,
            self.start,
            self.duration_s,
            sport=self.sport,
            name=name,
            count=self.count,
            total_m=self.total_m,
        )


starts = st.builds(
    lambda day, hour, minute: FIRST_DAY + timedelta(days=day, hours=hour, minutes=minute),
    st.integers(0, 5),
    st.sampled_from((6, 7, 18)),
    st.sampled_from((0, 10, 40)),
)
outings = st.builds(
    lambda start, minutes, pace, total, sport: Outing(
        start,
        minutes * 60,
        metres := minutes * pace,
        metres + 50 if total else None,
        sport=sport,
    ),
    starts,
    st.sampled_from((25, 40, 70)),
    st.integers(120, 240),
    st.booleans(),
    st.sampled_from(list(SPORTS)),
)
picks = st.integers(0, 50)
days = st.integers(-3, 9).map(lambda n: FIRST_DAY.date() + timedelta(days=n))
