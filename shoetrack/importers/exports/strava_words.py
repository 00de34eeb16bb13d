"""How Strava's export writes numbers and dates: by the language of the account.

    3322.949951171875   2,81   1.234,5   1 234,5   1,234.5
    2014-09-12 16:54:28   Jun 14, 2017, 11:30:54 AM   25 Jun 2015, 11:18:35
    21.07.2026, 15:09:27   24 mai 2012 à 16:27:40   6 mrt. 2024 14:23:15   6. 9. 2026 11:18:40
    2026年8月16日 09:01:41

Times are UTC and say nothing of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from math import isfinite

from shoetrack.importers.dates import GPS_EPOCH

# In English, German, French, Spanish, Dutch, Czech (both cases), Italian, Portuguese, Danish,
# Norwegian and Swedish. Their abbreviations are their beginnings, but for the last in a line.
_MONTHS = (
    "january januar janvier enero januari leden ledna gennaio janeiro janner",
    "february februar fevrier febrero februari unor unora febbraio fevereiro",
    "march marz mars marzo maart brezen brezna marco marts mrt maerz",
    "april avril abril duben dubna aprile",
    "may mai mayo mei kveten kvetna maggio maio maj",
    "june juni juin junio cerven cervna giugno junho cvn",
    "july juli juillet julio cervenec cervence luglio julho cvc",
    "august aout agosto augustus srpen srpna augusti",
    "september septembre septiembre zari settembre setembro",
    "october oktober octobre octubre rijen rijna ottobre outubro",
    "november novembre noviembre listopad listopadu novembro",
    "december dezember decembre diciembre prosinec prosince dicembre dezembro desember",
)
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_HALF = re.compile(
    r"(?<![^\W\d_])([ap])\.?\s?m\b\.?|(上午|午前|오전)|(下午|午後|오후)", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-]\d{4}")
_LONGEST_DATE = 80

_PLAIN = re.compile(r"\d+(\.\d+)?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}([.,])\d{3}", re.ASCII)


def readings(text: str) -> tuple[float, ...]:
    """What a number above 0 can mean: with a decimal mark first, then with one of thousands."""
    text = text.strip()
    if not _PLAIN.fullmatch(text):
        text = re.sub(r"[\s'’]", "", unicodedata.normalize("NFKC", text))
        comma, point = text.rfind(","), text.rfind(".")
        decimal, other = (",", ".") if comma > point else (".", ",")
        if text.count(decimal) > 1:  # 1,234,567
            decimal, other = other, decimal
        plain = text.replace(other, "").replace(decimal, ".")
    else:
        plain = text
    found = [_positive(plain)]
    if match := _GROUPED.fullmatch(text):
        found.append(_positive(text.replace(match[1], "")))
    return tuple(number for number in found if number is not None)


def _positive(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and 0 < number < 1e12 else None


def month_first(dates: Iterable[str]) -> bool:
    """Whether 05/06/2022 is a day in May: told by the other dates of the table.

    Where none can tell, a clock of twelve hours is an American's.
    """
    twelve = False
    for text in dates:
        if (match := _SLASHED.match(text)) is None:
            continue
        if int(match[1]) > 12:
            return False
        if int(match[2]) > 12:
            return True
        twelve = twelve or _HALF.search(text) is not None
    return twelve


def parse_date(text: str, month_first: bool = False) -> datetime | None:
    """The instant, or None where it is none or before GPS. `month_first` as of `month_first`."""
    text = unicodedata.normalize("NFKC", text[: _LONGEST_DATE + 1])
    clock = _CLOCK.search(text)
    if clock is None or len(text) > _LONGEST_DATE:
        return None
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if half := _HALF.search(text):
        if not 1 <= hour <= 12:
            return None
        is_late = bool(half[3]) or (half[1] or "").casefold() == "p"
        hour = hour % 12 + 12 * is_late
    day_text = text[: clock.start()]
    parts = [int(number) for number in _NUMBER.findall(day_text)]
    months = {found for word in _WORD.findall(day_text) if (found := _month(_folded(word)))}
    year, month, day = 0, 0, 0
    if len(months) == 1 and len(parts) == 2:
        day, year = sorted(parts)
        (month,) = months
    elif not months and len(parts) == 3 and parts[0] > 999:
        year, month, day = parts
    elif not months and len(parts) == 3 and month_first and _SLASHED.match(day_text):
        month, day, year = parts
    elif not months and len(parts) == 3:
        day, month, year = parts
    try:
        instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return instant if instant >= GPS_EPOCH else None


def _folded(word: str) -> str:
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def _month(word: str) -> int:
    """1 to 12; 0 where the word is no month or begins more than one ("jui")."""
    exact = [at for at, names in enumerate(_MONTHS, 1) if word in names.split()]
    begun = exact or [
        at
        for at, names in enumerate(_MONTHS, 1)
        if any(name.startswith(word) for name in names.split())
    ]
    return begun[0] if len(begun) == 1 else 0
