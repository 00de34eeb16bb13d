"""Dates and times as files write them: well, badly, and in their own names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

# Nothing was recorded by GPS before its own time began; such a time is a clock that was never set.
GPS_EPOCH = datetime(1980, 1, 6, tzinfo=UTC)
_GPS_EPOCH_S = GPS_EPOCH.timestamp()

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?"
    r"\s*(?:(?P<utc>Z|UTC|GMT)|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST_TIME = 50

_DATE_IN_NAME = re.compile(
    r"""
    (?<!\d) (?P<year>(?:19|20)\d\d) (?P<gap>[-_. ])
    (?P<month>\d\d) (?P=gap) (?P<day>\d\d) (?!\d)             # 2025-08-30, 2026.05.01
    |
    (?<![0-9A-Za-z]) (?P<year8>(?:19|20)\d\d) (?P<month8>\d\d) (?P<day8>\d\d)
    (?: (?![0-9A-Za-z])                                       # 20210907_213924
      | (?=[Tt]?(?:[01]\d|2[0-3])[0-5]\d[0-5]\d[Zz]?(?![0-9A-Za-z])) )  # 20210907T213924
    """,
    re.VERBOSE | re.ASCII,
)


def parse_time(text: str) -> datetime | None:
    """An aware time from an XML dateTime, tolerantly; None where it is no time or before GPS.

    A time without a zone is UTC: "Date and time in are in Univeral Coordinated Time (UTC), not
    local time!" says the GPX 1.1 schema of `wpt/time`. A date alone is no time.
    """
    text = text.strip()
    if not 10 < len(text) <= _LONGEST_TIME:
        return None
    try:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = _parse_loosely(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return instant if instant >= GPS_EPOCH else None
    except (ValueError, OverflowError):
        return None


def _parse_loosely(text: str) -> datetime:
    """What the standard library refuses: a leap second, hour 24, a blank before the zone."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    extra = timedelta(0)
    if second == 60:  # a leap second is the same instant as the next minute's first
        second, extra = 59, timedelta(seconds=1)
    if hour == 24 and minute == second == 0:  # ISO 8601's end of a day
        hour, extra = 0, timedelta(days=1)
    zone = UTC
    if match["sign"]:
        offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        zone = timezone(-offset if match["sign"] == "-" else offset)
    microsecond = int((match[7] or "0")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, microsecond, zone) + extra


def epochs(texts: Sequence[str]) -> tuple[list[float], int]:
    """Seconds since 1970 of the texts, NaN where one is no time; and the first time's UTC offset.

    One batch at a time: for well-formed times that takes a third less than `parse_time`.
    """
    if not any(texts):
        return [float("nan")] * len(texts), 0
    try:
        instants = list(map(datetime.fromisoformat, texts))
        zones = {instant.tzinfo for instant in instants}
        seconds = list(map(datetime.timestamp, instants))
        if None not in zones and min(seconds) >= _GPS_EPOCH_S:
            return seconds, _offset(instants[0])
    except (ValueError, OverflowError):
        pass
    parsed = [parse_time(text) for text in texts]
    first = next((instant for instant in parsed if instant is not None), None)
    return [float("nan") if instant is None else instant.timestamp() for instant in parsed], (
        _offset(first) if first is not None else 0
    )


def _offset(instant: datetime) -> int:
    offset = instant.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def date_in_name(name: str) -> date | None:
    """The first calendar date that a file's name holds, else None.

    Eight digits count only where they stand alone or before six digits of a time, so that the
    long numbers which web sites name files by are no dates.
    """
    last = re.split(r"[/\\]", name)[-1]
    for match in _DATE_IN_NAME.finditer(last):
        parts = [match[key] or match[f"{key}8"] for key in ("year", "month", "day")]
        try:
            found = date(int(parts[0]), int(parts[1]), int(parts[2]))
        except ValueError:
            continue
        if found >= GPS_EPOCH.date():
            return found
    return None
